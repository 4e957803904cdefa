import { describe, expect, it } from "vitest";
import { usageOf } from "../../src/record/usage.ts";

const now = new Date("2026-11-24T10:00:00Z");
const current = {
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "openai",
  "gen_ai.request.model": "gpt-4o",
  "gen_ai.response.model": "gpt-4o-2024-08-06",
  "gen_ai.usage.input_tokens": 1_000,
  "gen_ai.usage.output_tokens": 100,
};

describe("usage of a span", () => {
  it("is read by the names of the GenAI conventions", () => {
    expect(usageOf(current, now)).toMatchObject({
      operation: "chat",
      provider: "openai",
      model: "gpt-4o-2024-08-06",
      inputTokens: 1_000,
      outputTokens: 100,
      counts: true,
    });
  });

  it.each([
    [
      "gen_ai.system and prompt tokens",
      {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.prompt_tokens": 1_000,
        "gen_ai.usage.completion_tokens": 100,
      },
    ],
    [
      "the AI SDK",
      {
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.model.provider": "openai",
        "ai.model.id": "gpt-4o",
        "ai.usage.promptTokens": 1_000,
        "ai.usage.completionTokens": 100,
      },
    ],
    [
      "a later AI SDK",
      {
        "ai.operationId": "ai.streamText.doStream",
        "ai.model.provider": "openai",
        "ai.model.id": "gpt-4o",
        "ai.usage.inputTokens": 1_000,
        "ai.usage.outputTokens": 100,
      },
    ],
    [
      "llm.*",
      {
        "llm.request.type": "chat",
        "llm.vendor": "openai",
        "llm.request.model": "gpt-4o",
        "llm.usage.prompt_tokens": 1_000,
        "llm.usage.completion_tokens": 100,
      },
    ],
  ])("is read by older names: %s", (_, attributes) => {
    expect(usageOf(attributes, now)).toMatchObject({
      operation: "chat",
      provider: "openai",
      model: "gpt-4o",
      inputTokens: 1_000,
      outputTokens: 100,
      counts: true,
      costUsd: "0.0035",
    });
  });

  it("takes today's name where both are there, and the older one where today's is empty", () => {
    expect(usageOf({ ...current, "gen_ai.system": "azure" }, now).provider).toBe("openai");
    expect(usageOf({ ...current, "gen_ai.provider.name": "", "gen_ai.system": "azure" }, now).provider).toBe(
      "azure",
    );
  });

  it("is the model asked for when the answer names none", () => {
    const { "gen_ai.response.model": _, ...asked } = current;
    expect(usageOf(asked, now).model).toBe("gpt-4o");
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53, "12", [1]])("has no tokens where they are %j", (tokens) => {
    const usage = usageOf({ ...current, "gen_ai.usage.input_tokens": tokens as number }, now);
    expect(usage).toMatchObject({ inputTokens: null, outputTokens: 100 });
  });

  it("of a span that says nothing is nothing", () => {
    expect(usageOf({}, now)).toEqual({
      operation: null,
      provider: null,
      model: null,
      inputTokens: null,
      outputTokens: null,
      costUsd: null,
      costSource: null,
      counts: false,
    });
  });
});

describe("whether usage counts", () => {
  it.each(["chat", "text_completion", "generate_content", "embeddings"])("%s does", (operation) => {
    expect(usageOf({ ...current, "gen_ai.operation.name": operation }, now).counts).toBe(true);
  });

  it.each(["invoke_agent", "create_agent", "execute_tool", "invoke_workflow", "rerank", "constructor"])(
    "%s does not, and has no cost computed",
    (operation) => {
      const usage = usageOf({ ...current, "gen_ai.operation.name": operation }, now);
      expect(usage).toMatchObject({ counts: false, costUsd: null, costSource: null, inputTokens: 1_000 });
    },
  );

  it("the span around a call of the AI SDK does not, the call inside does", () => {
    const tokens = { "ai.usage.promptTokens": 7, "ai.usage.completionTokens": 1 };
    expect(usageOf({ ...tokens, "ai.operationId": "ai.generateText" }, now).counts).toBe(false);
    expect(usageOf({ ...tokens, "ai.operationId": "ai.generateText.doGenerate" }, now).counts).toBe(true);
  });

  it("a root that restates usage without an operation does not", () => {
    const { "gen_ai.operation.name": _, ...restated } = current;
    expect(usageOf(restated, now)).toMatchObject({ counts: false, costUsd: null });
  });
});

describe("cost", () => {
  it("is what the provider says, before any list", () => {
    expect(usageOf({ ...current, "tracing.cost.usd": "0.02" }, now)).toMatchObject({
      costUsd: "0.02",
      costSource: "provider",
    });
    expect(usageOf({ ...current, "gen_ai.usage.cost": 1e-7 }, now)).toMatchObject({
      costUsd: "0.0000001",
      costSource: "provider",
    });
  });

  it("of nothing is nothing when the provider says so", () => {
    expect(usageOf({ ...current, "tracing.cost.usd": "0" }, now)).toMatchObject({
      costUsd: "0",
      costSource: "provider",
    });
  });

  it.each(["about 5", -1, Number.NaN, "1e99"])("is computed where the provider says %j", (given) => {
    expect(usageOf({ ...current, "tracing.cost.usd": given }, now)).toMatchObject({
      costUsd: "0.0035",
      costSource: expect.stringMatching(/^genai-prices \d+\.\d+\.\d+/),
    });
  });

  it("is unknown, not 0, for a model that the list does not know", () => {
    const usage = usageOf({ ...current, "gen_ai.request.model": "m-1", "gen_ai.response.model": "m-2" }, now);
    expect(usage).toMatchObject({ costUsd: null, costSource: null });
  });

  it.each(["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"])(
    "is unknown when %s is, rather than half of it",
    (name) => {
      const { [name as keyof typeof current]: _, ...half } = current;
      expect(usageOf(half, now).costUsd).toBeNull();
    },
  );

  it("of an embedding needs no output tokens", () => {
    const attributes = {
      "gen_ai.operation.name": "embeddings",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "text-embedding-3-small",
      "gen_ai.usage.input_tokens": 1_000,
    };
    expect(usageOf(attributes, now).costUsd).toBe("0.00002");
  });

  it("counts cached tokens at their own price, under both of their names", () => {
    const model = {
      ...current,
      "gen_ai.provider.name": "anthropic",
      "gen_ai.response.model": "claude-sonnet-4-5",
    };
    const plain = Number(usageOf(model, now).costUsd);
    const read = usageOf({ ...model, "gen_ai.usage.cache_read.input_tokens": 800 }, now);
    const written = usageOf({ ...model, "gen_ai.usage.cache_creation.input_tokens": 800 }, now);
    const older = usageOf({ ...model, "gen_ai.usage.cache_creation_input_tokens": 800 }, now);
    expect(Number(read.costUsd)).toBeLessThan(plain);
    expect(Number(written.costUsd)).toBeGreaterThan(plain);
    expect(older.costUsd).toBe(written.costUsd);
  });
});
