import { randomBytes } from "node:crypto";
import { RECORD_FORMAT, type TraceRecord } from "../record/record.ts";

/** A valid record of an ended root span that took 1.5 s; every call has ids of its own. */
export function sampleRecord(overrides: Partial<TraceRecord> = {}): TraceRecord {
  return {
    v: RECORD_FORMAT,
    type: "span",
    trace_id: randomId(16),
    span_id: randomId(8),
    parent_span_id: null,
    root: 3,
    pipeline: "learn",
    agent: null,
    service: "bot",
    name: "learn",
    kind: "pipeline",
    status: "ok",
    start: "2026-11-24T10:00:00.000001Z",
    end: "2026-11-24T10:00:01.500001Z",
    duration_us: 1_500_000,
    telegram_id: null,
    user_id: null,
    session_id: null,
    tags: [],
    metadata: null,
    operation: null,
    provider: null,
    model: null,
    input_tokens: null,
    output_tokens: null,
    cost_usd: null,
    cost_source: null,
    counts_usage: false,
    error_type: null,
    error_message: null,
    error_stack: null,
    fingerprint: null,
    input: null,
    output: null,
    attributes: null,
    events: null,
    links: null,
    scores: null,
    clamped: null,
    ...overrides,
  };
}

/** A record of a model call under `root`, which by default counts 10 tokens in, 2 out, and a tenth of a cent. */
export function sampleModelCall(root: TraceRecord, overrides: Partial<TraceRecord> = {}): TraceRecord {
  return sampleRecord({
    trace_id: root.trace_id,
    parent_span_id: root.span_id,
    root: 0,
    pipeline: root.pipeline,
    name: "llm:local",
    kind: "llm",
    start: root.start,
    operation: "chat",
    provider: "local",
    model: "small",
    input_tokens: 10,
    output_tokens: 2,
    cost_usd: "0.001",
    counts_usage: true,
    ...overrides,
  });
}

/** What a root says of itself while it runs, and when its process died before it ended. */
export function unfinished(root: TraceRecord): { started: TraceRecord; interrupted: TraceRecord } {
  const started: TraceRecord = { ...root, type: "started", status: "running", end: null, duration_us: null };
  return {
    started,
    // Long content is not kept for the case of death.
    interrupted: { ...root, type: "interrupted", status: "interrupted", input: null, clamped: ["input"] },
  };
}

function randomId(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}
