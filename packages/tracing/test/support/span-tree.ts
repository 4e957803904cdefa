import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";

/** A span by its name, with those below it by name. */
export interface SpanTree {
  name: string;
  children: SpanTree[];
}

/** The spans as trees; one whose parent is not among them is a root. */
export function toSpanTrees(spans: readonly ReadableSpan[]): SpanTree[] {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  const under = (parentId: string | undefined): SpanTree[] =>
    spans
      .filter((span) => {
        const parent = span.parentSpanContext?.spanId;
        return parentId === undefined ? parent === undefined || !ids.has(parent) : parent === parentId;
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((span) => ({ name: span.name, children: under(span.spanContext().spanId) }));
  return under(undefined);
}
