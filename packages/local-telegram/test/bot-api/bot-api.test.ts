import { Bot, GrammyError, InlineKeyboard } from "grammy";
import { describe, expect, it, onTestFinished } from "vitest";
import { LOCAL_BOT_TOKEN } from "../../src/index.ts";
import { openLocalTelegram, refusal } from "../support/local-telegram.ts";

describe("Bot API", () => {
  it("answers getMe with the id in the token", async () => {
    const { api } = await openLocalTelegram({ botUsername: "some_bot", botName: "Some" });
    expect(await api.getMe()).toMatchObject({ id: 1_000_000_001, is_bot: true, username: "some_bot" });
  });

  it("serves a grammY bot from the user's command to the answer of a press", async () => {
    const { server, say, press, chat } = await openLocalTelegram();
    const bot = new Bot(LOCAL_BOT_TOKEN, { client: { apiRoot: server.url } });
    bot.command("start", (c) =>
      c.reply("Hello", { reply_markup: new InlineKeyboard().text("More", "more") }),
    );
    bot.callbackQuery("more", async (c) => {
      await c.answerCallbackQuery({ text: "Here it comes", show_alert: true });
      await c.editMessageText("Hello again");
    });
    const running = bot.start();
    onTestFinished(async () => {
      await bot.stop();
      await running;
    });

    const { seq } = await say(7, "/start now");
    const [hello] = (await chat(7, seq, "&wait=5000")).messages;
    expect(hello).toMatchObject({
      from: "bot",
      text: "Hello",
      buttons: [[{ text: "More", data: "more" }]],
      edited: false,
    });
    const { callbackQueryId } = await press(7, hello?.messageId ?? 0, "more");
    const later = await chat(7, hello?.seq, "&wait=5000");
    expect(later.messages).toMatchObject([
      { messageId: hello?.messageId, text: "Hello again", edited: true, buttons: [] },
    ]);
    expect(later.answers).toMatchObject([
      { callbackQueryId, text: "Here it comes", alert: true, data: "more" },
    ]);
  });

  it("carries out methods that come by query, form and JSON, whatever the case of their name", async () => {
    const { server, say, chat } = await openLocalTelegram();
    const { seq } = await say(1, "hi");
    const url = `${server.url}/bot${LOCAL_BOT_TOKEN}/SENDMESSAGE`;
    const form = new FormData();
    form.set("chat_id", "1");
    form.set("text", "multipart");
    form.set("reply_markup", JSON.stringify({ inline_keyboard: [[{ text: "A", callback_data: "a" }]] }));
    await fetch(`${url}?chat_id=1&text=query`);
    await fetch(url, { method: "POST", body: new URLSearchParams({ chat_id: "1", text: "urlencoded" }) });
    await fetch(url, { method: "POST", body: form });
    const json = { "Content-Type": "application/json" };
    await fetch(url, { method: "POST", headers: json, body: JSON.stringify({ chat_id: 1, text: "json" }) });
    const { messages } = await chat(1, seq);
    expect(messages.map(({ text }) => text)).toEqual(["query", "urlencoded", "multipart", "json"]);
    expect(messages[2]?.buttons).toEqual([[{ text: "A", data: "a" }]]);
  });

  it("refuses with Telegram's words", async () => {
    const { api, say } = await openLocalTelegram();
    await say(1, "hi");
    const keyboard = (data: string) => ({ reply_markup: new InlineKeyboard().text("A", data) });
    const sent = await api.sendMessage(1, "same", keyboard("a"));
    const edit = (id: number, text: string, other = {}) => api.editMessageText(1, id, text, other);

    expect(await refusal(edit(sent.message_id, "same", keyboard("a")))).toBe(
      "Bad Request: message is not modified: specified new message content and reply markup are exactly the same " +
        "as a current content and reply markup of the message",
    );
    expect(await refusal(edit(999, "x"))).toBe("Bad Request: message to edit not found");
    expect(await refusal(edit(1, "x"))).toBe("Bad Request: message can't be edited");
    expect(await refusal(api.deleteMessage(1, 999))).toBe("Bad Request: message to delete not found");
    expect(await refusal(api.sendMessage(2, "x"))).toBe("Bad Request: chat not found");
    expect(await refusal(api.sendMessage("@channel", "x"))).toBe("Bad Request: chat not found");
    expect(await refusal(api.sendMessage(1, "x".repeat(4_097)))).toBe("Bad Request: message is too long");
    expect(await refusal(api.sendMessage(1, " \n "))).toBe("Bad Request: message text is empty");
    expect(await refusal(api.sendMessage(1, "x", keyboard("é".repeat(33))))).toBe(
      "Bad Request: BUTTON_DATA_INVALID",
    );
    expect(await refusal(api.answerCallbackQuery("123"))).toBe(
      "Bad Request: query is too old and response timeout expired or query ID is invalid",
    );
    expect(await refusal(api.getFile("nothing"))).toBe(
      "Bad Request: wrong file_id or the file is temporarily unavailable",
    );
    expect(await refusal(api.sendMessage(1, "x", { reply_parameters: { message_id: 99 } }))).toBe(
      "Bad Request: message to be replied not found",
    );
    expect(await refusal(api.sendDice(1, "🎲"))).toBe("Not Found: method not found");
  });

  it("takes the longest text and an edit that only takes the keyboard away", async () => {
    const { api, say, chat } = await openLocalTelegram();
    await say(1, "hi");
    const { message_id } = await api.sendMessage(1, "x".repeat(4_096), {
      reply_markup: new InlineKeyboard().text("A", "a"),
    });
    await api.editMessageReplyMarkup(1, message_id);
    const { messages } = await chat(1, 2);
    expect(messages).toMatchObject([{ buttons: [], edited: true }]);
    expect(messages[0]?.text).toHaveLength(4_096);
  });

  it("lets any well-formed token in, or the one it was given", async () => {
    const open = await openLocalTelegram();
    const closed = await openLocalTelegram({ token: LOCAL_BOT_TOKEN });
    const other = LOCAL_BOT_TOKEN.replace("AA", "BB");
    const status = async (root: string, token: string) => (await fetch(`${root}/bot${token}/getMe`)).status;
    expect(await status(open.server.url, other)).toBe(200);
    expect(await status(open.server.url, "no-token")).toBe(401);
    expect(await status(closed.server.url, LOCAL_BOT_TOKEN)).toBe(200);
    expect(await status(closed.server.url, other)).toBe(401);
  });

  it("shows a command to those whom its scope covers", async () => {
    const { api, chat } = await openLocalTelegram();
    await api.setMyCommands([{ command: "help", description: "What there is" }]);
    await api.setMyCommands([{ command: "admin", description: "Inside" }], {
      scope: { type: "chat", chat_id: 1 },
    });
    expect((await chat(1)).commands).toEqual([{ command: "admin", description: "Inside" }]);
    expect((await chat(2)).commands).toEqual([{ command: "help", description: "What there is" }]);
    expect(await api.getMyCommands()).toEqual([{ command: "help", description: "What there is" }]);
    expect(await refusal(api.setMyCommands([{ command: "No Good", description: "x" }]))).toBe(
      "Bad Request: BOT_COMMAND_INVALID",
    );
  });

  it("no longer takes the answer to a press that is too old", async () => {
    const { api, say, press } = await openLocalTelegram({ callbackTimeoutMs: 0 });
    await say(1, "hi");
    const { message_id } = await api.sendMessage(1, "x", {
      reply_markup: new InlineKeyboard().text("A", "a"),
    });
    const { callbackQueryId } = await press(1, message_id, "a");
    expect(await refusal(api.answerCallbackQuery(callbackQueryId))).toContain("query is too old");
  });

  it("says how long to wait in a way that grammY understands", async () => {
    const { api, control, say } = await openLocalTelegram();
    await say(1, "hi");
    await control("POST", "/faults", { method: "sendmessage", status: 429, retryAfter: 7, times: 1 });
    const error = await api.sendMessage(1, "x").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(GrammyError);
    expect(error).toMatchObject({
      error_code: 429,
      description: "Too Many Requests: retry after 7",
      parameters: { retry_after: 7 },
    });
    expect(await api.sendMessage(1, "x")).toMatchObject({ text: "x" });
  });
});
