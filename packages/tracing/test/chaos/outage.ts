import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { query } from "../support/postgres-server.ts";
import type { Coach } from "./coach.ts";
import { segmentsBelow } from "./dead-spool.ts";
import { finish } from "./finish.ts";
import type { Scene } from "./scene.ts";
import { steadyCoach } from "./steady-coach.ts";
import { wrongRuns } from "./stored-runs.ts";
import { liveBytes, liveBytesModule, requireSameLatency, settledRuns } from "./vital-signs.ts";

interface Plan {
  /** How long all is well, and how long the database is away then, at least. */
  wellMs: number;
  awayMs: number;
  /** How often the memory is looked at meanwhile. */
  everyMs: number;
  /** What has to wait on disk in the end: so much more than may be held in memory that it would show. */
  leastBytes: number;
  /** More than the batches on their way may be; what is one byte in memory takes up to two on disk. */
  mostHeldBytes: number;
  /** The longer the answers of the model, the sooner that is reached. */
  answerChars: number;
  leastSpansPerSecond: number;
  /** How many of the oldest runs are stored within the time there is to make up for it, while the service goes on. */
  madeUp: number;
}

const MIB = 2 ** 20;
const QUICK: Plan = {
  wellMs: 1_000,
  awayMs: 2_000,
  everyMs: 500,
  leastBytes: 8 * MIB,
  mostHeldBytes: 3 * MIB,
  answerChars: 20_000,
  leastSpansPerSecond: 0,
  madeUp: 10,
};
const FULL: Plan = {
  wellMs: 60_000,
  awayMs: 60_000,
  everyMs: 5_000,
  leastBytes: 30 * MIB,
  mostHeldBytes: 8 * MIB,
  answerChars: 4_000,
  leastSpansPerSecond: 450,
  madeUp: Number.POSITIVE_INFINITY,
};
/** What the library does when it is told nothing; the coach is told to make haste. */
const AS_BY_DEFAULT = { lingerMs: 200, minBackoffMs: 1_000, maxBackoffMs: 60_000 };
const MAX_MAKE_UP_MS = 30_000;

/** A long outage under load: it is made up for soon, and needs no memory. */
export async function playOutage(scene: Scene): Promise<void> {
  const plan = scene.full ? FULL : QUICK;
  const databaseUrl = await scene.database();
  const { gate, databaseUrl: gated } = await scene.gate(databaseUrl);
  const collector = scene.full ? AS_BY_DEFAULT : { maxBatchBytes: 128 * 1_024 };
  const load = { workers: 8, pauseMs: 55, answerChars: plan.answerChars };
  const coach = steadyCoach(
    scene,
    { databaseUrl: gated, ...load, collector },
    { imports: [liveBytesModule] },
  );
  await coach.started();
  await Promise.all([pause(plan.wellMs), coach.settled(30)]);
  const well = settledRuns(coach);
  const before = await liveBytes(coach);

  await gate.shut();
  const left = performance.now();
  let most = 0;
  while (performance.now() - left < plan.awayMs || bytesWaiting(coach) < plan.leastBytes) {
    await pause(plan.everyMs);
    most = Math.max(most, await liveBytes(coach));
  }
  const heldBack = settledRuns(coach);
  const seconds = (performance.now() - left) / 1_000;
  const [row] = await query(databaseUrl, "SELECT count(*)::int AS spans FROM tracing.spans");
  const waiting = heldBack.reduce((sum, { spans }) => sum + spans, 0) - Number(row?.spans);
  await gate.open();

  const returned = performance.now();
  const missing = () => wrongRuns(databaseUrl, heldBack.slice(0, well.length + plan.madeUp));
  while ((await missing()).length > 0 && performance.now() - returned < MAX_MAKE_UP_MS) await pause(250);
  assert.deepEqual(
    await missing(),
    [],
    "half a minute after its return the database has not got what waited",
  );
  const after = await liveBytes(coach);
  await finish(scene, coach, databaseUrl);
  const leastWaiting = plan.leastSpansPerSecond * seconds;
  assert.ok(waiting > leastWaiting, `only ${waiting} spans waited after ${seconds} s`);
  for (const held of [most, after])
    assert.ok(held - before < plan.mostHeldBytes, `the service held ${held - before} bytes more than before`);
  requireSameLatency(well, heldBack.slice(well.length));
}

function bytesWaiting({ options }: Coach): number {
  const sizes = segmentsBelow(options.dataDir ?? "").map((path) => statSync(path).size);
  return sizes.reduce((sum, size) => sum + size, 0);
}
