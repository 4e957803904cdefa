import type { Span, TraceDetail } from "@app/tracing";
import { formatCost, formatDuration, formatTokens, oneLine } from "./figures.ts";

/** Characters of a line of monospaced text that a phone shows without breaking it. */
const WIDTH = 36;
const NARROWEST_NAME = 8;
const NARROWEST_DETAIL = 16;
/** Levels that are drawn; deeper ones stand below the last of them. */
const DRAWN_LEVELS = 6;
/** What fits into three messages. */
const MAX_LINES = 240;

interface Row {
  span: Span;
  /** Line work before the name. */
  guide: string;
  /** Line work before what stands beneath the name. */
  below: string;
  isOrphan: boolean;
}

/** The steps as a tree for a narrow screen: name and duration, and beneath it tokens, cost and what went wrong. */
export function toTraceTree(trace: TraceDetail): string {
  const rows = toRows(trace.spans);
  const endMs = trace.durationMs === null ? undefined : toMs(trace.startTime) + trace.durationMs;
  const lines = rows.map((row) => [toNameLine(row), ...toDetailLines(row, endMs)]);
  const kept: string[] = [];
  let spans = 0;
  for (const own of lines) {
    if (kept.length + own.length > MAX_LINES) break;
    kept.push(...own);
    spans += 1;
  }
  const left = rows.length - spans;
  if (left > 0) kept.push(`${left} more of ${rows.length} spans:`, "`tracing show` has them all.");
  return kept.join("\n");
}

function toNameLine({ span, guide }: Row): string {
  const duration = formatDuration(span.durationMs);
  const room = Math.max(WIDTH - guide.length - duration.length - 1, NARROWEST_NAME);
  return `${guide}${oneLine(span.name, room).padEnd(room)} ${duration}`;
}

function toDetailLines({ span, below, isOrphan }: Row, traceEndMs: number | undefined): string[] {
  const lateMs = traceEndMs === undefined ? 0 : toMs(span.startTime) + (span.durationMs ?? 0) - traceEndMs;
  const facts = [
    span.status === "ok" ? undefined : span.status,
    // What takes no longer than the clock's steps is not late.
    lateMs >= 1 ? `late +${formatDuration(lateMs)}` : undefined,
    isOrphan ? "parent missing" : undefined,
    formatTokens(span.inputTokens, span.outputTokens),
    formatCost(span.costUsd),
  ].filter(Boolean);
  const error = span.error && [span.error.type, span.error.message].filter(Boolean).join(": ");
  const room = Math.max(WIDTH - below.length, NARROWEST_DETAIL);
  return [
    ...(facts.length > 0 ? [`${below}${oneLine(facts.join(", "), room)}`] : []),
    ...(error ? [`${below}${oneLine(`! ${error}`, room * 2)}`] : []),
  ];
}

/** Depth first, siblings by start; spans without their parent stand at the top. */
function toRows(spans: readonly Span[]): Row[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const isTop = ({ parentSpanId }: Span) => parentSpanId === null || !known.has(parentSpanId);
  const children = Map.groupBy(
    spans.filter((span) => !isTop(span)),
    ({ parentSpanId }) => parentSpanId,
  );
  const rows: Row[] = [];
  const seen = new Set<Span>();
  const walk = (top: Span): void => {
    const stack = [{ span: top, depth: 0, lead: "", isLast: true }];
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { span, depth, lead, isLast } = next;
      if (seen.has(span)) continue;
      seen.add(span);
      const own = children.get(span.spanId) ?? [];
      const isDrawn = depth > 0 && depth <= DRAWN_LEVELS;
      const inner = isDrawn ? `${lead}${isLast ? "  " : "│ "}` : lead;
      rows.push({
        span,
        guide: isDrawn ? `${lead}${isLast ? "└ " : "├ "}` : lead,
        below: `${inner}${own.length > 0 ? "│ " : "  "}`,
        isOrphan: depth === 0 && span.parentSpanId !== null && span.kind !== "pipeline",
      });
      for (const [index, child] of own.toReversed().entries()) {
        stack.push({ span: child, depth: depth + 1, lead: inner, isLast: index === 0 });
      }
    }
  };
  for (const span of spans.filter(isTop)) walk(span);
  // Those whose ancestry is a circle.
  for (const span of spans) if (!seen.has(span)) walk(span);
  return rows;
}

function toMs(iso: string): number {
  const fraction = /\.\d{3}(\d{3})/.exec(iso)?.[1];
  return Date.parse(iso) + (fraction === undefined ? 0 : Number(fraction) / 1_000);
}
