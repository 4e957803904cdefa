import type { Span, TraceDetail, TraceSummary } from "../../src/store/trace-repo.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
export const START = Date.parse("2026-11-24T09:00:00.000Z");

/** `atMs` milliseconds after {@link START}. */
export function isoAt(atMs: number): string {
  return new Date(START + atMs).toISOString();
}

export function sampleTrace(overrides: Partial<TraceDetail> = {}): TraceDetail {
  return {
    traceId: TRACE_ID,
    pipelineName: "learn",
    status: "ok",
    startTime: isoAt(0),
    durationMs: 4_000,
    telegramId: "42",
    userId: "7",
    sessionId: null,
    tags: [],
    metadata: {},
    serviceName: "bot",
    spanCount: overrides.spans?.length ?? 0,
    errorCount: 0,
    models: [],
    inputTokens: null,
    outputTokens: null,
    costUsd: null,
    error: null,
    scores: [],
    input: null,
    output: null,
    spans: [],
    ...overrides,
  };
}

export function sampleSummary(overrides: Partial<TraceSummary> = {}): TraceSummary {
  const { input: _input, output: _output, spans: _spans, ...summary } = sampleTrace();
  return { ...summary, ...overrides };
}

/** A span named `name` that runs from `fromMs` to `toMs` after {@link START}; its id is derived from `name`. */
export function sampleSpan(
  name: string,
  [fromMs, toMs]: readonly [number, number | null],
  overrides: Partial<Span> = {},
): Span {
  return {
    spanId: spanId(name),
    parentSpanId: null,
    name,
    kind: "step",
    status: "ok",
    startTime: isoAt(fromMs),
    durationMs: toMs === null ? null : toMs - fromMs,
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

export function spanId(name: string): string {
  return Buffer.from(name.slice(0, 8).padEnd(8, "\0")).toString("hex").slice(0, 16);
}
