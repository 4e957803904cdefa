import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readSpoolStatus } from "../../../src/collector/spool/spool-status.ts";
import { query } from "../../support/postgres-server.ts";
import { requireBalance } from "../agreement.ts";
import { requireAsLogged } from "../as-logged.ts";
import type { Coach, CoachOptions } from "../coach.ts";
import { copySpool, countSpans, type DeadSpool, leaveSpool } from "../dead-spool.ts";
import type { Fault } from "../fault.ts";
import { finish } from "../finish.ts";
import { readRunLogs } from "../run-log.ts";
import type { Scene } from "../scene.ts";
import { steadyCoach } from "../steady-coach.ts";
import { wrongRuns } from "../stored-runs.ts";
import { together } from "../together.ts";

const STARTING_GUN = new URL("../services/starting-gun.ts", import.meta.url);
const RACERS = 8;

interface Dead extends DeadSpool {
  /** Spans in its files. */
  waiting: number;
}

export const sharing: Fault = {
  name: "8 two processes on one root, 8 racing to adopt a dead owner, PID reused",
  trials: { quick: 4, full: 40 },
  async run(scene) {
    while (scene.judged < scene.trials) {
      const left = await leaveSpool(scene, 30);
      const dead = { ...left, waiting: countSpans(left.dataDir) };
      await together([
        () => shareRoot(scene),
        () => adoptDespitePid(scene, dead, () => process.pid),
        () => adoptDespitePid(scene, dead, ({ process: { pid = 0 } }) => pid),
      ]);
      await race(scene, dead);
    }
  },
};

/** Neither takes the other for dead, and each accounts for its own spans and no others. */
async function shareRoot(scene: Scene): Promise<void> {
  const databaseUrl = await scene.database();
  const dataDir = scene.dir();
  const [first, second] = [start("first"), start("second")];
  function start(serviceName: string): Coach {
    return steadyCoach(scene, { databaseUrl, dataDir, serviceName });
  }
  for (const coach of [first, second]) await coach.started();
  for (const coach of [first, second]) await coach.settled(20);
  const held = readSpoolStatus(join(dataDir, "spool"));
  const owners = held.map(({ pid, alive }) => ({ pid, alive }));
  const living = [first, second].map(({ process: { pid } }) => ({ pid, alive: true }));
  assert.deepEqual(new Set(owners), new Set(living), "not every process has a directory of its own");

  for (const coach of [first, second]) await coach.drain();
  for (const [coach, trials] of [
    [first, 1],
    [second, 0],
  ] as const) {
    const { log } = await finish(scene, coach, databaseUrl, { trials });
    assert.deepEqual(log.warnings, []);
    assert.deepEqual(await wrongRuns(databaseUrl, log.settled), []);
    const named = await query(
      databaseUrl,
      "SELECT replace(trace_id::text, '-', '') AS trace FROM tracing.traces WHERE service_name = $1",
      [coach.options.serviceName],
    );
    assert.deepEqual(
      new Set(named.map(({ trace }) => trace)),
      log.opened,
      "traces of two processes are mixed up",
    );
  }
}

/** A dead process's directory has the number of a process that lives, since numbers are given again. */
async function adoptDespitePid(scene: Scene, dead: Dead, pidOf: (heir: Coach) => number): Promise<void> {
  const databaseUrl = await scene.database();
  const dataDir = copySpool(scene, dead.dataDir);
  const {
    coaches: [heir],
    fire,
  } = await startAtOnce(scene, 1, { databaseUrl, dataDir });
  assert.ok(heir);
  const root = join(dataDir, "spool");
  for (const name of readdirSync(root))
    renameSync(join(root, name), join(root, `${pidOf(heir)}-0-${randomBytes(6).toString("hex")}`));
  fire();
  await heir.started();
  const { ended } = await heir.stats();
  assert.equal(ended, dead.waiting, "not all of it was taken over");
  await endAll(scene, dead, [heir]);
}

/** However many start at the same moment, one of them gets it. */
async function race(scene: Scene, dead: Dead): Promise<void> {
  const databaseUrl = await scene.database();
  const dataDir = copySpool(scene, dead.dataDir);
  const { coaches, fire } = await startAtOnce(scene, RACERS, { databaseUrl, dataDir });
  fire();
  for (const coach of coaches) await coach.started();
  const stats = await Promise.all(coaches.map((coach) => coach.stats()));
  const byShare = stats.map(({ ended }) => ended).sort((a, b) => b - a);
  assert.deepEqual(byShare, [dead.waiting, ...Array(RACERS - 1).fill(0)], "it was not adopted by one alone");
  assert.equal(stats.filter(({ interrupted }) => interrupted > 0).length, 1);
  await endAll(scene, dead, coaches);
}

/** Starts coaches up to the point where they start tracing, and then lets them go all at the same moment. */
async function startAtOnce(scene: Scene, count: number, options: Omit<CoachOptions, "logFile">) {
  const gun = join(scene.dir(), "gun");
  const launch = { imports: [STARTING_GUN], env: { CHAOS_STARTING_GUN: gun } };
  const coaches = Array.from({ length: count }, () =>
    scene.coach({ ...options, logFile: join(scene.dir(), "runs.log"), workers: 0 }, launch),
  );
  for (const coach of coaches) assert.equal(await coach.line(), "starting");
  return { coaches, fire: () => writeFileSync(gun, "") };
}

async function endAll(scene: Scene, { log, waiting }: Dead, coaches: readonly Coach[]): Promise<void> {
  const { databaseUrl = "", dataDir = "" } = coaches[0]?.options ?? {};
  let delivered = 0;
  for (const coach of coaches) {
    await coach.drain();
    const stats = await coach.shutdown();
    assert.equal(await coach.ended(), 0);
    requireBalance(stats);
    assert.deepEqual(readRunLogs([coach.options.logFile]).warnings, []);
    delivered += stats.delivered;
  }
  assert.equal(delivered, waiting, "more or less was delivered than the dead one had left");
  await scene.judge({ databaseUrl, ended: log.ended, dataDirs: [dataDir] });
  assert.deepEqual(readdirSync(join(dataDir, "spool")), [], "a directory is left");
  await requireAsLogged(databaseUrl, log);
}
