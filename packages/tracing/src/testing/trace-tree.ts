import { formatCost, formatTokens } from "../render/format.ts";
import type { Span, TraceDetail } from "../store/trace-repo.ts";

/** A span with those below it, in the order they began. */
export interface SpanNode {
  span: Span;
  children: SpanNode[];
  /** Its parent is neither among the trace's spans nor in another service. */
  orphan: boolean;
}

/**
 * The spans of a trace as indented text, one a line: the name, what is not as it should be in brackets (`[error]`,
 * `[running]`, `[orphan]`), then model, tokens and cost. Has no ids and no times, so that it may be a snapshot.
 */
export function traceTree(trace: Pick<TraceDetail, "spans">): string {
  const lines: string[] = [];
  const add = (node: SpanNode, depth: number) => {
    lines.push("  ".repeat(depth) + describe(node));
    for (const child of node.children) add(child, depth + 1);
  };
  for (const node of toNodes(trace)) add(node, 0);
  return lines.join("\n");
}

/** Spans that have started and not ended. */
export function openSpans({ spans }: Pick<TraceDetail, "spans">): Span[] {
  return spans.filter(({ status }) => status === "running" || status === "interrupted");
}

/** Spans whose parent is not in the trace; the run that a trace's root is may have its parent in another service. */
export function orphanSpans(trace: Pick<TraceDetail, "spans">): Span[] {
  return toNodes(trace).flatMap(({ orphan, span }) => (orphan ? span : []));
}

/** Spans of kind `llm`: every attempt to call a model is one. */
export function modelCalls({ spans }: Pick<TraceDetail, "spans">): Span[] {
  return spans.filter(({ kind }) => kind === "llm");
}

export function toNodes({ spans }: Pick<TraceDetail, "spans">): SpanNode[] {
  const nodes = new Map(
    spans.map((span) => [span.spanId, { span, children: [], orphan: false } as SpanNode]),
  );
  const top: SpanNode[] = [];
  for (const node of nodes.values()) {
    const { parentSpanId, kind } = node.span;
    const parent = parentSpanId === null ? undefined : nodes.get(parentSpanId);
    if (parent && !isBelow(node, parent, nodes)) parent.children.push(node);
    else {
      node.orphan = parentSpanId !== null && kind !== "pipeline";
      top.push(node);
    }
  }
  return top;
}

/** Whether `other` is the node or has it above itself, as only damaged data says. */
function isBelow(node: SpanNode, other: SpanNode, nodes: ReadonlyMap<string, SpanNode>): boolean {
  const seen = new Set<SpanNode>();
  let at: SpanNode | undefined = other;
  while (at !== undefined && !seen.has(at)) {
    if (at === node) return true;
    seen.add(at);
    const { parentSpanId }: Span = at.span;
    at = parentSpanId === null ? undefined : nodes.get(parentSpanId);
  }
  return false;
}

/** What of a span is out of order. */
export function flagsOf({ span, orphan }: SpanNode): string[] {
  return [...(span.status === "ok" ? [] : [span.status]), ...(orphan ? ["orphan"] : [])];
}

function describe(node: SpanNode): string {
  const { name, model, inputTokens, outputTokens, costUsd } = node.span;
  const tokens = formatTokens(inputTokens, outputTokens);
  const flags = flagsOf(node).map((flag) => ` [${flag}]`);
  const usage = [model, tokens && `${tokens} tokens`, formatCost(costUsd)].filter(Boolean).join(", ");
  return `${name}${flags.join("")}${usage === "" ? "" : ` (${usage})`}`;
}
