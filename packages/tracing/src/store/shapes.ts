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
  provider: string | null;
  model: string | null;
  inputTokens: number | null;
  outputTokens: number | null;
  costUsd: string | null;
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

export interface Figures {
  traces: number;
  errors: number;
  errorRate: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  costUsd: string | null;
}

export interface TraceStats extends Figures {
  percentiles: "exact" | "histogram";
  byPipeline: (Figures & { pipelineName: string })[];
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
