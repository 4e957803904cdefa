import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createAnthropicModel } from "../../src/llm/anthropic-model.ts";
import type { CompletionRequest, LanguageModel } from "../../src/llm/language-model.ts";
import { createOpenRouterModel } from "../../src/llm/openrouter-model.ts";
import type { ProviderOptions } from "../../src/llm/provider-options.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";
import { type RecordedTraces, recordTraces } from "../support/recorded-traces.ts";

const API_KEY = "key-that-nobody-may-see";

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

function ask(signal = never): CompletionRequest {
  return {
    task: { kind: "signals", deal: "d" },
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Say ok." },
    ],
    signal,
  };
}

function open(create: (options: ProviderOptions) => LanguageModel, options: Partial<ProviderOptions> = {}) {
  return create({ apiKey: API_KEY, model: "small-1", baseUrl: server.url, ...options });
}

const PROVIDERS = [
  { name: "openrouter", title: "OpenRouter", create: createOpenRouterModel, path: "/v1/chat/completions" },
  { name: "anthropic", title: "Anthropic", create: createAnthropicModel, path: "/v1/messages" },
] as const;

describe.each(PROVIDERS)("$name", ({ name, title, create, path }) => {
  it("sends one request with the key, the model and the messages", async () => {
    server.enqueue({ kind: "text", text: "ok" });
    expect(await open(create).complete(ask())).toBe("ok");
    expect(server.requests).toHaveLength(1);
    const [request] = server.requests;
    expect(request?.path).toBe(path);
    expect(request?.body).toMatchObject({ model: "small-1", max_tokens: 8_000 });
    expect(request?.prompt).toBe("Be brief.\n\nSay ok.");
    const { authorization, "x-api-key": apiKey } = request?.headers ?? {};
    expect(authorization ?? `Bearer ${apiKey}`).toBe(`Bearer ${API_KEY}`);
  });

  it("makes a span that says what was asked, answered and used", async () => {
    server.enqueue({
      kind: "text",
      text: "ok",
      cost: 0.0123,
      usage: { input: 100, output: 7, cacheRead: 60, cacheWrite: 10 },
    });
    const { traceId } = await traces.run("learn", () => open(create).complete(ask()));
    expect(await traces.tree(traceId)).toEqual({
      name: "learn",
      children: [{ name: `llm:${name}`, children: [] }],
    });
    const span = (await traces.spans(traceId))[1];
    expect(span).toMatchObject({
      kind: "llm",
      status: "ok",
      provider: name,
      input_tokens: 100,
      output_tokens: 7,
      counts_usage: true,
    });
    expect(JSON.parse(span?.input ?? "")).toEqual(ask().messages);
    expect(JSON.parse(span?.output ?? "")).toEqual([{ role: "assistant", content: "ok" }]);
    expect(JSON.parse(span?.attributes ?? "")).toMatchObject({
      "gen_ai.request.model": "small-1",
      "gen_ai.response.model": "small-1-20260101",
      "gen_ai.response.id": name === "openrouter" ? "gen-1" : "msg_1",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.usage.cache_read.input_tokens": 60,
      "gen_ai.usage.cache_creation.input_tokens": 10,
    });
    expect(span?.cost_usd).toBe(name === "openrouter" ? "0.0123" : null);
  });

  it.each([
    [429, "busy"],
    [408, "busy"],
    [500, "busy"],
    [529, "busy"],
    [400, "refused"],
    [401, "refused"],
    [402, "refused"],
    [404, "refused"],
  ])("tells %i as %s, with one request and one span", async (status, kind) => {
    server.enqueue({ kind: "status", status, headers: { "retry-after": "3" } });
    const { error, traceId } = await traces.fail("learn", () => open(create).complete(ask()));
    expect(error).toMatchObject({ name: "ModelError", kind, status, retryAfterMs: 3_000 });
    expect(String(error)).toContain(`${title} answered ${status}`);
    expect(server.requests).toHaveLength(1);
    const spans = await traces.spans(traceId);
    expect(spans.map((span) => [span.name, span.status, span.error_type])).toEqual([
      ["learn", "error", "ModelError"],
      [`llm:${name}`, "error", "ModelError"],
    ]);
    expect(spans[1]?.provider).toBe(name);
    expect(spans[1]?.input).toContain("Say ok.");
  });

  it("reads how long to wait in milliseconds, and as a date", async () => {
    server.enqueue(
      { kind: "status", status: 429, headers: { "retry-after-ms": "250", "retry-after": "9" } },
      {
        kind: "status",
        status: 503,
        headers: { date: "Tue, 24 Nov 2026 10:00:00 GMT", "retry-after": "Tue, 24 Nov 2026 10:00:30 GMT" },
      },
      { kind: "status", status: 503, headers: { "retry-after": "soon" } },
    );
    const model = open(create);
    await expect(model.complete(ask())).rejects.toMatchObject({ retryAfterMs: 250 });
    await expect(model.complete(ask())).rejects.toMatchObject({ retryAfterMs: 30_000 });
    await expect(model.complete(ask())).rejects.toMatchObject({ retryAfterMs: undefined });
  });

  it("gives up a request that hangs, and hangs up", async () => {
    server.enqueue({ kind: "hang" });
    const failure = open(create, { timeoutMs: 1_000 }).complete(ask());
    await expect(failure).rejects.toMatchObject({
      kind: "timeout",
      message: `${title} gave no answer within 1 s.`,
    });
    await (await server.received(1)).hungUp;
  });

  it("is given up with the reason of its signal, and hangs up", async () => {
    server.enqueue({ kind: "hang" });
    const controller = new AbortController();
    const reason = new Error("The rep has cancelled.");
    const answer = open(create).complete(ask(controller.signal));
    const request = await server.received(1);
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
    await request.hungUp;
  });

  it("sends nothing when it is given up before", async () => {
    const reason = new Error("Too late.");
    await expect(open(create).complete(ask(AbortSignal.abort(reason)))).rejects.toBe(reason);
    expect(server.requests).toHaveLength(0);
  });

  it.each(["headers", "body"] as const)("tells a connection cut in the %s as unreachable", async (during) => {
    server.enqueue({ kind: "reset", during });
    await expect(open(create).complete(ask())).rejects.toMatchObject({
      kind: "unreachable",
      message: expect.stringMatching(new RegExp(`^${title} cannot be reached \\([A-Z_]+\\)\\.$`)),
    });
  });

  it("tells a closed port as unreachable", async () => {
    const model = open(create);
    await server.close();
    await expect(model.complete(ask())).rejects.toMatchObject({
      kind: "unreachable",
      message: `${title} cannot be reached (ECONNREFUSED).`,
    });
  });

  it.each([
    ["broken JSON", { kind: "body", body: '{"id": 1,' }],
    ["no JSON", { kind: "body", body: "<h1>Bad gateway</h1>", contentType: "text/html" }],
    ["JSON of another shape", { kind: "body", body: '{"hello":"world"}' }],
    ["no choices", { kind: "empty" }],
    ["an empty text", { kind: "text", text: "" }],
  ] as const)("tells an answer with %s as busy", async (_what, reply) => {
    server.enqueue(reply);
    await expect(open(create).complete(ask())).rejects.toMatchObject({ name: "ModelError", kind: "busy" });
  });

  it("says the key in no error and no span, though the provider repeats it", async () => {
    const body = JSON.stringify({
      type: "error",
      error: { type: "auth", code: 401, message: `Your key ${API_KEY} is wrong.` },
    });
    server.enqueue({ kind: "status", status: 401, body });
    const { error, traceId } = await traces.fail("learn", () => open(create).complete(ask()));
    for (let at = error; at instanceof Error; at = at.cause) {
      expect(`${at.stack} ${JSON.stringify(at)}`).not.toContain(API_KEY);
    }
    expect(await traces.spans(traceId)).toHaveLength(2);
    expect(await traces.text()).not.toContain(API_KEY);
  });
});

describe("openrouter", () => {
  it("leaves usage and cost out when it is not told them", async () => {
    server.enqueue({ kind: "text", text: "ok", usage: null });
    const { traceId } = await traces.run("learn", () => open(createOpenRouterModel).complete(ask()));
    const span = (await traces.spans(traceId))[1];
    expect(span).toMatchObject({ input_tokens: null, output_tokens: null, cost_usd: null });
  });

  it.each([
    [502, "busy"],
    [429, "busy"],
    [403, "refused"],
  ])("reads the failure %i in the body of a 200 as %s", async (code, kind) => {
    server.enqueue({ kind: "body", body: JSON.stringify({ error: { code, message: "upstream" } }) });
    await expect(open(createOpenRouterModel).complete(ask())).rejects.toMatchObject({ kind, status: code });
  });

  it("tells an answer that the content filter withheld as refused", async () => {
    server.enqueue({ kind: "text", text: "", finishReason: "content_filter" });
    await expect(open(createOpenRouterModel).complete(ask())).rejects.toMatchObject({ kind: "refused" });
  });
});
