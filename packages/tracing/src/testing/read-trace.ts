import type { RecordType, TraceRecord } from "../record/record.ts";
import type { Score, Span, TraceDetail, TraceSummary } from "../store/shapes.ts";
import { toDetail } from "../store/stored-shapes.ts";
import { sumDecimals } from "./sum-decimals.ts";

const RANKS: Readonly<Record<RecordType, number>> = { started: 0, interrupted: 1, span: 2 };

/**
 * A trace as the repository returns it, from the records that would be stored of it: the rules are those of
 * `tracing.ingest` and `tracing.get_trace`.
 *
 * Beyond these, each span that has only started is shown as running, not the root alone.
 *
 * @param order Tells which of two spans came first that started in the same microsecond.
 */
export function readTrace(records: readonly TraceRecord[], order: ReadonlyMap<string, number>): TraceDetail {
  const byClaim = [...records].sort(
    (a, b) =>
      b.root - a.root ||
      compare(a.start, b.start) ||
      compare(a.span_id, b.span_id) ||
      RANKS[b.type] - RANKS[a.type],
  );
  const [header] = byClaim;
  if (header === undefined) throw new RangeError("A trace has at least one record.");
  const ended = records.filter(({ type }) => type !== "started");
  const endedIds = new Set(ended.map(({ span_id }) => span_id));
  const running = records.filter(({ type, span_id }) => type === "started" && !endedIds.has(span_id));
  const position = ({ span_id }: TraceRecord) => order.get(span_id) ?? 0;
  const shown = [...ended, ...running].sort((a, b) => compare(a.start, b.start) || position(a) - position(b));
  const summary = toSummaryOf(header, records, ended);
  return toDetail({ ...summary, rootSpanId: header.span_id, spans: shown.map(toStoredSpan) });
}

function toSummaryOf(
  header: TraceRecord,
  records: readonly TraceRecord[],
  ended: readonly TraceRecord[],
): TraceSummary {
  const isRoot = header.root > 0;
  const counted = ended.filter((record) => record.counts_usage);
  return {
    traceId: header.trace_id,
    pipelineName: header.pipeline,
    status: isRoot ? header.status : "running",
    startTime: header.start,
    durationMs: isRoot ? toMs(header.duration_us) : null,
    telegramId: header.telegram_id,
    userId: header.user_id,
    sessionId: header.session_id,
    tags: header.tags,
    // Text that holds JSON, as the schema answers.
    metadata: header.metadata as unknown as TraceSummary["metadata"],
    serviceName: header.service,
    spanCount: ended.length,
    errorCount: ended.filter((record) => record.status === "error").length,
    models: [...new Set(ended.flatMap(({ model }) => model ?? []))].sort(),
    inputTokens: sum(counted.map((record) => record.input_tokens)),
    outputTokens: sum(counted.map((record) => record.output_tokens)),
    costUsd: sumDecimals(counted.flatMap(({ cost_usd }) => cost_usd ?? [])),
    error:
      isRoot && (header.error_type !== null || header.error_message !== null)
        ? { type: header.error_type, message: header.error_message }
        : null,
    scores: scoresOf(records),
  };
}

/** One a name, by name; the later one stands. */
function scoresOf(records: readonly TraceRecord[]): Score[] {
  const scores = records.flatMap(({ root, scores: json }) =>
    root > 0 && json !== null ? (JSON.parse(json) as Score[]) : [],
  );
  const latest = new Map(scores.map((score) => [score.name, score]));
  return [...latest.values()].sort((a, b) => compare(a.name, b.name));
}

function toStoredSpan(record: TraceRecord): Span {
  return {
    spanId: record.span_id,
    parentSpanId: record.parent_span_id,
    name: record.name,
    kind: record.kind,
    status: record.status,
    startTime: record.start,
    durationMs: toMs(record.duration_us),
    input: record.input,
    output: record.output,
    // What the store keeps of a root that runs is less than its record has.
    agent: record.type === "started" ? null : record.agent,
    provider: record.provider,
    model: record.model,
    inputTokens: record.input_tokens,
    outputTokens: record.output_tokens,
    costUsd: record.cost_usd,
    costSource: record.cost_source,
    error:
      record.status === "error"
        ? { type: record.error_type, message: record.error_message, stack: record.error_stack }
        : null,
    // Texts that hold JSON, as the schema answers.
    attributes: record.attributes as unknown as Span["attributes"],
    events: record.events as unknown as Span["events"],
    links: (record.type === "started" ? null : record.links) as unknown as Span["links"],
  };
}

function toMs(micros: number | null): number | null {
  return micros === null ? null : micros / 1000;
}

function sum(counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null);
  return known.length === 0 ? null : known.reduce((total, count) => total + count, 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
