import assert from "node:assert/strict";
import { statuses, wrongFigures } from "../support/stored-figures.ts";
import type { RunLog } from "./run-log.ts";
import { wrongRuns } from "./stored-runs.ts";

/**
 * Every run of a log is stored: the settled ones exactly as they said, those that were cut short as such, none as if it
 * went on. Of runs that were about to end when their process died either may be. Returns how many were cut short.
 */
export async function requireAsLogged(databaseUrl: string, log: RunLog): Promise<number> {
  assert.deepEqual(await wrongRuns(databaseUrl, log.settled), []);
  assert.deepEqual(await wrongFigures(databaseUrl), []);
  const stored = await statuses(databaseUrl);
  const missing = [...log.opened].filter((trace) => !stored.has(trace));
  assert.deepEqual(missing, [], "traces are missing");
  const unfinished = [...log.opened].filter((trace) => !log.ending.has(trace));
  const wrong = unfinished.filter((trace) => stored.get(trace) !== "interrupted");
  assert.deepEqual(wrong, [], "runs that were cut short do not say so");
  assert.ok(![...stored.values()].includes("running"), "a run is said to go on");
  return unfinished.length;
}
