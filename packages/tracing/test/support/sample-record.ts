import { RECORD_FORMAT, type TraceRecord } from "../../src/record/record.ts";

let serial = 0;

/** A valid record of an ended span; every call has ids of its own. */
export function sampleRecord(overrides: Partial<TraceRecord> = {}): TraceRecord {
  serial += 1;
  const hex = serial.toString(16);
  return {
    v: RECORD_FORMAT,
    type: "span",
    trace_id: `a${hex.padStart(31, "0")}`,
    span_id: `b${hex.padStart(15, "0")}`,
    parent_span_id: null,
    root: 3,
    pipeline: "learn",
    service: "bot",
    name: `span ${serial}`,
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
