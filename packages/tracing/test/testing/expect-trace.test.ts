import { AssertionError } from "node:assert";
import { describe, expect, it } from "vitest";
import type { Span, TraceDetail } from "../../src/index.ts";
import { encodeRecord, expectTrace, sampleModelCall, sampleRecord } from "../../src/testing/index.ts";
import { readTrace } from "../../src/testing/read-trace.ts";

const root = sampleRecord();
const below = (name: string, overrides: object = {}) =>
  sampleRecord({
    trace_id: root.trace_id,
    parent_span_id: root.span_id,
    root: 0,
    kind: "step",
    name,
    ...overrides,
  });
const trainer = below("agent:trainer", { kind: "agent" });
const failed = sampleModelCall(root, {
  parent_span_id: trainer.span_id,
  status: "error",
  error_type: "RateLimitError",
  error_message: "429 Too Many Requests",
  input: JSON.stringify({ prompt: "hello", options: { temperature: 0 } }),
  input_tokens: null,
  output_tokens: null,
  cost_usd: null,
});
const answered = sampleModelCall(root, {
  parent_span_id: trainer.span_id,
  input: JSON.stringify(["hello", 1]),
});
const saved = below("tool:save", { kind: "tool" });

/** A trace of these records, which began in this order. */
function traceOf(...records: (typeof root)[]): TraceDetail {
  const order = new Map(records.map((record, index) => [record.span_id, index]));
  return readTrace(
    records.map((record) => JSON.parse(encodeRecord(record)) as typeof root),
    order,
  );
}
const trace = traceOf(root, trainer, failed, answered, saved);

/** What the assertion throws. */
function failureOf(assertion: () => unknown): AssertionError {
  try {
    assertion();
  } catch (error) {
    if (error instanceof AssertionError) return error;
    throw error;
  }
  throw new Error("The assertion holds.");
}

const TREE = `learn
  agent:trainer
    llm:local [error] (small)
    llm:local (small, 10/2 tokens, $0.001)
  tool:save`;

describe("toHaveTree", () => {
  it.each([
    ["learn\n  agent:trainer\n    llm:local\n    llm:local\n  tool:save"],
    ["\n      learn > agent:trainer\n              llm:local [error]\n              llm:local [ok]\n"],
  ])("refuses or takes the text %j", (text) => {
    if (text.includes("save")) expectTrace(trace).toHaveTree(text);
    else expect(() => expectTrace(trace).toHaveTree(text)).toThrow("+   tool:save");
  });

  it("takes literals, and children in any order where that is said", () => {
    const calls = ["llm:local", { name: "llm:local", status: "error" as const }];
    const tree = {
      name: "learn",
      order: "any" as const,
      children: ["tool:save", { name: "agent:trainer", children: calls, order: "any" as const }],
    };
    expectTrace(trace).toHaveTree(tree).toHaveTree([tree]);
    expectTrace(trace).toHaveTree(`
      learn [any order]
        tool:save
        agent:trainer [any order]
          llm:local
          llm:local [error]
    `);
    expect(() => expectTrace(trace).toHaveTree({ ...tree, order: "start" })).toThrow(AssertionError);
  });

  it("shows as different only what is", () => {
    const error = failureOf(() =>
      expectTrace(trace).toHaveTree(`
        learn [any order]
          tool:save
          agent:trainer
            llm:local [ok]
            llm:remote
      `),
    );
    expect(error.message).toBe(`The trace learn has another tree (- expected, + actual):

  learn [any order]
    tool:save
    agent:trainer
+     llm:local [error]
      llm:local
-     llm:remote`);
    expect(error).toMatchObject({
      operator: "toHaveTree",
      expected: "learn [any order]\n  tool:save\n  agent:trainer\n    llm:local\n    llm:remote",
      actual: "learn [any order]\n  tool:save\n  agent:trainer\n    llm:local [error]\n    llm:local",
    });
  });

  it("points at the line of the test", () => {
    const error = failureOf(() => expectTrace(trace).toHaveTree("learn"));
    expect(error.stack?.split("\n    at ")[1]).toContain("expect-trace.test.ts");
  });

  it.each([
    ["", "tree is"],
    ["learn\n    a\n  b", "Line 3 of the tree is indented like no line above it."],
    [[], "tree is an array"],
    [{ name: "learn", status: "fine" }, "the status of learn is"],
  ])("refuses %j, which is no tree", (tree, message) => {
    expect(() => expectTrace(trace).toHaveTree(tree as string)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: expect.stringContaining(message) }),
    );
  });
});

describe("toHaveEnded and toHaveNoOrphans", () => {
  it("hold for a whole trace, and name what is open or lost", () => {
    expectTrace(trace).toHaveEnded().toHaveNoOrphans();
    const open = traceOf(root, {
      ...trainer,
      type: "started",
      status: "running",
      end: null,
      duration_us: null,
    });
    expect(() => expectTrace(open).toHaveEnded()).toThrow(
      "The trace learn has not ended: agent:trainer is still open.\n\nlearn\n  agent:trainer [running]",
    );
    const lost = traceOf(root, answered, saved);
    expect(() => expectTrace(lost).toHaveNoOrphans()).toThrow(
      "whose parent is not in it: llm:local.\n\nlearn\n  tool:save\nllm:local [orphan] (small",
    );
    const rootless = traceOf(trainer, answered);
    expect(() => expectTrace(rootless).toHaveEnded()).toThrow("has not ended: its root is still open");
  });
});

describe("toHaveStatus and toHaveNoErrors", () => {
  it("tell a failed run from a failure that was recovered from", () => {
    expectTrace(trace).toHaveStatus("ok");
    expect(failureOf(() => expectTrace(trace).toHaveNoErrors()).message).toBe(
      `The trace learn has failed spans: llm:local: RateLimitError: 429 Too Many Requests.\n\n${TREE}`,
    );
    const run = traceOf({ ...root, status: "error", error_type: "TypeError", error_message: "No x." });
    expect(failureOf(() => expectTrace(run).toHaveStatus("ok"))).toMatchObject({
      message: "The trace learn is error (TypeError: No x.), not ok.\n\nlearn [error]",
      actual: "error",
      expected: "ok",
    });
  });
});

describe("toHaveModelCalls and toHaveSpan", () => {
  it("count every attempt, or those that are alike", () => {
    expectTrace(trace).toHaveModelCalls(2).toHaveModelCalls(1, { status: "ok", model: "small" });
    expect(failureOf(() => expectTrace(trace).toHaveModelCalls(1)).message).toBe(
      `The trace learn has 2 model calls, not 1.\n\n${TREE}`,
    );
  });

  it("take parts of members, expressions, predicates and matchers", () => {
    expectTrace(trace)
      .toHaveSpan("llm:local", { status: "error", input: { options: { temperature: 0 } } })
      .toHaveSpan("llm:local", { input: ["hello", expect.any(Number)] })
      .toHaveSpan(/^llm:/, { error: { message: /^429/ } })
      .toHaveSpan("tool:save", { durationMs: (ms: number) => ms === 1_500 });
  });

  it("show how the closest span differs", () => {
    const like = { status: "error", input: { prompt: "bye" }, error: { message: /^429/ } };
    const error = failureOf(() => expectTrace(trace).toHaveSpan("llm:local", like));
    expect(error.message).toBe(`The trace learn has 2 spans named llm:local, and none like this.

The closest one:
+ actual - expected

  {
    error: {
      message: /^429/
    },
    input: {
+     prompt: 'hello'
-     prompt: 'bye'
    },
    status: 'error'
  }

${TREE}`);
    expect(error).toMatchObject({ expected: like, actual: { input: { prompt: "hello" } } });
    expect(() => expectTrace(trace).toHaveSpan("llm:other")).toThrow(
      `The trace learn has no span named llm:other.\n\n${TREE}`,
    );
  });
});

describe("toMatch", () => {
  it("looks at the trace's own members", () => {
    expectTrace(trace).toMatch({ pipelineName: "learn", errorCount: 1, models: ["small"] });
    expect(() => expectTrace(trace).toMatch({ spanCount: 4 })).toThrow("+   spanCount: 5\n-   spanCount: 4");
  });
});

describe("toCostLessThan and toHaveTokensBelow", () => {
  it("compare exactly", () => {
    expectTrace(trace).toCostLessThan("0.001000000001").toCostLessThan(0.01);
    expect(failureOf(() => expectTrace(trace).toCostLessThan("0.001")).message).toBe(
      `The trace learn cost $0.001, which is not less than $0.001.\n\n${TREE}`,
    );
    expectTrace(trace).toHaveTokensBelow(13).toHaveTokensBelow({ input: 11, output: 3 });
    expect(() => expectTrace(trace).toHaveTokensBelow(12)).toThrow("took 12 tokens, not fewer than 12");
    expect(() => expectTrace(trace).toHaveTokensBelow({ output: 2 })).toThrow("took 2 output tokens");
    expect(() => expectTrace(trace).toCostLessThan("cheap")).toThrow("usd is");
  });

  it.each<[string, Partial<Span>]>([
    ["no price is known of small, and llm:local recorded no costUsd", {}],
    ["llm:local recorded no tokens of small", { inputTokens: null }],
    ["llm:local recorded no generation", { model: null }],
  ])("fail when it is not known: %s", (reason, part) => {
    const spans = trace.spans.map((span) =>
      span.kind === "llm" && span.status === "ok" ? { ...span, costUsd: null, ...part } : span,
    );
    // The sum of what is known says nothing about the whole.
    expect(() => expectTrace({ ...trace, spans }).toCostLessThan("1")).toThrow(
      `has an unknown cost: ${reason}.`,
    );
  });

  it("fail when no model was called", () => {
    const idle = expectTrace(traceOf(root));
    expect(() => idle.toCostLessThan("1")).toThrow("unknown cost: no call of a model in it recorded a cost");
    expect(() => idle.toHaveTokensBelow(1)).toThrow("has an unknown number of tokens");
  });
});

it("refuses what is no trace", () => {
  const nothing: TraceDetail | null = null;
  expect(() => expectTrace(nothing as unknown as TraceDetail)).toThrow("trace is null; accepted: a trace of");
});
