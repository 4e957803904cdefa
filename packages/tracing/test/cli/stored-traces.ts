import type { TraceRecord } from "../../src/record/record.ts";
import { sampleRecord } from "../support/sample-record.ts";

/** One learn run of eight minutes ago: two agents at the same time, one of which failed, and a late third. */
export const LEARN = "0af7651916cd43dd8448eb211c80319c";
/** A support run of a day before, which shares its first 8 digits with {@link LEARN}. */
export const SUPPORT = "0af7651900000000000000000000abcd";
/** A run that has not ended. */
export const RUNNING = "1bf7651916cd43dd8448eb211c80319d";

export const NOW = new Date("2026-11-24T10:08:00.000Z");

const SPANS = {
  root: "00000000000000a0",
  trainer: "00000000000000a1",
  llm: "00000000000000b2",
  late: "00000000000000a3",
};

interface Timing {
  /** Milliseconds after 10:00. */
  from: number;
  /** Milliseconds it took. */
  took: number;
}

function record(
  traceId: string,
  spanId: string,
  { from, took }: Timing,
  more: Partial<TraceRecord>,
): TraceRecord {
  const start = Date.parse("2026-11-24T10:00:00.000Z") + from;
  return sampleRecord({
    trace_id: traceId,
    span_id: spanId,
    start: new Date(start).toISOString().replace("Z", "000Z"),
    end: new Date(start + took).toISOString().replace("Z", "000Z"),
    duration_us: took * 1_000,
    ...more,
  });
}

const child = (name: string, kind: TraceRecord["kind"], parent: string): Partial<TraceRecord> => ({
  name,
  kind,
  parent_span_id: parent,
  root: 0,
});

export function storedRecords(): TraceRecord[] {
  const owner = { user_id: "7", telegram_id: "42", session_id: "s-1" };
  return [
    record(
      LEARN,
      SPANS.root,
      { from: 0, took: 4_000 },
      {
        ...owner,
        name: "learn",
        status: "error",
        tags: ["beta"],
        error_type: "TimeoutError",
        error_message: "no answer",
        fingerprint: "00000000000000ff",
        input: '{"text":"hello"}',
      },
    ),
    record(LEARN, SPANS.trainer, { from: 0, took: 3_000 }, child("agent:trainer", "agent", SPANS.root)),
    record(
      LEARN,
      SPANS.llm,
      { from: 500, took: 2_000 },
      {
        ...child("llm:openrouter", "llm", SPANS.trainer),
        provider: "openrouter",
        model: "gpt-4o",
        operation: "chat",
        counts_usage: true,
        input_tokens: 1_200,
        output_tokens: 30,
        cost_usd: "0.0125",
        input: '[{"role":"user","content":"What closes a deal?"}]',
        output: '"Patience."',
      },
    ),
    record(LEARN, SPANS.late, { from: 3_500, took: 1_500 }, child("agent:memory", "agent", SPANS.root)),
    record(
      SUPPORT,
      "00000000000000c0",
      { from: -86_400_000, took: 100 },
      {
        pipeline: "support",
        name: "support",
        service: "other",
        user_id: "8",
      },
    ),
    record(
      RUNNING,
      "00000000000000d0",
      { from: 400_000, took: 0 },
      {
        type: "started",
        status: "running",
        pipeline: "train",
        name: "train",
        end: null,
        duration_us: null,
      },
    ),
  ];
}
