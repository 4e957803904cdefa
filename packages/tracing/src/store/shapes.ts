/** What the repository returns: ids are hex, times ISO 8601 UTC, durations milliseconds, money decimal text. */

/** A trace's is its root's; `interrupted` is one whose process ended before it did. */
export type TraceStatus = "running" | "ok" | "error" | "interrupted";

/** A judgement on a whole trace; a trace has one score of a name. */
export interface Score {
  /** What was judged, e.g. `helpful`. */
  name: string;
  /** In whatever scale the name stands for. */
  value: number | string | boolean;
  /** Why, in words. */
  comment?: string | null;
}

/** A trace without its content, as lists show it. */
export interface TraceSummary {
  /** 32 hex digits. */
  traceId: string;
  /** What ran; null until a run of it has been stored. */
  pipelineName: string | null;
  /** Its root's. */
  status: TraceStatus;
  /** ISO 8601 UTC, to the microsecond. */
  startTime: string;
  /** Its root's, in milliseconds; null while it runs or when it was interrupted. */
  durationMs: number | null;
  /** As the run was given it. */
  telegramId: string | null;
  /** As the run was given it. */
  userId: string | null;
  /** As the run was given it. */
  sessionId: string | null;
  /** Of the run and of runs inside of it. */
  tags: string[];
  /** As the run was given it, redacted and bounded. */
  metadata: Record<string, unknown> | null;
  /** The service that opened it. */
  serviceName: string | null;
  /** Spans stored so far, the root among them. */
  spanCount: number;
  /** Failed spans, recovered ones among them. */
  errorCount: number;
  /** Models that were asked, each once. */
  models: string[];
  /** Of all model calls; null when none told. */
  inputTokens: number | null;
  /** Of all model calls; null when none told. */
  outputTokens: number | null;
  /** US dollars as decimal text, of all model calls whose cost is known; null when none is. */
  costUsd: string | null;
  /** What its root failed with. */
  error: { type: string | null; message: string | null } | null;
  /** The latest of each name. */
  scores: Score[];
}

/** Something that happened at one moment of a span, such as an exception. */
export interface SpanEvent {
  /** E.g. `exception`. */
  name: string;
  /** ISO 8601 UTC. */
  time: string;
  /** Redacted and bounded. */
  attributes: Record<string, unknown>;
}

/** A span elsewhere that this one has to do with. */
export interface SpanLink {
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits. */
  spanId: string;
  /** Redacted and bounded. */
  attributes: Record<string, unknown>;
}

/** One step of a trace, whole. */
export interface Span {
  /** 16 hex digits. */
  spanId: string;
  /** Null for the root, or the remote parent's. */
  parentSpanId: string | null;
  /** E.g. `agent:trainer`. */
  name: string;
  /** `pipeline`, `agent`, `llm`, `tool`, `retrieval` or `step`. */
  kind: string;
  /** `running` only for a root that has not ended. */
  status: TraceStatus;
  /** ISO 8601 UTC, to the microsecond. */
  startTime: string;
  /** Milliseconds; null while it runs or when it was interrupted. */
  durationMs: number | null;
  /** What it was given, redacted and bounded; null when that is not kept. */
  input: unknown;
  /** What it returned, redacted and bounded; null when that is not kept. */
  output: unknown;
  /** The agent that the span is, or works for. */
  agent: string | null;
  /** Who was asked, for a model call. */
  provider: string | null;
  /** The model that answered, else the one that was asked for. */
  model: string | null;
  /** As the provider told. */
  inputTokens: number | null;
  /** As the provider told. */
  outputTokens: number | null;
  /** US dollars as decimal text; null when unknown. */
  costUsd: string | null;
  /** `provider`, or the price list and its date; null when the cost is unknown. */
  costSource: string | null;
  /** What it failed with. */
  error: { type: string | null; message: string | null; stack: string | null } | null;
  /** All others, under their OpenTelemetry names, redacted and bounded. */
  attributes: Record<string, unknown>;
  /** In their order. */
  events: SpanEvent[];
  /** In their order. */
  links: SpanLink[];
}

/** A whole trace, with its content and spans. */
export interface TraceDetail extends TraceSummary {
  /** What the root was given and returned. */
  input: unknown;
  /** What the root returned; null when that is not kept. */
  output: unknown;
  /** By start; the root is among them. */
  spans: Span[];
}

/** All conditions hold together; ids are compared as text. */
export interface ListFilter {
  /** Exactly this pipeline. */
  pipelineName?: string | undefined;
  /** Exactly this status. */
  status?: TraceStatus | undefined;
  /** Exactly this id. */
  telegramId?: string | number | bigint | undefined;
  /** Exactly this id. */
  userId?: string | number | bigint | undefined;
  /** Exactly this session. */
  sessionId?: string | undefined;
  /** Exactly this service. */
  serviceName?: string | undefined;
  /** Asked this model, perhaps among others. */
  model?: string | undefined;
  /** Has this tag, perhaps among others. */
  tag?: string | undefined;
  /** Started at or after this time. */
  since?: string | Date | undefined;
  /** Started before this time. */
  until?: string | Date | undefined;
  /** Took at least so long. */
  minDurationMs?: number | undefined;
  /** Took at most so long. */
  maxDurationMs?: number | undefined;
  /** Cost at least so many US dollars. */
  minCostUsd?: number | string | undefined;
  /** Looked for in names, errors, inputs and outputs, newest first, within two seconds a page. */
  text?: string | undefined;
  /** 1 to 500. @default 50 */
  limit?: number | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
}

/** One page of a list. */
export interface TracePage {
  /** The newest first. */
  traces: TraceSummary[];
  /** What the next page is asked for with; null when this is the last. */
  nextCursor: string | null;
}

/** What statistics are of; all of it holds together. */
export interface StatsFilter {
  /** Exactly this pipeline. */
  pipelineName?: string | undefined;
  /** Ended at or after this time. */
  since?: string | Date | undefined;
  /** Ended before this time. */
  until?: string | Date | undefined;
  /** Width of a step in `byTime`, in UTC. @default "hour" for the last two days, else "day" */
  bucket?: "hour" | "day" | undefined;
}

/** Which failures are grouped; all of it holds together. */
export interface ErrorFilter {
  /** Exactly this pipeline. */
  pipelineName?: string | undefined;
  /** Happened at or after this time. */
  since?: string | Date | undefined;
  /** Happened before this time. */
  until?: string | Date | undefined;
  /** 1 to 500. @default 50 */
  limit?: number | undefined;
}

/** What is erased; all of it holds together, and at least one condition is needed. */
export interface DeleteFilter {
  /** 32 hex digits. */
  traceId?: string | undefined;
  /** Every trace of this user. */
  userId?: string | number | bigint | undefined;
  /** Every trace of this Telegram id. */
  telegramId?: string | number | bigint | undefined;
  /** Started before this time. */
  before?: string | Date | undefined;
  /** Counts what would go, and deletes nothing. */
  dryRun?: boolean | undefined;
  /** Days for which what comes late of an erased user or trace is not stored; of an age alone nothing is remembered. @default 30 */
  rememberDays?: number | undefined;
}

/**
 * What ended in a period. `count`, errors and percentiles are of pipeline runs, agent calls or model calls; `spanCount`,
 * tokens and cost are of everything done for them. Runs that still go on are not counted.
 */
export interface Figures {
  /** Runs or calls. */
  count: number;
  /** Those that failed. */
  errors: number;
  /** 0 to 1, four decimals. */
  errorRate: number;
  /** Median duration in milliseconds; null when nothing ended. */
  p50Ms: number | null;
  /** Milliseconds. */
  p95Ms: number | null;
  /** Milliseconds. */
  p99Ms: number | null;
  /** Spans of all kinds below. */
  spanCount: number;
  /** Null when none told. */
  inputTokens: number | null;
  /** Null when none told. */
  outputTokens: number | null;
  /** US dollars as decimal text; null when no cost is known. */
  costUsd: string | null;
}

/** Figures of a period, whole and by what they can be divided by. */
export interface TraceStats extends Figures {
  /** `histogram`: more than 20,000 spans; percentiles are within 5 %, everything else is exact all the same. */
  percentiles: "exact" | "histogram";
  /** Width of a step in `byTime`. */
  bucket: "hour" | "day";
  /** The oldest first; each `time` is the start of its step. */
  byTime: (Figures & { time: string })[];
  /** By name. */
  byPipeline: (Figures & { pipelineName: string })[];
  /** By name. */
  byAgent: (Figures & { agent: string })[];
  /** By name. */
  byModel: (Figures & { model: string })[];
}

/** Failures of one cause. */
export interface ErrorGroup {
  /** The same for failures with the same name, type and message, quoted parts, numbers and ids left out. */
  fingerprint: string;
  /** How often. */
  count: number;
  /** ISO 8601 UTC. */
  lastSeen: string;
  /** The span that failed. */
  name: string;
  /** `error.type`. */
  type: string | null;
  /** Of the latest. */
  message: string | null;
  /** The latest trace it happened in. */
  traceId: string;
}
