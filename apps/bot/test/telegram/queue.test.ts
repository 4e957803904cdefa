import { Bot } from "grammy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPolling, type Polling } from "../../src/telegram/polling.ts";
import { answerCallbacksFirst, markAnswered, sequentialPerChat } from "../../src/telegram/queue.ts";
import { BotApiServer } from "../support/bot-api-server.ts";
import { recordLog } from "../support/log-lines.ts";

describe("the order of updates", () => {
  let server: BotApiServer;
  let polling: Polling;
  let log: ReturnType<typeof recordLog>;
  let events: string[];
  let slow: PromiseWithResolvers<void>;

  beforeEach(async () => {
    server = await BotApiServer.start();
    log = recordLog();
    events = [];
    slow = Promise.withResolvers<void>();
    const bot = new Bot(server.token, { client: { apiRoot: server.url } });
    const toast = (data: string) => (data === "save" ? "Saved" : undefined);
    bot.use(answerCallbacksFirst({ logger: log.logger, toast }), sequentialPerChat());
    bot.on("message:text", async (ctx) => {
      events.push(`${ctx.msg.text} begins`);
      if (ctx.msg.text.startsWith("slow")) await slow.promise;
      events.push(`${ctx.msg.text} ends`);
    });
    bot.callbackQuery("quick", async (ctx) => {
      markAnswered(ctx.update);
      events.push("quick is answered");
      await slow.promise;
    });
    bot.on("callback_query:data", (ctx) => {
      events.push(`press of ${ctx.callbackQuery.data}`);
    });
    polling = createPolling(bot, { logger: log.logger, allowedUpdates: ["message", "callback_query"] });
    await polling.start();
  });
  afterEach(async () => {
    slow.resolve();
    await polling.stop();
    await polling.drain(5_000);
    await server[Symbol.asyncDispose]();
  });

  async function finish(): Promise<void> {
    slow.resolve();
    await polling.stop();
    expect(await polling.drain(5_000)).toBe(true);
  }

  it("is kept within a chat, while other chats go on", async () => {
    server.say(1, 7, "slow");
    server.say(2, 7, "next");
    server.say(3, 8, "other");
    await server.until(() => events.includes("other ends"));
    expect(events).toEqual(["slow begins", "other begins", "other ends"]);
    await finish();
    expect(events.slice(3)).toEqual(["slow ends", "next begins", "next ends"]);
  });

  it("does not keep a press unanswered behind a long handler", async () => {
    server.say(1, 7, "slow");
    server.press(2, 7, "next");
    const { payload } = await server.received("answerCallbackQuery");
    expect(payload).toEqual({ callback_query_id: "press-2" });
    expect(events).toEqual(["slow begins"]);
    await finish();
    expect(events).toEqual(["slow begins", "slow ends", "press of next"]);
  });

  it("shows a note for a press that has one", async () => {
    server.press(1, 7, "save");
    const { payload } = await server.received("answerCallbackQuery");
    expect(payload).toEqual({ callback_query_id: "press-1", text: "Saved" });
  });

  it("does one thing for a button that is pressed twice, and is there again afterwards", async () => {
    server.say(1, 7, "slow");
    for (const updateId of [2, 3, 4]) server.press(updateId, 7, "next");
    server.press(5, 7, "other");
    server.press(6, 8, "next");
    await server.received("answerCallbackQuery", 5);
    const answers = server.callsOf("answerCallbackQuery").map(({ payload }) => payload);
    expect(answers.filter(({ text }) => text === "I am on it")).toEqual([
      { callback_query_id: "press-3", text: "I am on it" },
      { callback_query_id: "press-4", text: "I am on it" },
    ]);
    slow.resolve();
    await server.until(() => events.includes("press of other"));
    server.press(7, 7, "next");
    await server.received("answerCallbackQuery", 6);
    await finish();
    expect(events.filter((event) => event === "press of next")).toHaveLength(3);
  });

  it("takes a press for a new wish once the one before was answered, though it is still worked on", async () => {
    server.press(1, 7, "quick");
    await server.until(() => events.includes("quick is answered"));
    server.press(2, 7, "quick");
    await server.received("answerCallbackQuery", 2);
    expect(server.callsOf("answerCallbackQuery").map(({ payload }) => payload.text)).toEqual([
      undefined,
      undefined,
    ]);
    await finish();
    expect(events).toEqual(["quick is answered", "quick is answered"]);
  });

  it("handles a press whose answer fails, and logs that", async () => {
    server.script("answerCallbackQuery", {
      kind: "error",
      status: 400,
      description: "Bad Request: query is too old and response timeout expired",
    });
    server.press(1, 7, "next");
    await server.received("answerCallbackQuery");
    await finish();
    expect(events).toEqual(["press of next"]);
    expect(log.lines).toMatchObject([{ level: "warn", reason: expect.stringContaining("query is too old") }]);
  });
});
