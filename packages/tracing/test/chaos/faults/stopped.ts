import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Coach } from "../coach.ts";
import type { Fault } from "../fault.ts";
import { finish } from "../finish.ts";
import { INGEST, ingestsOf } from "../ingests.ts";
import type { Scene } from "../scene.ts";
import { steadyCoach, storeIn } from "../steady-coach.ts";
import { wrongRuns } from "../stored-runs.ts";
import { together } from "../together.ts";
import { until } from "../until.ts";

const TIMEOUT_MS = 2_000;
const LONGER_THAN_TIMEOUT_MS = 2_500;

export const stopped: Fault = {
  name: "4 SIGSTOP / SIGCONT",
  trials: { quick: 3, full: 30 },
  async run(scene) {
    while (scene.judged < scene.trials)
      await together([
        () => stopUnderLoad(scene),
        () => stopWithRequestUnderWay(scene, "answered"),
        () => stopWithRequestUnderWay(scene, "cut"),
      ]);
  },
};

/** A process that is stopped is not taken for dead by one that starts beside it. */
async function stopUnderLoad(scene: Scene): Promise<void> {
  const databaseUrl = await scene.database();
  const coach = steadyCoach(scene, { databaseUrl, pauseMs: 5, collector: { lingerMs: 1_000 } });
  const { dataDir = "", logFile } = coach.options;
  await coach.started();
  await coach.settled(20);
  coach.process.kill("SIGSTOP");
  const beside = await scene.deliverLeft({ databaseUrl, dataDir });
  const said = statSync(logFile).size;
  assert.deepEqual([beside.stats.ended, beside.stats.interrupted, beside.warnings], [0, 0, []]);
  await pause(100);
  assert.equal(statSync(logFile).size, said, "it was not stopped");
  coach.process.kill("SIGCONT");
  await requireGoesOn(scene, coach, databaseUrl);
}

/** It is stopped for longer than its request may take, which meanwhile is answered, or cut off by a backend that waits no longer. */
async function stopWithRequestUnderWay(scene: Scene, answer: "answered" | "cut"): Promise<void> {
  const insforge = await scene.insforge();
  const coach = steadyCoach(scene, { ...storeIn(insforge), storeTimeoutMs: TIMEOUT_MS });
  await coach.started();
  await coach.settled(20);
  let under: (() => void) | undefined;
  const underWay = new Promise<void>((resolve) => {
    under = resolve;
  });
  insforge.fault(
    () => {
      coach.process.kill("SIGSTOP");
      under?.();
      return answer === "cut" ? { kind: "hang" } : { kind: "drip", everyMs: 1 };
    },
    { path: INGEST, times: 1 },
  );
  await underWay;
  if (answer === "cut") {
    await insforge.down();
    await insforge.up();
  }
  await pause(LONGER_THAN_TIMEOUT_MS);
  const sent = ingestsOf(insforge).length;
  coach.process.kill("SIGCONT");
  await until("it sends again", () => ingestsOf(insforge).length > sent);
  await requireGoesOn(scene, coach, insforge.databaseUrl);
}

async function requireGoesOn(scene: Scene, coach: Coach, databaseUrl: string): Promise<void> {
  const delivered = (await coach.stats()).delivered;
  await until("something more is stored", async () => (await coach.stats()).delivered > delivered);
  const { log } = await finish(scene, coach, databaseUrl);
  assert.deepEqual(await wrongRuns(databaseUrl, log.settled), []);
}
