import { Api, GrammyError, HttpError } from "grammy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApiRetries, withoutRetries } from "../../src/telegram/api-retries.ts";
import { toApiSignal } from "../../src/telegram/api-signal.ts";
import { BotApiServer } from "../support/bot-api-server.ts";

const flood = (retryAfter: number) =>
  ({ kind: "error", status: 429, description: "Too Many Requests", retryAfter }) as const;
const reset = { kind: "reset" } as const;

describe("retries of calls to the Bot API", () => {
  let server: BotApiServer;
  let api: Api;

  beforeEach(async () => {
    server = await BotApiServer.start();
    api = new Api(server.token, { apiRoot: server.url });
    api.config.use(
      createApiRetries({ maxRetryAttempts: 2, maxDelaySeconds: 1, reconnectDelayMs: 5, callTimeoutMs: 200 }),
    );
  });
  afterEach(() => server[Symbol.asyncDispose]());

  it("waits a flood wait out", async () => {
    server.script("sendMessage", flood(1));
    await api.sendMessage(1, "Hello");
    expect(server.callsOf("sendMessage")).toHaveLength(2);
  });

  it("fails at once when the flood wait is longer than it may be", async () => {
    server.script("sendMessage", flood(2));
    await expect(api.sendMessage(1, "Hello")).rejects.toMatchObject({ error_code: 429 });
    expect(server.callsOf("sendMessage")).toHaveLength(1);
  });

  it("repeats a call whose connection was lost", async () => {
    server.script("sendMessage", reset, reset);
    await api.sendMessage(1, "Hello");
    expect(server.callsOf("sendMessage")).toHaveLength(3);
  });

  it("repeats a call that hangs, and is not held up by it for long", async () => {
    server.script("sendMessage", { kind: "hang" }, { kind: "hang" });
    await api.sendMessage(1, "Hello");
    expect(server.callsOf("sendMessage")).toHaveLength(3);
  });

  it("is given up by the caller's signal", async () => {
    server.script("sendMessage", { kind: "hang" });
    const caller = new AbortController();
    const sent = api.sendMessage(1, "Hello", {}, toApiSignal(caller.signal));
    await server.received("sendMessage");
    caller.abort();
    await expect(sent).rejects.toThrow();
    expect(server.callsOf("sendMessage")).toHaveLength(1);
  });

  it("gives up after the last attempt", async () => {
    server.script("sendMessage", reset, reset, reset, reset);
    await expect(api.sendMessage(1, "Hello")).rejects.toThrow(HttpError);
    expect(server.callsOf("sendMessage")).toHaveLength(3);
  });

  it("does not repeat what Telegram refuses", async () => {
    server.script("sendMessage", { kind: "error", status: 400, description: "Bad Request: chat not found" });
    await expect(api.sendMessage(1, "Hello")).rejects.toThrow(GrammyError);
    expect(server.callsOf("sendMessage")).toHaveLength(1);
  });

  it("leaves alone a call that opts out, and polling", async () => {
    server.script("sendMessage", flood(1));
    const signal = withoutRetries(new AbortController().signal);
    await expect(api.sendMessage(1, "Hello", {}, signal)).rejects.toMatchObject({ error_code: 429 });
    server.script("getUpdates", reset);
    await expect(api.getUpdates()).rejects.toThrow(HttpError);
    expect(server.calls).toHaveLength(2);
  });
});
