import { Api } from "grammy";
import { describe, expect, it } from "vitest";
import { showTyping } from "../../src/telegram/typing.ts";
import { BotApiServer } from "../support/bot-api-server.ts";

describe("showTyping", () => {
  it("says at once that the bot types, again and again, and nothing more once it is over", async () => {
    await using server = await BotApiServer.start();
    server.script("sendChatAction", { kind: "error", status: 429, description: "Too Many Requests" });
    const typing = showTyping(new Api(server.token, { apiRoot: server.url }), 7, 5);
    const { payload } = await server.received("sendChatAction", 3);
    expect(payload).toEqual({ chat_id: 7, action: "typing" });
    server.script("sendChatAction", { kind: "hang" });
    const { hungUp } = await server.received("sendChatAction", server.callsOf("sendChatAction").length + 1);
    typing[Symbol.dispose]();
    await hungUp;
  });
});
