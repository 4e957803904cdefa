import assert from "node:assert/strict";
import { join } from "node:path";
import type { CollectorStats } from "../../../src/collector/stats.ts";
import { statuses, wrongFigures } from "../../support/stored-figures.ts";
import { requireAgreement, requireBalance } from "../agreement.ts";
import type { Coach, CoachOptions } from "../coach.ts";
import type { Fault } from "../fault.ts";
import { judge } from "../judge.ts";
import { type RunLog, readRunLogs } from "../run-log.ts";
import type { Scene } from "../scene.ts";
import { wrongRuns } from "../stored-runs.ts";
import { together } from "../together.ts";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;
const LISTENERS = new URL("../services/listeners.ts", import.meta.url);
const HANDLERS = new URL("../services/graceful.ts", import.meta.url);
/** What the host ends with after it has handled a signal. */
const EXIT_CODE = 7;

export const signals: Fault = {
  name: "2 SIGTERM / SIGINT with and without handlers of the host",
  trials: { quick: 3 * SIGNALS.length, full: 30 * SIGNALS.length },
  async run(scene) {
    while (scene.judged < scene.trials) {
      for (const act of [dieBySignal, shutDown, shutDownWithoutDatabase])
        await together(SIGNALS.map((signal) => () => act(scene, signal)));
    }
  },
};

async function dieBySignal(scene: Scene, signal: NodeJS.Signals): Promise<void> {
  const databaseUrl = await scene.database();
  // Nearly all of it waits when the signal comes.
  const coach = await startAtWork(scene, { databaseUrl, collector: { lingerMs: 10_000 } });
  assert.deepEqual(await listenersOf(coach), { SIGTERM: 0, SIGINT: 0 });
  coach.process.kill(signal);
  assert.equal(await coach.ended(), signal, "it did not die by the signal");
  await requireNextStartDelivers(scene, databaseUrl, coach);
}

async function shutDown(scene: Scene, signal: NodeJS.Signals): Promise<void> {
  const databaseUrl = await scene.database();
  const coach = await startAtWork(scene, { databaseUrl }, [HANDLERS]);
  assert.deepEqual(await listenersOf(coach), { SIGTERM: 1, SIGINT: 1 });
  coach.process.kill(signal);
  const stats: CollectorStats = JSON.parse(await coach.line());
  assert.equal(await coach.ended(), EXIT_CODE);

  const log = readRunLogs([coach.options.logFile]);
  // What ends once all is over is refused, and stands in the database as cut short.
  const { stopped: late = 0 } = stats.dropped;
  requireAgreement(stats, await scene.judge({ ...whereabouts(coach, log), dropped: late }));
  assert.deepEqual([stats.pending, stats.deadLettered], [0, 0]);
  assert.equal(log.warnings.length, late > 0 ? 1 : 0, `it warned: ${log.warnings}`);
  await requireNoneRunning(databaseUrl, log);
}

/** What cannot be delivered in time is left, and the host is not kept waiting. */
async function shutDownWithoutDatabase(scene: Scene, signal: NodeJS.Signals): Promise<void> {
  const databaseUrl = await scene.database();
  const gate = await scene.gate(databaseUrl);
  const collector = { shutdownTimeoutMs: 300 };
  const coach = await startAtWork(scene, { databaseUrl: gate.databaseUrl, collector }, [HANDLERS]);
  await gate.gate.shut();
  coach.process.kill(signal);
  const stats: CollectorStats = JSON.parse(await coach.line());
  assert.equal(await coach.ended(), EXIT_CODE);
  requireBalance(stats);
  assert.ok(stats.pending > 0, "nothing was left, so the database was not away");
  await requireNextStartDelivers(scene, databaseUrl, coach, stats.dropped.stopped);
}

/** A coach in the middle of its runs. */
async function startAtWork(
  scene: Scene,
  options: Omit<CoachOptions, "logFile" | "dataDir">,
  imports: readonly URL[] = [],
): Promise<Coach> {
  const logFile = join(scene.dir(), "runs.log");
  const coach = scene.coach(
    { ...options, dataDir: scene.dir(), logFile, longRunMs: 700, workers: 4, pauseMs: 5 },
    { imports: [LISTENERS, ...imports] },
  );
  await coach.started();
  await coach.settled(30);
  return coach;
}

async function listenersOf(coach: Coach): Promise<Record<string, number>> {
  const { SIGTERM, SIGINT, ...others } = await coach.ask<Record<string, number>>("listeners");
  assert.deepEqual([...new Set(Object.values(others))], [0], "somebody listens to what is the host's");
  return { SIGTERM: SIGTERM ?? 0, SIGINT: SIGINT ?? 0 };
}

async function requireNextStartDelivers(
  scene: Scene,
  databaseUrl: string,
  coach: Coach,
  dropped = 0,
): Promise<void> {
  const { dataDir } = coach.options;
  const log = readRunLogs([coach.options.logFile]);
  const where = { ...whereabouts(coach, log), databaseUrl, dropped };
  const before = await judge(where);
  assert.ok(before.waiting > 0, "nothing was left to the next start");
  const { stats, warnings } = await scene.deliverLeft({ databaseUrl, ...(dataDir && { dataDir }) });
  await scene.judge(where);
  assert.deepEqual(warnings, []);
  requireBalance(stats);
  assert.equal(stats.delivered, before.waiting, "more or less was delivered than the files held");
  await requireNoneRunning(databaseUrl, log);
}

function whereabouts(coach: Coach, { ended }: RunLog) {
  const { databaseUrl = "", dataDir = "" } = coach.options;
  return { databaseUrl, ended, dataDirs: [dataDir] };
}

/** Runs that settled in time are as they said, and the others are known to have been cut short. */
async function requireNoneRunning(databaseUrl: string, log: RunLog): Promise<void> {
  const stored = await statuses(databaseUrl);
  const ofStatus = (status: string) => [...stored].filter(([, found]) => found === status).map(([id]) => id);
  assert.deepEqual(ofStatus("running"), []);
  assert.deepEqual(
    [...log.opened].filter((trace) => !stored.has(trace)),
    [],
    "traces are missing",
  );
  const interrupted = new Set(ofStatus("interrupted"));
  assert.deepEqual(await wrongFigures(databaseUrl), []);
  assert.deepEqual(
    await wrongRuns(
      databaseUrl,
      log.settled.filter(({ trace }) => !interrupted.has(trace)),
    ),
    [],
  );
}
