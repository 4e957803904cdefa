import type { Span } from "../store/trace-repo.ts";
import { toEpochMs } from "./format.ts";

/** A span in the order it is printed, with the line work that leads to it. */
export interface TreeRow {
  span: Span;
  /** Line work before the span's name. */
  guide: string;
  /** Line work before what is printed beneath the name. */
  below: string;
  /** Its parent is not among the trace's spans. */
  orphan: boolean;
}

/** Levels that are drawn; deeper ones share a column and say their depth. */
const DRAWN_LEVELS = 12;

/**
 * Depth first, siblings by start time, any number of levels. Spans whose parent is missing, or whose ancestry is a
 * circle, stand at the top level as orphans.
 */
export function toTreeRows(spans: readonly Span[]): TreeRow[] {
  const known = new Set(spans.map((span) => span.spanId));
  const children = new Map<string, Span[]>();
  const top: Span[] = [];
  for (const span of [...spans].sort(byStart)) {
    const parent = span.parentSpanId;
    const siblings = parent === null ? undefined : children.get(parent);
    if (parent === null || !known.has(parent) || parent === span.spanId) top.push(span);
    else if (siblings) siblings.push(span);
    else children.set(parent, [span]);
  }
  const rows: TreeRow[] = [];
  const seen = new Set<Span>();
  for (const span of top) walk(span, children, seen, rows);
  for (const span of spans) if (!seen.has(span)) walk(span, children, seen, rows);
  return rows;
}

interface Pending {
  span: Span;
  depth: number;
  /** Line work of the ancestors. */
  lead: string;
  last: boolean;
}

function walk(
  root: Span,
  children: ReadonlyMap<string, readonly Span[]>,
  seen: Set<Span>,
  rows: TreeRow[],
): void {
  const stack: Pending[] = [{ span: root, depth: 0, lead: "", last: true }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { span, depth, lead, last } = next;
    if (seen.has(span)) continue;
    seen.add(span);
    const own = (children.get(span.spanId) ?? []).filter((child) => !seen.has(child));
    const beyond = depth > DRAWN_LEVELS;
    const guide = depth === 0 ? "" : beyond ? `${lead}⋯${depth} ` : `${lead}${last ? "└─ " : "├─ "}`;
    const inner = depth === 0 || beyond ? lead : `${lead}${last ? "   " : "│  "}`;
    rows.push({
      span,
      guide,
      below: `${inner}${own.length > 0 ? "│  " : "   "}`,
      orphan: isOrphan(span, depth),
    });
    for (const [index, child] of [...own].reverse().entries()) {
      stack.push({ span: child, depth: depth + 1, lead: inner, last: index === 0 });
    }
  }
}

// A pipeline's root may have a parent in another service: that is where it comes from, not a gap.
function isOrphan(span: Span, depth: number): boolean {
  return depth === 0 && span.parentSpanId !== null && span.kind !== "pipeline";
}

function byStart(a: Span, b: Span): number {
  return toEpochMs(a.startTime) - toEpochMs(b.startTime) || (a.spanId < b.spanId ? -1 : 1);
}
