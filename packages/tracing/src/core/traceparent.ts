import { diag, isSpanContextValid, type SpanContext } from "@opentelemetry/api";
import { parseTraceParent } from "@opentelemetry/core";

/**
 * The remote span that a W3C `traceparent` header names, or undefined, with a warning, when it is not one.
 *
 * Source: https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function parseTraceparent(header: unknown): SpanContext | undefined {
  const parsed = typeof header === "string" ? parseTraceParent(header) : null;
  if (parsed !== null) return { ...parsed, isRemote: true };
  diag.warn("@app/tracing: parent is not a W3C traceparent and is ignored.");
  return undefined;
}

export function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, "0")}`;
}

/** The same context when it names a span, else undefined. */
export function validSpanContext(spanContext: SpanContext | undefined): SpanContext | undefined {
  return spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext : undefined;
}
