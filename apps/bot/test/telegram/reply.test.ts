import { b, fmt } from "@grammyjs/parse-mode";
import { Api, InlineKeyboard } from "grammy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { editReply, sendReply } from "../../src/telegram/reply.ts";
import { BotApiServer } from "../support/bot-api-server.ts";

const CHAT = 7;

describe("replies", () => {
  let server: BotApiServer;
  let api: Api;

  beforeEach(async () => {
    server = await BotApiServer.start();
    api = new Api(server.token, { apiRoot: server.url });
  });
  afterEach(() => server[Symbol.asyncDispose]());

  it("sends formatting as entities, never as markup, without link previews", async () => {
    const messageId = await sendReply(api, CHAT, { text: fmt`Score: ${b}72/100${b} <i>` });
    expect(server.messages).toEqual([
      {
        chatId: CHAT,
        messageId,
        text: "Score: 72/100 <i>",
        entities: [{ type: "bold", offset: 7, length: 6 }],
        replyMarkup: undefined,
      },
    ]);
    expect(server.callsOf("sendMessage")[0]?.payload).not.toHaveProperty("parse_mode");
    expect(server.callsOf("sendMessage")[0]?.payload).toMatchObject({
      link_preview_options: { is_disabled: true },
    });
  });

  it("sends a long text in parts, with the buttons below the last", async () => {
    const text = Array.from({ length: 900 }, (_, index) => `Sentence number ${index}.`).join(" ");
    const lastId = await sendReply(api, CHAT, { text, buttons: new InlineKeyboard().text("Next", "next") });
    const { messages } = server;
    expect(messages.length).toBeGreaterThan(4);
    expect(messages.map((message) => message.text).join(" ")).toBe(text);
    expect(messages.map((message) => message.replyMarkup !== undefined)).toEqual([
      ...messages.slice(1).map(() => false),
      true,
    ]);
    expect(messages.at(-1)?.messageId).toBe(lastId);
  });

  it("sends no half of a character, which Telegram would not take", async () => {
    await sendReply(api, CHAT, { text: fmt`a \ud83d ${b}b${b}` });
    expect(server.messages[0]).toMatchObject({
      text: "a \ufffd b",
      entities: [{ type: "bold", offset: 4, length: 1 }],
    });
  });

  it("refuses a reply with nothing visible", async () => {
    await expect(sendReply(api, CHAT, { text: " \n" })).rejects.toThrow(TypeError);
  });

  it("puts the first part in the place of a message, and sends the rest", async () => {
    const messageId = await sendReply(api, CHAT, {
      text: "Working",
      buttons: new InlineKeyboard().text("Stop", "x"),
    });
    const lastId = await editReply(api, CHAT, messageId, { text: `${"a".repeat(4_096)} end` });
    expect(server.messages.map(({ messageId: id, text }) => [id, text.length])).toEqual([
      [messageId, 4_096],
      [lastId, 3],
    ]);
    expect(server.messages[0]?.replyMarkup).toBeUndefined();
  });

  it("takes an edit that changes nothing as done", async () => {
    const messageId = await sendReply(api, CHAT, { text: "Same" });
    await expect(editReply(api, CHAT, messageId, { text: "Same" })).resolves.toBe(messageId);
  });

  it.each(["Bad Request: message to edit not found", "Bad Request: message can't be edited"])(
    "sends anew after: %s",
    async (description) => {
      const messageId = await sendReply(api, CHAT, { text: "Working" });
      server.script("editMessageText", { kind: "error", status: 400, description });
      const newId = await editReply(api, CHAT, messageId, { text: "Done" });
      expect(newId).not.toBe(messageId);
      expect(server.messages.at(-1)).toMatchObject({ messageId: newId, text: "Done" });
    },
  );

  it("throws what else goes wrong with an edit, and sends nothing", async () => {
    const messageId = await sendReply(api, CHAT, { text: "Working" });
    server.script("editMessageText", {
      kind: "error",
      status: 403,
      description: "Forbidden: bot was blocked",
    });
    await expect(editReply(api, CHAT, messageId, { text: "Done" })).rejects.toMatchObject({
      error_code: 403,
    });
    expect(server.callsOf("sendMessage")).toHaveLength(1);
  });
});
