/**
 * A record is what one line of the spool says and what `tracing.ingest` stores: one span, flat, redacted and bounded.
 *
 * Names are those of the SQL side. Text in `input`, `output`, `attributes`, `events`, `links` and `metadata` is
 * itself JSON, kept as text so that a NUL or a lone surrogate inside can never make Postgres refuse a batch.
 */

/** Version of the record's shape; a schema that does not know it stores nothing and says `unsupported`. */
export const RECORD_FORMAT = 1;

/**
 * - `started`: a trace has been opened; makes it visible as `running`, is no span of its own.
 * - `span`: a span has ended.
 * - `interrupted`: a span never ended because its process did.
 */
export type RecordType = "started" | "span" | "interrupted";

/** What a span did; `pipeline` is a `TraceContext.run`, `client`/`server`/... come from foreign spans without a kind. */
export type RecordKind =
  | "pipeline"
  | "agent"
  | "llm"
  | "tool"
  | "retrieval"
  | "step"
  | "client"
  | "server"
  | "producer"
  | "consumer";

/** The kinds that this library gives; the others are those of foreign spans. */
export const OWN_KINDS: ReadonlySet<unknown> = new Set<RecordKind>([
  "pipeline",
  "agent",
  "llm",
  "tool",
  "retrieval",
  "step",
]);

/**
 * How strongly a span claims to be its trace's root. The highest claim gives the trace its name, owner, status and
 * duration; between equal claims the earliest start does, then the lower span id.
 *
 * 3: opened by `TraceContext.run`, no parent. 2: opened by `TraceContext.run` under a foreign or remote parent.
 * 1: any other span without a parent. 0: no claim.
 */
export type RootClaim = 0 | 1 | 2 | 3;

/** One line of the spool and one row of the store: a span that started, ended or was interrupted. */
export interface TraceRecord {
  v: typeof RECORD_FORMAT;
  type: RecordType;
  /** 32 hex digits. */
  trace_id: string;
  /** 16 hex digits. */
  span_id: string;
  /** 16 hex digits. */
  parent_span_id: string | null;
  root: RootClaim;
  /** The trace's pipeline, on every record, so that rollups are right when a span arrives before its root. */
  pipeline: string | null;
  /** The agent that the span is, or the nearest one it works for. */
  agent: string | null;
  service: string | null;
  name: string;
  kind: RecordKind;
  status: "running" | "ok" | "error" | "interrupted";
  /** ISO 8601 UTC with exactly six digits of fraction; part of the span's identity, frozen when first written. */
  start: string;
  /** Same form as `start`; null while running. */
  end: string | null;
  /** Whole microseconds, at least 0; null while running. */
  duration_us: number | null;
  telegram_id: string | null;
  user_id: string | null;
  session_id: string | null;
  tags: string[];
  /** JSON text of an object. */
  metadata: string | null;
  operation: string | null;
  provider: string | null;
  model: string | null;
  /** Safe integers. */
  input_tokens: number | null;
  output_tokens: number | null;
  /** Decimal text in US dollars; null when unknown, never 0 for unknown. */
  cost_usd: string | null;
  /** `provider`, or the price list and its version. */
  cost_source: string | null;
  /** Whether tokens and cost enter the trace's totals. */
  counts_usage: boolean;
  error_type: string | null;
  error_message: string | null;
  error_stack: string | null;
  /** 16 hex digits; failures with the same cause share it. */
  fingerprint: string | null;
  /** JSON text. */
  input: string | null;
  output: string | null;
  /** JSON text of an object. */
  attributes: string | null;
  /** JSON text of an array of `{ name, time, attributes }`. */
  events: string | null;
  /** JSON text of an array of `{ traceId, spanId, attributes }`. */
  links: string | null;
  /** JSON text of an array of `{ name, value, comment }`; scores given during the run. */
  scores: string | null;
  /** Anything out of range that was brought into range, e.g. `["start"]`; null when nothing was. */
  clamped: string[] | null;
}

/** The JSON text of one {@link TraceRecord}, without a line break: the unit that spool and exporter pass on untouched. */
export type EncodedRecord = string;
