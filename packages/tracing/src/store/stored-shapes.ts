import type { ErrorGroup, Figures, Span, TraceDetail, TraceStats, TraceSummary } from "./shapes.ts";

/** What the schema's functions answer with: the members in the order of `jsonb`, and content as text that holds JSON. */
export type StoredTrace = TraceSummary & { rootSpanId: string; spans: Span[] };

// Members are named one by one, so that whoever prints them sees them in the order of the shapes.

export function toSummary(stored: TraceSummary): TraceSummary {
  const { error } = stored;
  return {
    traceId: stored.traceId,
    pipelineName: stored.pipelineName,
    status: stored.status,
    startTime: stored.startTime,
    durationMs: stored.durationMs,
    telegramId: stored.telegramId,
    userId: stored.userId,
    sessionId: stored.sessionId,
    tags: stored.tags,
    metadata: parsed(stored.metadata) as TraceSummary["metadata"],
    serviceName: stored.serviceName,
    spanCount: stored.spanCount,
    errorCount: stored.errorCount,
    models: stored.models,
    inputTokens: stored.inputTokens,
    outputTokens: stored.outputTokens,
    costUsd: stored.costUsd,
    error: error && { type: error.type, message: error.message },
    scores: stored.scores,
  };
}

export function toDetail(stored: StoredTrace): TraceDetail {
  const spans = stored.spans.map(toSpan);
  const root = spans.find((span) => span.spanId === stored.rootSpanId);
  return { ...toSummary(stored), input: root?.input ?? null, output: root?.output ?? null, spans };
}

export function toSpan(stored: Span): Span {
  const { error } = stored;
  return {
    spanId: stored.spanId,
    parentSpanId: stored.parentSpanId,
    name: stored.name,
    kind: stored.kind,
    status: stored.status,
    startTime: stored.startTime,
    durationMs: stored.durationMs,
    input: parsed(stored.input),
    output: parsed(stored.output),
    agent: stored.agent,
    provider: stored.provider,
    model: stored.model,
    inputTokens: stored.inputTokens,
    outputTokens: stored.outputTokens,
    costUsd: stored.costUsd,
    costSource: stored.costSource,
    error: error && { type: error.type, message: error.message, stack: error.stack },
    attributes: (parsed(stored.attributes) ?? {}) as Span["attributes"],
    events: (parsed(stored.events) ?? []) as Span["events"],
    links: (parsed(stored.links) ?? []) as Span["links"],
  };
}

export function toStats(stored: TraceStats): TraceStats {
  return {
    ...toFigures(stored),
    percentiles: stored.percentiles,
    bucket: stored.bucket,
    byTime: stored.byTime.map((step) => ({ time: step.time, ...toFigures(step) })),
    byPipeline: stored.byPipeline.map((group) => ({
      pipelineName: group.pipelineName,
      ...toFigures(group),
    })),
    byAgent: stored.byAgent.map((group) => ({ agent: group.agent, ...toFigures(group) })),
    byModel: stored.byModel.map((group) => ({ model: group.model, ...toFigures(group) })),
  };
}

export function toErrorGroup(stored: ErrorGroup): ErrorGroup {
  return {
    fingerprint: stored.fingerprint,
    count: stored.count,
    lastSeen: stored.lastSeen,
    name: stored.name,
    type: stored.type,
    message: stored.message,
    traceId: stored.traceId,
  };
}

function toFigures(stored: Figures): Figures {
  return {
    count: stored.count,
    errors: stored.errors,
    errorRate: stored.errorRate,
    p50Ms: stored.p50Ms,
    p95Ms: stored.p95Ms,
    p99Ms: stored.p99Ms,
    spanCount: stored.spanCount,
    inputTokens: stored.inputTokens,
    outputTokens: stored.outputTokens,
    costUsd: stored.costUsd,
  };
}

/** What another writer stored otherwise is shown as it stands. */
function parsed(content: unknown): unknown {
  if (typeof content !== "string") return content ?? null;
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}
