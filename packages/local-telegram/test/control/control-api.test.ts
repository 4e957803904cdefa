import { InlineKeyboard } from "grammy";
import { describe, expect, it } from "vitest";
import { LOCAL_BOT_TOKEN } from "../../src/index.ts";
import { openLocalTelegram, refusal } from "../support/local-telegram.ts";

describe("control API", () => {
  it("keeps two users apart", async () => {
    const { api, say, chat } = await openLocalTelegram();
    await say(1, "from one");
    await say(2, "from two");
    await api.sendMessage(2, "to two");
    expect((await chat(1)).messages.map(({ text }) => text)).toEqual(["from one"]);
    expect((await chat(2)).messages.map(({ text, from, messageId }) => [messageId, from, text])).toEqual([
      [1, "user", "from two"],
      [2, "bot", "to two"],
    ]);
  });

  it("returns what is sent and edited after a seq, and waits when there is nothing", async () => {
    const { api, say, chat } = await openLocalTelegram();
    const { seq } = await say(1, "hi");
    expect(await chat(1, seq)).toMatchObject({ seq, messages: [] });
    const waiting = chat(1, seq, "&wait=10000");
    const { message_id } = await api.sendMessage(1, "first");
    expect(await waiting).toMatchObject({ seq: seq + 1, messages: [{ text: "first", seq: seq + 1 }] });
    await api.editMessageText(1, message_id, "second");
    expect(await chat(1, seq + 1)).toMatchObject({
      seq: seq + 2,
      messages: [{ messageId: message_id, text: "second", edited: true }],
    });
    expect((await chat(1)).messages).toHaveLength(2);
  });

  it("presses only buttons that the message carries now, unless it is forced", async () => {
    const { api, say, press, control } = await openLocalTelegram();
    await say(1, "hi");
    const { message_id } = await api.sendMessage(1, "choose", {
      reply_markup: new InlineKeyboard().text("A", "a").url("Docs", "https://example.org").text("B", "b"),
    });
    const forged = { messageId: message_id, data: "admin" };
    const refused = await control("POST", "/users/1/press", forged);
    expect(refused).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('Its buttons carry: "a", "b"') },
    });
    await press(1, message_id, "b");
    await control("POST", "/users/1/press", { ...forged, force: true });
    await control("POST", "/users/1/press", { messageId: 77, data: "a", force: true });
    const [, ...queries] = (await api.getUpdates()).map((update) => update.callback_query);
    expect(queries).toMatchObject([
      {
        data: "b",
        from: { id: 1 },
        message: { message_id, text: "choose" },
        chat_instance: expect.any(String),
      },
      { data: "admin" },
      { data: "a", message: { message_id: 77, date: 0 } },
    ]);
  });

  it("hands a voice message to the bot, byte for byte", async () => {
    const { server, api, control, chat } = await openLocalTelegram();
    const sound = new Uint8Array(1_000).map((_, index) => index % 251);
    const form = new FormData();
    form.set("voice", new Blob([sound], { type: "audio/ogg; codecs=opus" }), "note.ogg");
    form.set("duration", "3");
    await control("POST", "/users/1/messages", form);
    expect((await chat(1)).messages).toMatchObject([
      { voice: { durationS: 3, mimeType: "audio/ogg", bytes: 1_000 } },
    ]);
    const voice = (await api.getUpdates())[0]?.message?.voice;
    expect(voice).toMatchObject({ duration: 3, mime_type: "audio/ogg", file_size: 1_000 });
    const file = await api.getFile(voice?.file_id ?? "");
    const download = await fetch(`${server.url}/file/bot${LOCAL_BOT_TOKEN}/${file.file_path}`);
    expect(new Uint8Array(await download.arrayBuffer())).toEqual(sound);
    const missing = await fetch(`${server.url}/file/bot${LOCAL_BOT_TOKEN}/voice/none.oga`);
    expect([missing.status, await missing.json()]).toEqual([
      404,
      { ok: false, error_code: 404, description: "Not Found" },
    ]);
  });

  it("gives bots no file over 20 MB", async () => {
    const { api, control } = await openLocalTelegram();
    const form = new FormData();
    form.set("voice", new Blob([new Uint8Array(20 * 1024 * 1024 + 1)], { type: "audio/ogg" }));
    await control("POST", "/users/1/messages", form);
    const voice = (await api.getUpdates())[0]?.message?.voice;
    expect(await refusal(api.getFile(voice?.file_id ?? ""))).toBe("Bad Request: file is too big");
  });

  it("serves a file of any size, which may lie about it, come packed, or a byte at a time", async () => {
    const { server, api, control } = await openLocalTelegram();
    const locate = async (options: object) => {
      const { body } = await control("POST", "/files", options);
      return api.getFile((body as { fileId: string }).fileId);
    };
    const open = ({ file_path }: { file_path?: string }) =>
      fetch(`${server.url}/file/bot${LOCAL_BOT_TOKEN}/${file_path}`);
    const sizeOf = async (response: Response) => {
      let size = 0;
      for await (const chunk of response.body ?? []) size += chunk.byteLength;
      return size;
    };
    expect(await refusal(locate({ bytes: 104_857_600 }))).toBe("Bad Request: file is too big");
    const lying = await locate({ bytes: 30_000_000, declaredBytes: 5 });
    expect([lying.file_size, await sizeOf(await open(lying))]).toEqual([5, 30_000_000]);
    const silent = await locate({ bytes: 0, declaredBytes: null });
    expect([silent.file_size, await sizeOf(await open(silent))]).toEqual([undefined, 0]);
    const bomb = await open(await locate({ bytes: 30_000_000, declaredBytes: 5, gzip: true }));
    expect([bomb.headers.get("content-encoding"), await sizeOf(bomb)]).toEqual(["gzip", 30_000_000]);
    const endless = (await open(await locate({ bytes: 1_000, trickle: true }))).body?.getReader();
    expect((await endless?.read())?.value).toHaveLength(1);
    await endless?.cancel();
  });

  it("hands the bot an update of any shape, which it may answer when somebody wrote it", async () => {
    const { api, control, chat } = await openLocalTelegram();
    await api.getUpdates({ allowed_updates: ["message"] });
    const person = { from: { id: 7 }, chat: { id: 7, type: "private" } };
    const edited = { edited_message: { message_id: 1, ...person } };
    expect((await control("POST", "/updates", [edited, { update_id: -1 }])).body).toEqual({
      updateIds: [expect.any(Number), -1],
    });
    await control("POST", "/updates", {
      update_id: 9e15,
      message: { message_id: 2, ...person, poll: { question: "?" } },
    });
    expect(await api.getUpdates()).toMatchObject([
      { update_id: expect.any(Number), edited_message: { message_id: 1 } },
      { update_id: 9e15, message: { message_id: 2, poll: { question: "?" } } },
    ]);
    expect(await api.sendMessage(7, "plain")).toMatchObject({ text: "plain" });
    const press = { id: "odd", from: { id: 8 }, data: "x", message: { message_id: 1, chat: { id: 7 } } };
    await control("POST", "/updates", { callback_query: press });
    await api.answerCallbackQuery("odd", { text: "no" });
    expect((await chat(8)).answers).toMatchObject([{ messageId: 1, data: "x", text: "no" }]);
  });

  it("takes JSON as curl sends it, with the content type of a form", async () => {
    const { server, chat } = await openLocalTelegram();
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const send = (body: string) =>
      fetch(`${server.url}/local/users/1/messages`, { method: "POST", headers, body });
    await send('{"text": "as JSON"}');
    await send("text=as+a+form");
    expect((await chat(1)).messages.map(({ text }) => text)).toEqual(["as JSON", "as a form"]);
  });

  it("opens a chat for the bot only when the user has done something in it", async () => {
    const { api, chat, control, say } = await openLocalTelegram();
    await chat(1);
    await control("POST", "/users/1/messages", { text: " " });
    expect(await refusal(api.sendMessage(1, "x"))).toBe("Bad Request: chat not found");
    await say(1, "hi");
    expect(await api.sendMessage(1, "x")).toMatchObject({ message_id: 2 });
  });

  it("shows that the bot types until it sends something", async () => {
    const { api, say, chat } = await openLocalTelegram();
    const { seq } = await say(1, "hi");
    const { activity } = await chat(1);
    const waiting = chat(1, seq, `&wait=10000&activity=${activity}`);
    await api.sendChatAction(1, "typing");
    expect(await waiting).toMatchObject({ seq, typing: true });
    await api.sendMessage(1, "done");
    expect((await chat(1)).typing).toBe(false);
  });

  it("tells of messages that the bot or the user has deleted", async () => {
    const { api, say, chat, control } = await openLocalTelegram();
    await say(1, "hi");
    await api.sendMessage(1, "soon gone");
    await api.deleteMessage(1, 2);
    await control("DELETE", "/users/1/messages/1");
    expect(await chat(1)).toMatchObject({ messages: [], deleted: [2, 1] });
    expect(await control("DELETE", "/users/1/messages/1")).toMatchObject({ status: 400 });
    expect(await refusal(api.editMessageText(1, 2, "x"))).toBe("Bad Request: message to edit not found");
  });

  it("makes as many calls fail as it is told", async () => {
    const { api, say, control } = await openLocalTelegram();
    await say(1, "hi");
    await control("POST", "/faults", { method: "sendMessage", status: 502, times: 2 });
    await control("POST", "/faults", { method: "sendMessage", status: 403, times: 1 });
    expect(await refusal(api.sendMessage(1, "x"))).toBe("Bad Gateway");
    expect(await refusal(api.sendMessage(1, "x"))).toBe("Bad Gateway");
    expect(await refusal(api.sendMessage(1, "x"))).toBe("Forbidden: bot was blocked by the user");
    expect(await api.sendMessage(1, "x")).toMatchObject({ text: "x" });
  });

  it.each([
    ["POST", "/users/0/messages", { text: "x" }, 'Received the user id "0"'],
    ["POST", "/users/-1/messages", { text: "x" }, 'Received the user id "-1"'],
    ["POST", "/users/1/messages", { txt: "x" }, "Received text = nothing. Accepted is"],
    ["POST", "/users/1/messages", { text: " " }, "Received a text of 0 characters"],
    ["POST", "/users/1/messages", { text: "x".repeat(4_097) }, "Received a text of 4097 characters"],
    ["POST", "/users/1/messages", "{not json", "The body is not JSON"],
    ["POST", "/users/1/messages", [1], "The body must be a JSON object"],
    ["POST", "/users/1/press", { messageId: "x", data: "a" }, 'Received messageId = "x"'],
    ["POST", "/users/1/press", { messageId: 5, data: "a" }, "User 1 has no message 5"],
    ["GET", "/users/1/chat?after=x", undefined, 'Received after = "x"'],
    ["GET", "/users/1/chat?wait=9999999", undefined, 'Received wait = "9999999"'],
    ["POST", "/files", { bytes: -1 }, "Received bytes = -1"],
    ["POST", "/updates", [1], "Accepted is an update as the Bot API writes it, or a list of them"],
    ["POST", "/updates", "{not json", "Accepted is an update"],
    ["POST", "/faults", { method: "sendDice", status: 500 }, "Served are: getMe, getUpdates"],
    ["POST", "/faults", { method: "getMe", status: 200 }, "Received status = 200"],
  ])("refuses %s %s %j and says why", async (method, path, body, expected) => {
    const { control } = await openLocalTelegram();
    const answer = await control(method, path, body);
    expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining(expected) } });
  });
});
