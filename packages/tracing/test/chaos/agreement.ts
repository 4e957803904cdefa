import assert from "node:assert/strict";
import type { CollectorStats } from "../../src/collector/stats.ts";
import type { Judgement } from "./judge.ts";

/** How many spans a process says it gave up or left out. */
function givenUp({ deadLettered, sampledOut, dropped }: CollectorStats): number {
  return Object.values(dropped).reduce((sum, spans) => sum + spans, deadLettered + sampledOut);
}

/** Every span that a process says has ended is somewhere by its own account. */
export function requireBalance(stats: CollectorStats): void {
  const { ended, delivered, pending } = stats;
  assert.equal(delivered + pending + givenUp(stats), ended, `the ledger is off: ${JSON.stringify(stats)}`);
}

/** A process that made all of the spans itself says what its log, the database and the files say. */
export function requireAgreement(
  stats: CollectorStats,
  { ended, stored, waiting, counted }: Judgement,
): void {
  requireBalance(stats);
  const told = {
    ended: stats.ended,
    stored: stats.delivered,
    waiting: stats.pending,
    counted: givenUp(stats),
  };
  assert.deepEqual(told, { ended, stored, waiting, counted }, "what the process says is not what is there");
}
