export interface TraceSummary {
  traceId: string;
  pipelineName: string | null;
  status: "running" | "ok" | "error" | "interrupted";
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
  scores: { name: string; value: number; comment: string | null }[];
}
export interface Span {
  spanId: string;
  parentSpanId: string | null;
  name: string;
  kind: string;
  status: TraceSummary["status"];
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
  events: unknown[];
  links: unknown[];
}
export interface TraceDetail extends TraceSummary {
  input: unknown;
  output: unknown;
  spans: Span[];
}
