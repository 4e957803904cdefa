import { setTimeout as sleep } from "node:timers/promises";
import { type ApiClientOptions, Bot } from "grammy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  BotTokenError,
  createPolling,
  type Polling,
  type PollingOptions,
} from "../../src/telegram/polling.ts";
import { BotApiServer } from "../support/bot-api-server.ts";
import { recordLog } from "../support/log-lines.ts";

const conflict = {
  kind: "error",
  status: 409,
  description: "Conflict: terminated by other getUpdates request",
} as const;
const reset = { kind: "reset" } as const;

describe("polling", () => {
  let server: BotApiServer;
  let bot: Bot;
  let handled: number[];
  let log: ReturnType<typeof recordLog>;
  let polling: Polling;

  beforeEach(async () => {
    server = await BotApiServer.start();
    bot = createBot();
    log = recordLog();
    polling = create();
  });
  afterEach(async () => {
    await polling.stop();
    await server[Symbol.asyncDispose]();
  });

  function createBot(token = server.token, client: ApiClientOptions = {}): Bot {
    handled = [];
    const created = new Bot(token, { client: { apiRoot: server.url, ...client } });
    created.use((ctx, next) => {
      handled.push(ctx.update.update_id);
      return next();
    });
    return created;
  }

  function create(options: Partial<PollingOptions> = {}): Polling {
    return createPolling(bot, {
      logger: log.logger,
      allowedUpdates: ["message", "callback_query"],
      minBackoffMs: 5,
      maxBackoffMs: 20,
      conflictMemoryMs: 0,
      ...options,
    });
  }

  const linesWith = (level: string) => log.lines.filter((line) => line.level === level);

  it("ends delivery by webhook without losing updates, and hands updates to the bot", async () => {
    server.say(1, 7, "waited for the bot");
    await polling.start();
    await server.received("getUpdates", 2);
    expect(server.callsOf("deleteWebhook")[0]?.payload).toEqual({ drop_pending_updates: false });
    expect(server.callsOf("getUpdates")[0]?.payload).toMatchObject({
      allowed_updates: ["message", "callback_query"],
    });
    expect(handled).toEqual([1]);
  });

  it("tells its state and the last poll", async () => {
    expect(polling.status()).toMatchObject({ state: "starting", lastPollAt: undefined });
    await polling.start();
    expect(polling.status()).toMatchObject({ state: "polling", lastPollAt: undefined });
    server.say(1, 7, "hello");
    await server.received("getUpdates", 2);
    expect(polling.status().lastPollAt).toBeInstanceOf(Date);
    await polling.stop();
    expect(polling.status().state).toBe("stopped");
  });

  it("is started once", async () => {
    await polling.start();
    await expect(polling.start()).rejects.toThrow("started once");
  });

  it("handles updates concurrently", async () => {
    const slow = Promise.withResolvers<void>();
    bot.on("message:text", (ctx) => (ctx.msg.text === "slow" ? slow.promise : undefined));
    await polling.start();
    server.say(1, 7, "slow");
    server.say(2, 8, "quick");
    await server.until(() => handled.includes(2));
    slow.resolve();
  });

  it.each([
    ["a token that was revoked", "123456789:AAE-revoked-token-of-this-bot-111111"],
    ["a token with a slip", "123456789:AAE-slip"],
  ])("refuses %s, naming the variable but not the token", async (_name, token) => {
    bot = createBot(token);
    polling = create();
    const error = await polling.start().catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(BotTokenError);
    expect(String(error)).toContain("TELEGRAM_BOT_TOKEN");
    expect(String(error)).not.toContain(token);
    expect(polling.status().state).toBe("stopped");
  });

  it("refuses an address that is not a Bot API's", async () => {
    server.script("getMe", { kind: "error", status: 404, description: "Not Found" });
    await expect(polling.start()).rejects.toThrow("TELEGRAM_API_ROOT");
  });

  it("waits at the start until Telegram can be reached, and logs that once", async () => {
    server.script("getMe", reset, reset, reset);
    server.script("deleteWebhook", { kind: "error", status: 502, description: "Bad Gateway" });
    await polling.start();
    expect(server.callsOf("getMe")).toHaveLength(5);
    expect(linesWith("warn").map(({ msg }) => msg)).toEqual(["Telegram does not answer; trying again"]);
    expect(linesWith("info").map(({ msg }) => msg)).toEqual(["Telegram answers again"]);
    expect(log.text()).not.toContain(server.token);
    expect(polling.status().state).toBe("polling");
  });

  it("can be stopped while Telegram is unreachable", async () => {
    server.script("getMe", ...Array.from({ length: 50 }, () => reset));
    polling = create({ minBackoffMs: 60_000, maxBackoffMs: 60_000 });
    const started = polling.start();
    await server.received("getMe");
    await polling.stop();
    await started;
    expect(polling.status().state).toBe("stopped");
    expect(server.callsOf("getUpdates")).toEqual([]);
  });

  it("waits a conflict out, logs it once, and once when it is over", async () => {
    const reached: unknown[] = [];
    bot.catch((error) => {
      reached.push(error);
    });
    server.script("getUpdates", conflict, conflict, conflict);
    await polling.start();
    await server.received("getUpdates", 3);
    expect(polling.status().state).toBe("conflict");
    server.say(1, 7, "hello");
    await server.received("getUpdates", 5);
    expect(polling.status().state).toBe("polling");
    expect(linesWith("warn")).toHaveLength(1);
    expect(linesWith("warn")[0]?.reason).toContain("409");
    expect(linesWith("info").map(({ msg }) => msg)).toEqual(["The conflict is over"]);
    expect(handled).toEqual([1]);
    expect(reached).toEqual([]);
  });

  it("takes an instance that polls in turns with it for one conflict", async () => {
    polling = create({ conflictMemoryMs: 60_000 });
    server.script("getUpdates", conflict);
    await polling.start();
    await server.received("getUpdates", 1);
    server.say(1, 7, "hello");
    await server.received("getUpdates", 3);
    server.script("getUpdates", conflict, conflict);
    server.say(2, 7, "hello again");
    await server.received("getUpdates", 6);
    expect(handled).toEqual([1, 2]);
    expect(polling.status().state).toBe("conflict");
    expect(linesWith("warn")).toHaveLength(1);
    expect(linesWith("info")).toEqual([]);
  });

  it.each([
    ["a page", { kind: "body", body: "<html>Bad gateway</html>", contentType: "text/html" }],
    ["nothing", { kind: "body", body: "" }],
    ["an answer without a result", { kind: "body", body: '{"ok":true}' }],
    ["no list", { kind: "result", result: { update_id: 1 } }],
    [
      "a list without an update",
      { kind: "result", result: [null, 7, "x", [], { message: {} }, { update_id: 1.5 }] },
    ],
    ["an error without a word", { kind: "body", body: '{"ok":false,"parameters":{"retry_after":"soon"}}' }],
    ["more than fits into memory", { kind: "body", body: `{"ok":true,"result":["${"x".repeat(200_000)}"]}` }],
  ] as const)("waits out that getUpdates answers with %s, and logs that once", async (_, outcome) => {
    bot = createBot(server.token, { baseFetchConfig: { size: 100_000 } });
    polling = create();
    server.script("getUpdates", outcome, outcome, outcome);
    await polling.start();
    await server.received("getUpdates", 3);
    expect(polling.status().state).toBe("unreachable");
    server.say(1, 7, "hello");
    await server.received("getUpdates", 5);
    expect(handled).toEqual([1]);
    expect(polling.status().state).toBe("polling");
    expect(log.lines.map(({ msg }) => msg)).toEqual([
      "Telegram does not answer; trying again",
      "Telegram answers again",
    ]);
  });

  it.each([
    ["is none", { id: 1 }],
    ["is nothing", null],
  ])("waits out that the bot it is told of %s", async (_, result) => {
    server.script("getMe", { kind: "result", result }, { kind: "result", result });
    await polling.start();
    expect(server.callsOf("getMe")).toHaveLength(3);
    expect(bot.botInfo.username).toBe("coach_bot");
  });

  it("leaves out what is no update among updates, confirms it, counts it, and logs it once", async () => {
    const person = { from: { id: 7 }, chat: { id: 7, type: "private" }, message_id: 1 };
    const misshapen = [
      { update_id: 1, message: "hello" },
      { update_id: 2, message: { ...person, chat: null } },
      { update_id: 3, message: { ...person, text: 7 } },
      {
        update_id: 4,
        message: { ...person, text: "x", entities: [{ type: "bold", offset: -1, length: 2 }] },
      },
      { update_id: 5, message: { ...person, voice: {} } },
      { update_id: 6, callback_query: { id: 7, from: person.from, data: "x" } },
      { update_id: 7, callback_query: { id: "7", data: "x" } },
      { update_id: "8", message: person },
    ];
    server.script("getUpdates", {
      kind: "result",
      result: [...misshapen, { update_id: 9, message: person }],
    });
    await polling.start();
    const { payload } = await server.received("getUpdates", 2);
    expect(payload.offset).toBe(10);
    expect(handled).toEqual([9]);
    expect(polling.status()).toMatchObject({ state: "polling", misshapen: misshapen.length });
    expect(log.lines.map(({ msg }) => msg)).toEqual(["Telegram sends what is no update; it is left out"]);
  });

  it("takes ids as they come: huge, negative, twice, or lower than before", async () => {
    const message = { from: { id: 7 }, chat: { id: 7, type: "private" }, message_id: 1 };
    const batch = (...ids: number[]) =>
      ({ kind: "result", result: ids.map((update_id) => ({ update_id, message })) }) as const;
    server.script(
      "getUpdates",
      batch(Number.MAX_SAFE_INTEGER, 5),
      batch(-3, -3),
      batch(6, 5),
      batch(2 ** 53),
    );
    await polling.start();
    await server.received("getUpdates", 5);
    expect(handled).toEqual([Number.MAX_SAFE_INTEGER, 5, -3, 6]);
    expect(server.callsOf("getUpdates").map(({ payload }) => payload.offset)).toEqual([0, 2 ** 53, -2, 7, 7]);
  });

  it("asks at its own pace a server that sends the same updates again and again", async () => {
    const again = { kind: "result", result: [{ update_id: 1 }, { update_id: 2 }] } as const;
    server.script("getUpdates", again, again, again, again);
    await polling.start();
    await server.received("getUpdates", 4);
    expect(handled).toEqual([1, 2]);
    expect(polling.status().state).toBe("unreachable");
    expect(linesWith("warn")).toHaveLength(1);
  });

  it("waits an outage out", async () => {
    server.script("getUpdates", reset, reset);
    await polling.start();
    await server.received("getUpdates", 4);
    expect(server.callsOf("getUpdates").map(({ payload }) => payload.timeout)).toEqual([30, 0, 0, 30]);
    expect(linesWith("warn")).toHaveLength(1);
    expect(linesWith("info")).toHaveLength(1);
    expect(polling.status().state).toBe("polling");
    server.say(1, 7, "hello");
    await server.received("getUpdates", 5);
    expect(handled).toEqual([1]);
  });

  it("stops in the middle of a poll, and polls no more", async () => {
    await polling.start();
    const { hungUp } = await server.received("getUpdates");
    await polling.stop();
    await hungUp;
    server.say(1, 7, "too late");
    await sleep(30);
    expect(server.callsOf("getUpdates")).toHaveLength(1);
    expect(handled).toEqual([]);
    await polling.stop();
  });

  it("leaves the last updates unconfirmed, so that they come again after a restart", async () => {
    await polling.start();
    server.say(1, 7, "handled and confirmed");
    await server.received("getUpdates", 2);
    const next = Promise.withResolvers<void>();
    server.script("getUpdates", { kind: "hold", until: next.promise });
    server.say(2, 7, "handled, not confirmed");
    await server.received("getUpdates", 3);
    await polling.stop();
    expect(handled).toEqual([1, 2]);
    expect(server.unconfirmed).toEqual([2]);
    bot = createBot();
    polling = create();
    await polling.start();
    await server.until(() => handled.includes(2));
    next.resolve();
  });

  it("does not lose a batch that arrives while stopping", async () => {
    const answer = Promise.withResolvers<void>();
    server.script("getUpdates", { kind: "hold", until: answer.promise });
    server.say(1, 7, "in between");
    await polling.start();
    await server.received("getUpdates");
    const stopped = polling.stop();
    answer.resolve();
    await stopped;
    await polling.drain(1_000);
    expect(handled).toEqual([]);
    expect(server.unconfirmed).toEqual([1]);
  });

  it("drains: true once handlers are done, false when they take longer", async () => {
    const slow = Promise.withResolvers<void>();
    const done: number[] = [];
    bot.on("message:text", async (ctx) => {
      await slow.promise;
      done.push(ctx.update.update_id);
    });
    await polling.start();
    server.say(1, 7, "slow");
    await server.until(() => handled.includes(1));
    await polling.stop();
    await expect(polling.drain(20)).resolves.toBe(false);
    const drained = polling.drain(10_000);
    slow.resolve();
    await expect(drained).resolves.toBe(true);
    expect(done).toEqual([1]);
  });

  it("stops at once although handlers are at the limit", async () => {
    const slow = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    bot.on("message:text", () => {
      began.resolve();
      return slow.promise;
    });
    polling = create({ concurrency: 1 });
    server.say(1, 7, "slow");
    await polling.start();
    await began.promise;
    await polling.stop();
    slow.resolve();
    await expect(polling.drain(10_000)).resolves.toBe(true);
  });

  it("gives failures of handlers to the bot's own handling, and logs when that fails", async () => {
    bot.on("message:text", () => {
      throw new Error("broken handler");
    });
    bot.catch(({ error }) => {
      throw new Error("broken handling", { cause: error });
    });
    await polling.start();
    server.say(1, 7, "hello");
    await server.received("getUpdates", 2);
    await polling.stop();
    await polling.drain(1_000);
    expect(linesWith("error")).toMatchObject([
      {
        reason: "Error: broken handling; because of Error: broken handler",
        msg: "An update was not handled",
      },
    ]);
  });
});
