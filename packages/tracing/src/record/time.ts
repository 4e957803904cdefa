import type { HrTime } from "@opentelemetry/api";

/** Records lie between these; a clock or caller outside of them is brought to the nearer end and marked. */
const EARLIEST_US = Date.UTC(2000, 0, 1) * 1000;
const LATEST_US = Date.UTC(2100, 0, 1) * 1000 - 1;

/** Whole microseconds since the epoch; what is no finite number counts as now. */
export function toMicros(time: HrTime): { micros: number; clamped: boolean } {
  const micros = Math.floor(time[0] * 1_000_000 + Math.floor(time[1] / 1000));
  if (!Number.isFinite(micros)) return { micros: Date.now() * 1000, clamped: true };
  if (micros < EARLIEST_US) return { micros: EARLIEST_US, clamped: true };
  if (micros > LATEST_US) return { micros: LATEST_US, clamped: true };
  return { micros, clamped: false };
}

/** A tick of the wall clock, which most SDKs measure starts in, and what a busy machine adds between two readings. */
const CLOCK_TOLERANCE_MICROS = 10_000;

/**
 * The start of a span below one that started at `parentStart`: the same, unless it is earlier by less than two clocks of
 * one process may differ. Then it started with its parent; what is earlier by more was meant so.
 */
export function startBelow(parentStart: HrTime | undefined, start: HrTime): HrTime {
  if (parentStart === undefined) return start;
  const early = toMicros(parentStart).micros - toMicros(start).micros;
  return early > 0 && early < CLOCK_TOLERANCE_MICROS ? parentStart : start;
}

/** ISO 8601 UTC with exactly six digits of fraction, as Postgres stores it: a seventh digit would be rounded. */
export function formatMicros(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = String(micros - seconds * 1_000_000).padStart(6, "0");
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

/**
 * The wall clock now, in OpenTelemetry's form: the last microsecond of the millisecond it shows, so that nothing which has
 * started is later.
 */
export function hrTimeNow(): HrTime {
  const ms = Date.now();
  return [Math.floor(ms / 1000), (ms % 1000) * 1_000_000 + 999_000];
}
