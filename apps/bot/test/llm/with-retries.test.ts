import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CompletionRequest } from "../../src/llm/language-model.ts";
import { createOpenRouterModel } from "../../src/llm/openrouter-model.ts";
import { type Retry, type RetryOptions, withRetries } from "../../src/llm/with-retries.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";
import { type RecordedTraces, recordTraces } from "../support/recorded-traces.ts";

let server: ModelServer;
let traces: RecordedTraces;
beforeAll(async () => {
  traces = await recordTraces();
});
afterAll(() => traces.stop());
beforeEach(async () => {
  server = await startModelServer();
});
afterEach(() => server.close());

const never = new AbortController().signal;
const ask = (signal = never): CompletionRequest => ({
  task: { kind: "signals", deal: "d" },
  messages: [{ role: "user", content: "Say ok." }],
  signal,
});

function open(options: RetryOptions = {}, timeoutMs = 5_000) {
  const model = createOpenRouterModel({ apiKey: "k", model: "small-1", baseUrl: server.url, timeoutMs });
  return withRetries(model, { baseDelayMs: 1, ...options });
}

describe("a model with retries", () => {
  it("asks again after 429, with a span for each attempt", async () => {
    server.enqueue({ kind: "status", status: 429 }, { kind: "text", text: "ok" });
    const { value, traceId } = await traces.run("learn", () => open().complete(ask()));
    expect(value).toBe("ok");
    const spans = await traces.spans(traceId);
    expect(spans.map(({ name, status }) => [name, status])).toEqual([
      ["learn", "ok"],
      ["llm:openrouter", "error"],
      ["llm:openrouter", "ok"],
    ]);
    expect(spans[1]?.parent_span_id).toBe(spans[2]?.parent_span_id);
  });

  it("asks again when it is cut off, and when it takes too long", async () => {
    server.enqueue({ kind: "reset" }, { kind: "hang" }, { kind: "text", text: "ok" });
    expect(await open({}, 200).complete(ask())).toBe("ok");
    expect(server.requests).toHaveLength(3);
  });

  it("gives up after its attempts, with the last failure", async () => {
    for (const status of [500, 502, 503]) server.enqueue({ kind: "status", status });
    await expect(open({ attempts: 3 }).complete(ask())).rejects.toMatchObject({ kind: "busy", status: 503 });
    expect(server.requests).toHaveLength(3);
  });

  it("does not ask again what is refused", async () => {
    server.enqueue({ kind: "status", status: 401 });
    await expect(open().complete(ask())).rejects.toMatchObject({ kind: "refused" });
    expect(server.requests).toHaveLength(1);
  });

  it("doubles its waits, up to the longest, and leaves half of each to chance", async () => {
    for (let left = 4; left > 0; left -= 1) server.enqueue({ kind: "status", status: 500 });
    const retries: Retry[] = [];
    const model = open({
      attempts: 5,
      baseDelayMs: 20,
      maxDelayMs: 50,
      onRetry: (retry) => retries.push(retry),
    });
    await model.complete(ask());
    const limits = [20, 40, 50, 50];
    expect(retries.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    for (const [index, limit] of limits.entries()) {
      expect(retries[index]?.delayMs).toBeGreaterThanOrEqual(limit / 2);
      expect(retries[index]?.delayMs).toBeLessThanOrEqual(limit);
    }
  });

  it("waits as long as the provider asks it to", async () => {
    const retries: Retry[] = [];
    server.enqueue({ kind: "status", status: 429, headers: { "retry-after-ms": "40" } });
    await open({ onRetry: (retry) => retries.push(retry) }).complete(ask());
    expect(retries).toMatchObject([{ attempt: 1, delayMs: 40, error: { kind: "busy", status: 429 } }]);
  });

  it("does not ask again when the provider asks for a longer wait than any", async () => {
    server.enqueue({ kind: "status", status: 429, headers: { "retry-after": "3600" } });
    await expect(open().complete(ask())).rejects.toMatchObject({ status: 429, retryAfterMs: 3_600_000 });
    expect(server.requests).toHaveLength(1);
  });

  it("begins no request after its time", async () => {
    server.enqueue({ kind: "status", status: 429, headers: { "retry-after": "10" } });
    await expect(open({ maxTotalMs: 5_000 }).complete(ask())).rejects.toMatchObject({ status: 429 });
    expect(server.requests).toHaveLength(1);
  });

  it("stops waiting when it is given up", async () => {
    server.enqueue({ kind: "status", status: 429, headers: { "retry-after": "10" } });
    const controller = new AbortController();
    const reason = new Error("The rep has cancelled.");
    const model = open({ onRetry: () => controller.abort(reason) });
    await expect(model.complete(ask(controller.signal))).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ["attempts", 0],
    ["attempts", 1.5],
    ["baseDelayMs", -1],
    ["maxTotalMs", Number.NaN],
  ])("refuses %s of %d", (option, value) => {
    expect(() => open({ [option]: value })).toThrow(`${option} of withRetries is ${value}`);
  });
});
