import type { Span, TraceDetail } from "../store/trace-repo.ts";
import { toEpochMs } from "./format.ts";

/** The time that all bars of a trace share, in milliseconds since the epoch. */
export interface TimeAxis {
  startMs: number;
  endMs: number;
  /** When the root ended; infinite while it runs. */
  rootEndMs: number;
}

/** Whether a span ended after its trace's root did, and by how much; a clock's last digits do not count. */
export function lateByMs(span: Span, axis: TimeAxis): number | undefined {
  const end = endMs(span);
  if (end === undefined || end - axis.rootEndMs <= 1) return undefined;
  return end - axis.rootEndMs;
}

export function toTimeAxis(trace: TraceDetail, nowMs: number): TimeAxis {
  const traceStart = toEpochMs(trace.startTime);
  let startMs = traceStart;
  let end = traceStart + (trace.durationMs ?? 0);
  for (const span of trace.spans) {
    const spanStart = toEpochMs(span.startTime);
    startMs = Math.min(startMs, spanStart);
    end = Math.max(end, spanStart, endMs(span) ?? (span.status === "running" ? nowMs : spanStart));
  }
  if (trace.status === "running") end = Math.max(end, nowMs);
  const rootEndMs = trace.durationMs === null ? Number.POSITIVE_INFINITY : traceStart + trace.durationMs;
  return { startMs, endMs: end, rootEndMs };
}

/**
 * A span's bar on `cells` cells: `█` while it ran, `▒` where it ran on after the root had ended, `░` where its end is
 * unknown, `▏` for an instant.
 */
export function toBar(span: Span, axis: TimeAxis, cells: number): string {
  const total = axis.endMs - axis.startMs;
  const perCell = total > 0 ? total / cells : 1;
  const start = toEpochMs(span.startTime);
  const known = endMs(span);
  const end = known ?? axis.endMs;
  const first = Math.min(Math.max(Math.floor((start - axis.startMs) / perCell), 0), cells - 1);
  const past = Math.min(Math.max(Math.ceil((end - axis.startMs) / perCell - 1e-9), first + 1), cells);
  if (known === undefined) return " ".repeat(first) + "░".repeat(past - first);
  if (end - start < perCell / 4) return `${" ".repeat(first)}▏`;
  const rootCells = Math.ceil((axis.rootEndMs - axis.startMs) / perCell - 1e-9);
  const inside = Math.min(Math.max(rootCells, first), past) - first;
  return " ".repeat(first) + "█".repeat(inside) + "▒".repeat(past - first - inside);
}

function endMs(span: Span): number | undefined {
  return span.durationMs === null ? undefined : toEpochMs(span.startTime) + span.durationMs;
}
