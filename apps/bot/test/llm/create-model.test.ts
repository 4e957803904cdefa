import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createModel,
  DEFAULT_ANTHROPIC_MODEL,
  DEFAULT_OPENROUTER_MODEL,
} from "../../src/llm/create-model.ts";
import type { CompletionRequest } from "../../src/llm/language-model.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";

let server: ModelServer;
beforeEach(async () => {
  server = await startModelServer();
});
afterEach(() => server.close());

const request: CompletionRequest = {
  task: { kind: "signals", deal: "They like it." },
  messages: [{ role: "user", content: "Say ok." }],
  signal: new AbortController().signal,
};

describe("the model that is configured", () => {
  it.each([
    ["openrouter", DEFAULT_OPENROUTER_MODEL],
    ["anthropic", DEFAULT_ANTHROPIC_MODEL],
  ] as const)("of %s is by default %s, asked again when it is busy", async (provider, model) => {
    server.enqueue({ kind: "status", status: 503 }, { kind: "text", text: "ok" });
    const retries: number[] = [];
    const created = await createModel(
      { provider, apiKey: "k", baseUrl: server.url, model: undefined, timeoutMs: undefined },
      { baseDelayMs: 1, onRetry: ({ attempt }) => retries.push(attempt) },
    );
    expect([created.provider, created.model]).toEqual([provider, model]);
    expect(await created.complete(request)).toBe("ok");
    expect(retries).toEqual([1]);
    expect(server.requests.map(({ body }) => body.model)).toEqual([model, model]);
  });

  it("is the one that is named", async () => {
    const created = await createModel({
      provider: "anthropic",
      apiKey: "k",
      baseUrl: server.url,
      model: "other",
    });
    await created.complete(request);
    expect(server.requests[0]?.body.model).toBe("other");
  });

  it("waits no longer than it may", async () => {
    server.enqueue({ kind: "hang" });
    const created = await createModel(
      { provider: "openrouter", apiKey: "k", baseUrl: server.url, timeoutMs: 50 },
      { attempts: 1 },
    );
    await expect(created.complete(request)).rejects.toMatchObject({ kind: "timeout" });
  });

  it("offline needs no network", async () => {
    const created = await createModel({ provider: "offline" });
    expect(created.provider).toBe("offline");
    expect(JSON.parse(await created.complete(request))).toHaveProperty("stage");
  });
});
