import { setTimeout as sleep } from "node:timers/promises";
import { Api, HttpError } from "grammy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApiRetries } from "../../src/telegram/api-retries.ts";
import { ProgressUpdater, type ProgressUpdaterOptions } from "../../src/telegram/progress-updater.ts";
import { sendReply } from "../../src/telegram/reply.ts";
import { BotApiServer } from "../support/bot-api-server.ts";

const CHAT = 7;
const INTERVAL_MS = 10;

describe("ProgressUpdater", () => {
  let server: BotApiServer;
  let api: Api;
  let errors: unknown[];

  beforeEach(async () => {
    server = await BotApiServer.start();
    api = new Api(server.token, { apiRoot: server.url });
    api.config.use(createApiRetries({ reconnectDelayMs: 5 }));
    errors = [];
  });
  afterEach(() => server[Symbol.asyncDispose]());

  /** Says something new at every look. */
  function create(options: Partial<ProgressUpdaterOptions> = {}): ProgressUpdater {
    let looks = 0;
    const text = () => `Working ${++looks}`;
    return new ProgressUpdater({
      api,
      chatId: CHAT,
      text,
      intervalMs: INTERVAL_MS,
      onError: (error) => errors.push(error),
      ...options,
    });
  }

  /** Long enough for several edits, if there were any. */
  const quiet = (ms = INTERVAL_MS * 5): Promise<"quiet"> => sleep(ms, "quiet" as const);
  const texts = (): string[] => server.messages.map(({ text }) => text);
  const edits = (): unknown[] => server.callsOf("editMessageText").map(({ payload }) => payload.text);

  it("shows a status, edits it, and puts the reply in its place", async () => {
    const progress = create();
    await progress.start();
    expect(texts()).toEqual(["Working 1"]);
    await server.received("editMessageText", 2);
    const messageId = await progress.finish({ text: "Done" });
    expect(edits().slice(0, 2)).toEqual(["Working 2", "Working 3"]);
    expect(edits().at(-1)).toBe("Done");
    expect(server.messages).toMatchObject([{ messageId, text: "Done" }]);
    expect(errors).toEqual([]);
  });

  it("tells the time since the start, and edits only when the text changes", async () => {
    const seen: number[] = [];
    const enough = Promise.withResolvers<void>();
    const text = (elapsedMs: number): string => {
      if (seen.push(elapsedMs) === 4) enough.resolve();
      return "Working";
    };
    const progress = create({ text });
    await progress.start();
    await enough.promise;
    await progress.stop();
    expect(edits()).toEqual([]);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBeGreaterThan(0);
  });

  it("takes over a message of the bot", async () => {
    const messageId = await sendReply(api, CHAT, { text: "Choose" });
    const progress = create({ messageId });
    await progress.start();
    expect(texts()).toEqual(["Working 1"]);
    await expect(progress.finish({ text: "Done" })).resolves.toBe(messageId);
    expect(texts()).toEqual(["Done"]);
  });

  it("has one edit under way at most", async () => {
    const held = Promise.withResolvers<void>();
    server.script("editMessageText", { kind: "hold", until: held.promise });
    const progress = create();
    await progress.start();
    await server.received("editMessageText");
    await quiet();
    expect(edits()).toHaveLength(1);
    held.resolve();
    await server.received("editMessageText", 2);
    await progress.stop();
  });

  it("waits for the edit under way, so that it cannot come after the reply", async () => {
    const held = Promise.withResolvers<void>();
    server.script("editMessageText", { kind: "hold", until: held.promise });
    const progress = create();
    await progress.start();
    await server.received("editMessageText");
    const finished = progress.finish({ text: "Done" });
    const second = server.received("editMessageText", 2).then(() => "edited");
    await expect(Promise.race([second, quiet()])).resolves.toBe("quiet");
    held.resolve();
    await finished;
    expect(edits()).toEqual(["Working 2", "Done"]);
    expect(texts()).toEqual(["Done"]);
  });

  it("gives an edit up that does not end, before it edits the reply in", async () => {
    server.script("editMessageText", { kind: "hang" });
    const progress = create();
    await progress.start();
    const { hungUp } = await server.received("editMessageText");
    await progress.finish({ text: "Done" });
    await hungUp;
    expect(texts()).toEqual(["Done"]);
    expect(errors).toEqual([]);
  });

  it("edits no more during a flood wait, and does not repeat the edit", async () => {
    server.script("editMessageText", {
      kind: "error",
      status: 429,
      description: "Too Many Requests: retry after 1",
      retryAfter: 1,
    });
    const progress = create();
    await progress.start();
    const second = server.received("editMessageText", 2).then(() => "edited");
    await expect(Promise.race([second, quiet(500)])).resolves.toBe("quiet");
    await second;
    expect(edits()[1]).toBe("Working 3");
    await progress.finish({ text: "Done" });
    expect(errors).toEqual([]);
  });

  it("delivers the reply although a flood wait is on", async () => {
    const flood = { kind: "error", status: 429, description: "Too Many Requests", retryAfter: 1 } as const;
    server.script("editMessageText", flood, flood);
    const progress = create();
    await progress.start();
    await server.received("editMessageText");
    await progress.finish({ text: "Done" });
    expect(edits().slice(1)).toEqual(["Done", "Done"]);
    expect(texts()).toEqual(["Done"]);
  });

  it("lets a status be that the user deletes, and sends the reply as a new message", async () => {
    const progress = create();
    await progress.start();
    server.deleteMessage(server.messages[0]?.messageId ?? 0);
    await server.received("sendChatAction");
    const editsBefore = edits().length;
    await progress.finish({ text: "Done" });
    expect(edits()).toHaveLength(editsBefore);
    expect(texts()).toEqual(["Done"]);
    expect(errors).toEqual([]);
  });

  it("reports lost connections once, and goes on", async () => {
    server.script("editMessageText", { kind: "reset" }, { kind: "reset" });
    const progress = create();
    await progress.start();
    await server.received("editMessageText", 3);
    await progress.finish({ text: "Done" });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(HttpError);
    expect(texts()).toEqual(["Done"]);
  });

  it("sends the reply although the status could not be sent", async () => {
    server.script("sendMessage", { kind: "reset" });
    const progress = create();
    await progress.start();
    await server.received("sendChatAction");
    await progress.finish({ text: "Done" });
    expect(errors).toHaveLength(1);
    expect(texts()).toEqual(["Done"]);
  });

  it("throws when the reply cannot be delivered", async () => {
    const progress = create({ intervalMs: 60_000 });
    await progress.start();
    server.script("editMessageText", {
      kind: "error",
      status: 403,
      description: "Forbidden: bot was blocked",
    });
    await expect(progress.finish({ text: "Done" })).rejects.toMatchObject({ error_code: 403 });
  });

  it("makes no calls once it is stopped, however often", async () => {
    const progress = create();
    await progress.start();
    await server.received("editMessageText");
    await progress.stop();
    await progress.stop();
    const before = server.calls.length;
    await quiet();
    expect(server.calls).toHaveLength(before);
  });

  it("stops when it goes out of scope", async () => {
    {
      await using progress = create();
      await progress.start();
    }
    const before = server.calls.length;
    await quiet();
    expect(server.calls).toHaveLength(before);
    expect(texts()).toEqual(["Working 1"]);
  });

  it("is started once", async () => {
    const progress = create();
    await progress.start();
    await expect(progress.start()).rejects.toThrow("started once");
    await progress.stop();
  });
});
