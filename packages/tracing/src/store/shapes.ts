/** What the repository returns: ids are hex, times ISO 8601 UTC, durations milliseconds, money decimal text. */

export type TraceStatus = "running" | "ok" | "error" | "interrupted";

export interface Score {
  name: string;
  value: number | string | boolean;
  comment?: string | null;
}

export interface TraceSummary {
  traceId: string;
  pipelineName: string | null;
  status: TraceStatus;
  startTime: string;
  durationMs: number | null;
  telegramId: string | null;
  userId: string | null;
  sessionId: string | null;
  tags: string[];
  metadata: Record<string, unknown> | null;
  serviceName: string | null;
  spanCount: number;
  errorCount: number;
  models: string[];
  inputTokens: number | null;
  outputTokens: number | null;
  costUsd: string | null;
  error: { type: string | null; message: string | null } | null;
  scores: Score[];
}

export interface SpanEvent {
  name: string;
  time: string;
  attributes: Record<string, unknown>;
}

export interface SpanLink {
  traceId: string;
  spanId: string;
  attributes: Record<string, unknown>;
}

export interface Span {
  spanId: string;
  parentSpanId: string | null;
  name: string;
  kind: string;
  status: TraceStatus;
  startTime: string;
  durationMs: number | null;
  input: unknown;
  output: unknown;
  /** The agent that the span is, or works for. */
  agent: string | null;
  provider: string | null;
  model: string | null;
  inputTokens: number | null;
  outputTokens: number | null;
  costUsd: string | null;
  /** `provider`, or the price list and its date; null when the cost is unknown. */
  costSource: string | null;
  error: { type: string | null; message: string | null; stack: string | null } | null;
  attributes: Record<string, unknown>;
  events: SpanEvent[];
  links: SpanLink[];
}

export interface TraceDetail extends TraceSummary {
  /** What the root was given and returned. */
  input: unknown;
  output: unknown;
  /** By start; the root is among them. */
  spans: Span[];
}

/** All conditions hold together; ids are compared as text. */
export interface ListFilter {
  pipelineName?: string | undefined;
  status?: TraceStatus | undefined;
  telegramId?: string | number | bigint | undefined;
  userId?: string | number | bigint | undefined;
  sessionId?: string | undefined;
  serviceName?: string | undefined;
  model?: string | undefined;
  tag?: string | undefined;
  since?: string | Date | undefined;
  until?: string | Date | undefined;
  minDurationMs?: number | undefined;
  maxDurationMs?: number | undefined;
  minCostUsd?: number | string | undefined;
  /** Looked for in names, errors, inputs and outputs, newest first, within two seconds a page. */
  text?: string | undefined;
  /** 1 to 500. @default 50 */
  limit?: number | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
}

export interface TracePage {
  traces: TraceSummary[];
  nextCursor: string | null;
}

export interface StatsFilter {
  pipelineName?: string | undefined;
  since?: string | Date | undefined;
  until?: string | Date | undefined;
  /** Width of a step in `byTime`, in UTC. @default "hour" for the last two days, else "day" */
  bucket?: "hour" | "day" | undefined;
}

export interface ErrorFilter {
  pipelineName?: string | undefined;
  since?: string | Date | undefined;
  until?: string | Date | undefined;
  /** 1 to 500. @default 50 */
  limit?: number | undefined;
}

export interface DeleteFilter {
  traceId?: string | undefined;
  userId?: string | number | bigint | undefined;
  telegramId?: string | number | bigint | undefined;
  before?: string | Date | undefined;
  /** Counts what would go, and deletes nothing. */
  dryRun?: boolean | undefined;
}

/**
 * What ended in a period. `count`, errors and percentiles are of pipeline runs, agent calls or model calls; `spanCount`,
 * tokens and cost are of everything done for them. Runs that still go on are not counted.
 */
export interface Figures {
  count: number;
  errors: number;
  /** 0 to 1, four decimals. */
  errorRate: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  spanCount: number;
  inputTokens: number | null;
  outputTokens: number | null;
  costUsd: string | null;
}

export interface TraceStats extends Figures {
  /** `histogram`: more than 20,000 spans; percentiles are within 5 %, everything else is exact all the same. */
  percentiles: "exact" | "histogram";
  bucket: "hour" | "day";
  byTime: (Figures & { time: string })[];
  byPipeline: (Figures & { pipelineName: string })[];
  byAgent: (Figures & { agent: string })[];
  byModel: (Figures & { model: string })[];
}

export interface ErrorGroup {
  fingerprint: string;
  count: number;
  lastSeen: string;
  name: string;
  type: string | null;
  message: string | null;
  /** The latest trace it happened in. */
  traceId: string;
}
