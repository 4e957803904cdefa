import { RECORD_FORMAT, type RecordKind, type RootClaim, type TraceRecord } from "../../record/record.ts";
import { formatMicros } from "../../record/time.ts";
import type { Span, TraceDetail } from "../../store/trace-repo.ts";

/**
 * The records of a stored trace's spans, as far as the store gives them back: what a trace has as a whole (owner, tags,
 * scores) stands on its root, as it did when it was captured. A span that has not ended makes none.
 */
export function toRecords(trace: TraceDetail): TraceRecord[] {
  const root = rootOf(trace);
  return trace.spans
    .filter((span) => span.durationMs !== null)
    .map((span) => ({
      ...toRecord(span, trace),
      ...(span === root && {
        root: claimOf(span),
        telegram_id: trace.telegramId,
        user_id: trace.userId,
        session_id: trace.sessionId,
        tags: trace.tags,
        metadata: toJson(trace.metadata),
        scores: trace.scores.length > 0 ? JSON.stringify(trace.scores) : null,
      }),
    }));
}

/** The span that the trace is told by: a pipeline's above all, without a parent if there is one, the earliest of them. */
function rootOf({ spans }: TraceDetail): Span | undefined {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const top = spans.filter(({ parentSpanId }) => parentSpanId === null || !known.has(parentSpanId));
  return top.toSorted((a, b) => claimOf(b) - claimOf(a))[0];
}

function claimOf({ kind, parentSpanId }: Span): RootClaim {
  if (kind === "pipeline") return parentSpanId === null ? 3 : 2;
  return parentSpanId === null ? 1 : 0;
}

function toRecord(span: Span, trace: TraceDetail): TraceRecord {
  const durationUs = Math.round((span.durationMs ?? 0) * 1_000);
  return {
    v: RECORD_FORMAT,
    type: span.status === "interrupted" ? "interrupted" : "span",
    trace_id: trace.traceId,
    span_id: span.spanId,
    parent_span_id: span.parentSpanId,
    root: 0,
    pipeline: trace.pipelineName,
    agent: span.agent,
    service: trace.serviceName,
    name: span.name,
    kind: span.kind as RecordKind,
    status: span.status,
    start: span.startTime,
    end: formatMicros(toMicros(span.startTime) + durationUs),
    duration_us: durationUs,
    telegram_id: null,
    user_id: null,
    session_id: null,
    tags: [],
    metadata: null,
    operation: null,
    provider: span.provider,
    model: span.model,
    input_tokens: span.inputTokens,
    output_tokens: span.outputTokens,
    cost_usd: span.costUsd,
    cost_source: span.costSource,
    counts_usage: false,
    error_type: span.error?.type ?? null,
    error_message: span.error?.message ?? null,
    error_stack: span.error?.stack ?? null,
    fingerprint: null,
    input: toJson(span.input),
    output: toJson(span.output),
    attributes: toJson(span.attributes),
    events: toJson(span.events),
    links: toJson(span.links),
    scores: null,
    clamped: null,
  };
}

function toJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

/** Whole microseconds since the epoch of a time that has six digits of fraction. */
function toMicros(iso: string): number {
  const fraction = /\.\d{3}(\d{3})Z$/.exec(iso)?.[1] ?? "0";
  return Date.parse(iso) * 1_000 + Number(fraction);
}
