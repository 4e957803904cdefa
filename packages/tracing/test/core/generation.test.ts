import { DiagLogLevel, diag } from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toDecimal } from "../../src/conventions/decimal.ts";
import { type Generation, recordGeneration } from "../../src/core/generation.ts";
import { TraceContext } from "../../src/core/trace-context.ts";
import { tracedSpan } from "../../src/core/traced-span.ts";
import { installTestRuntime, type TestRuntime } from "../support/private-runtime.ts";

let runtime: TestRuntime;
let warnings: string[];

beforeEach(() => {
  runtime = installTestRuntime();
  warnings = [];
  const ignore = () => undefined;
  diag.setLogger(
    {
      error: ignore,
      info: ignore,
      debug: ignore,
      verbose: ignore,
      warn: (message) => warnings.push(message),
    },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
});

afterEach(() => {
  diag.disable();
  runtime.undo();
});

const minimal = { provider: "openai", model: "gpt-4o" };

function recorded(generation: Generation) {
  TraceContext.run(
    { pipelineName: "p" },
    tracedSpan("llm:x")(() => recordGeneration(generation)),
  );
  return runtime.spans().at(-2)?.attributes ?? {};
}

describe("recordGeneration", () => {
  it("says on the active span what the model was asked, answered and cost", () => {
    expect(
      recorded({
        provider: "openrouter",
        model: "meta/llama",
        responseModel: "meta/llama-4",
        inputMessages: [{ role: "user", content: "hi" }],
        outputMessages: [{ role: "assistant", content: "hello" }],
        systemInstructions: "be kind",
        usage: { inputTokens: 12, outputTokens: 3, cacheReadTokens: 4, cacheCreationTokens: 0 },
        costUsd: 0.000_001_5,
        finishReasons: ["stop"],
        responseId: "r-1",
        temperature: 0,
        maxTokens: 100,
      }),
    ).toMatchObject({
      "tracing.span.kind": "llm",
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openrouter",
      "gen_ai.request.model": "meta/llama",
      "gen_ai.response.model": "meta/llama-4",
      "gen_ai.input.messages": '[{"role":"user","content":"hi"}]',
      "gen_ai.output.messages": '[{"role":"assistant","content":"hello"}]',
      "gen_ai.system_instructions": '"be kind"',
      "gen_ai.usage.input_tokens": 12,
      "gen_ai.usage.output_tokens": 3,
      "gen_ai.usage.cache_read.input_tokens": 4,
      "gen_ai.usage.cache_creation.input_tokens": 0,
      "tracing.cost.usd": "0.0000015",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.response.id": "r-1",
      "gen_ai.request.temperature": 0,
      "gen_ai.request.max_tokens": 100,
    });
    expect(warnings).toEqual([]);
  });

  it("leaves out what is unknown, and the cost above all", () => {
    const attributes = recorded(minimal);
    expect(Object.keys(attributes).filter((name) => /usage|cost|messages/.test(name))).toEqual([]);
  });

  it.each([
    { usage: { inputTokens: -1 } },
    { usage: { outputTokens: 1.5 } },
    { usage: { cacheReadTokens: Number.NaN } },
    { costUsd: -1 },
    { costUsd: "about 5" },
    { costUsd: Number.POSITIVE_INFINITY },
    { temperature: Number.NaN },
  ])("leaves out %j with a warning", (part) => {
    const attributes = recorded({ ...minimal, ...part });
    expect(Object.keys(attributes).filter((name) => /usage|cost|temperature/.test(name))).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining(Object.keys(part.usage ?? part)[0] ?? "")]);
  });

  it("leaves out messages, but not numbers, when capture of content is switched off", () => {
    runtime.undo();
    runtime = installTestRuntime({ capture: { content: false } });
    const attributes = recorded({ ...minimal, inputMessages: ["secret"], usage: { inputTokens: 1 } });
    expect(JSON.stringify(attributes)).not.toContain("secret");
    expect(attributes["gen_ai.usage.input_tokens"]).toBe(1);
  });

  it("does nothing outside of a span, and never throws", () => {
    recordGeneration(minimal);
    TraceContext.run({ pipelineName: "p" }, () => recordGeneration(undefined as never));
    expect(runtime.spans()).toHaveLength(1);
  });

  it("leaves the operation to itself: a wrapper without a generation is no model call", () => {
    TraceContext.run(
      { pipelineName: "p" },
      tracedSpan("llm:x")(() => 1),
    );
    expect(runtime.span("llm:x").attributes).not.toHaveProperty("gen_ai.operation.name");
  });
});

describe("an amount of money", () => {
  it.each([
    [0.1 + 0.2, "0.3"],
    [1e-7, "0.0000001"],
    [0, "0"],
    [12, "12"],
    [123456.789, "123456.789"],
    [999_999_999_999, "999999999999"],
    [0.1234567890129, "0.123456789013"],
    ["0.10", "0.1"],
    ["007.50", "7.5"],
    [" 3.000000000000001 ", "3"],
    ["1.5e-7", "0.00000015"],
  ])("%j is %s", (amount, text) => {
    expect(toDecimal(amount)).toBe(text);
  });

  it.each([-1, Number.NaN, 1e12, "", "-1", "1,5", "0x10", "1e400", true, {}, null, undefined])(
    "%j is none",
    (amount) => {
      expect(toDecimal(amount)).toBeUndefined();
    },
  );
});
