import type { Span, TraceDetail } from "@app/tracing";
import { describe, expect, it } from "vitest";
import { toTraceTree } from "../../../src/handlers/admin/trace-tree.ts";

const START = "2026-11-24T10:00:00.000000Z";

function span(spanId: string, parentSpanId: string | null, overrides: Partial<Span> = {}): Span {
  return {
    spanId,
    parentSpanId,
    name: `agent:${spanId}`,
    kind: "agent",
    status: "ok",
    startTime: START,
    durationMs: 100,
    input: null,
    output: null,
    agent: null,
    provider: null,
    model: null,
    inputTokens: null,
    outputTokens: null,
    costUsd: null,
    costSource: null,
    error: null,
    attributes: {},
    events: [],
    links: [],
    ...overrides,
  };
}

const root = span("root", null, { name: "support", kind: "pipeline", durationMs: 12_345 });

function tree(spans: Span[], overrides: Partial<TraceDetail> = {}): string[] {
  const trace: TraceDetail = {
    traceId: "a".repeat(32),
    pipelineName: "support",
    status: "ok",
    startTime: START,
    durationMs: 12_345,
    telegramId: null,
    userId: null,
    sessionId: null,
    tags: [],
    metadata: null,
    serviceName: null,
    spanCount: spans.length,
    errorCount: 0,
    models: [],
    inputTokens: null,
    outputTokens: null,
    costUsd: null,
    error: null,
    scores: [],
    input: null,
    output: null,
    spans,
    ...overrides,
  };
  return toTraceTree(trace).split("\n");
}

describe("toTraceTree", () => {
  it("draws who called whom, on a phone's width", () => {
    const usage = { inputTokens: 1_234, outputTokens: 456, costUsd: "0.0123" };
    const lines = tree([
      root,
      span("signals", "root"),
      span("model", "signals", { ...usage, name: "llm:openrouter" }),
      span("memory", "root", { startTime: "2026-11-24T10:00:13.000000Z", durationMs: 900 }),
    ]);
    expect(lines).toEqual([
      "support                       12.3 s",
      "├ agent:signals               100 ms",
      "│ └ llm:openrouter            100 ms",
      "│     1.23K/456, $0.0123",
      "└ agent:memory                900 ms",
      "    late +1.55 s",
    ]);
  });

  it("says what is not well with a step, on at most two lines' worth", () => {
    const error = { type: "ModelError", message: "429: ".padEnd(200, "busy "), stack: null };
    const lines = tree([root, span("trainer", "root", { status: "error", error })]);
    expect(lines[2]).toBe("    error");
    expect(lines[3]).toMatch(/^ {4}! ModelError: 429: busy busy.+…$/);
    expect(lines[3]?.length).toBe(4 + 64);
    expect(tree([span("lost", "gone")])[1]).toBe("  parent missing");
  });

  it("cuts long names, and does not go on to the right for ever", () => {
    const deep = Array.from({ length: 30 }, (_, index) =>
      span(`s${index}`, index === 0 ? "root" : `s${index - 1}`, {
        name: "a step whose name is far too long",
      }),
    );
    const lines = tree([root, ...deep]);
    expect(lines).toHaveLength(31);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(36);
    expect(lines[30]).toContain("a step");
  });

  it("draws every span once, also when the ancestry is a circle", () => {
    const lines = tree([root, span("a", "b"), span("b", "a")]);
    expect(lines.filter((line) => line.includes("agent:"))).toHaveLength(2);
  });

  it("leaves out what no longer fits into a few messages, and counts it", () => {
    const steps = Array.from({ length: 500 }, (_, index) => span(`s${index}`, "root"));
    expect(tree([root, ...steps]).slice(-2)).toEqual([
      "261 more of 501 spans:",
      "`tracing show` has them all.",
    ]);
  });
});
