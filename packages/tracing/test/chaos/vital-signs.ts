import assert from "node:assert/strict";
import type { Coach } from "./coach.ts";
import { readRunLogs, type SettledRun } from "./run-log.ts";

/** A module that is loaded before a coach whose memory is to be measured. */
export const liveBytesModule = new URL("services/live-bytes.ts", import.meta.url);

/** Bytes that a coach has in use once all garbage is gone: what it holds, and not what it has not cleared away yet. */
export function liveBytes(coach: Coach): Promise<number> {
  return coach.ask<number>("liveBytes");
}

/** The runs that a coach has brought to their end so far. */
export function settledRuns({ options }: Coach): SettledRun[] {
  return readRunLogs([options.logFile]).settled;
}

/** Lets a coach go on for so many runs, and returns these. */
export async function nextRuns(coach: Coach, count: number): Promise<SettledRun[]> {
  const from = settledRuns(coach).length;
  await coach.settled(from + count);
  return settledRuns(coach).slice(from);
}

/** Most runs take no longer than they did, by the service's own clock; generously, since the machine is not its alone. */
export function requireSameLatency(well: readonly SettledRun[], troubled: readonly SettledRun[]): void {
  const [before, now] = [msOfMost(well), msOfMost(troubled)];
  assert.ok(now < 3 * before + 400, `nine of ten runs took ${before} ms at most, and take ${now} ms now`);
}

function msOfMost(runs: readonly SettledRun[]): number {
  const times = runs.map(({ ms }) => ms).sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.9)] ?? Number.NaN;
}
