import assert from "node:assert/strict";
import { query } from "../../support/postgres-server.ts";
import { wrongFigures } from "../../support/stored-figures.ts";
import type { TcpGate } from "../../support/tcp-gate.ts";
import type { Coach, CoachOptions } from "../coach.ts";
import type { Fault } from "../fault.ts";
import { finish } from "../finish.ts";
import { INGEST } from "../ingests.ts";
import { readRunLogs } from "../run-log.ts";
import type { Scene } from "../scene.ts";
import { steadyCoach, storeIn } from "../steady-coach.ts";
import { wrongRuns } from "../stored-runs.ts";
import { together } from "../together.ts";
import { until } from "../until.ts";

/** A store behind a gate that can hold back what it answers. */
interface Gated {
  store: Partial<CoachOptions>;
  gate: TcpGate;
  databaseUrl: string;
}

export const lostAcknowledgement: Fault = {
  name: "17 lost acknowledgement (committed, then connection cut)",
  trials: { quick: 5, full: 25 },
  async run(scene) {
    while (scene.judged < scene.trials)
      await together([
        () => cut(scene, overInsForge),
        () => cut(scene, overPostgres),
        () => killed(scene, overInsForge),
        () => killed(scene, overPostgres),
        () => often(scene),
      ]);
  },
};

/** The connection breaks, and the process goes on. */
async function cut(scene: Scene, open: (scene: Scene) => Promise<Gated>): Promise<void> {
  const { store, gate, databaseUrl } = await open(scene);
  const coach = steadyCoach(scene, store);
  await coach.started();
  await commitUnheard(coach, gate, databaseUrl);
  await gate.shut();
  gate.unblock();
  await gate.open();
  const { log } = await finish(scene, coach, databaseUrl);
  assert.deepEqual(await wrongRuns(databaseUrl, log.settled), []);
}

/** The process does not live to hear of it. */
async function killed(scene: Scene, open: (scene: Scene) => Promise<Gated>): Promise<void> {
  const { store, gate, databaseUrl } = await open(scene);
  const coach = steadyCoach(scene, store);
  await coach.started();
  await commitUnheard(coach, gate, databaseUrl);
  await coach.kill();
  gate.unblock();
  const { dataDir = "", logFile } = coach.options;
  await scene.deliverLeft({ ...store, dataDir });
  const { ended, settled } = readRunLogs([logFile]);
  const { waiting } = await scene.judge({ databaseUrl, ended, dataDirs: [dataDir] });
  assert.equal(waiting, 0);
  assert.deepEqual(await wrongRuns(databaseUrl, settled), []);
  assert.deepEqual(await wrongFigures(databaseUrl), []);
}

/** Every third acknowledgement is lost while the service works. */
async function often(scene: Scene): Promise<void> {
  const server = await scene.insforge();
  let lost = 0;
  server.fault(
    () => {
      if (scene.random() > 1 / 3) return undefined;
      lost += 1;
      return { kind: "lost-acknowledgement" };
    },
    { path: INGEST },
  );
  const coach = steadyCoach(scene, storeIn(server));
  await coach.started();
  await until("a dozen acknowledgements are lost", () => lost > 12);
  const { log } = await finish(scene, coach, server.databaseUrl);
  assert.deepEqual(await wrongRuns(server.databaseUrl, log.settled), []);
}

/** Holds back the store's answers until something is committed that the coach cannot know of. */
async function commitUnheard(coach: Coach, gate: TcpGate, databaseUrl: string): Promise<void> {
  await until("it delivers", async () => (await coach.stats()).delivered > 0);
  gate.mute();
  let [heard, quiet] = [0, 0];
  await until("the last answer that had passed is heard", async () => {
    const { delivered } = await coach.stats();
    quiet = delivered === heard ? quiet + 1 : 0;
    heard = delivered;
    return quiet > 5;
  });
  await until("something is committed, and not acknowledged", async () => {
    const [row] = await query(databaseUrl, "SELECT count(*)::int AS spans FROM tracing.spans");
    return Number(row?.spans) > heard;
  });
  assert.equal((await coach.stats()).delivered, heard, "an acknowledgement has come through");
}

async function overInsForge(scene: Scene): Promise<Gated> {
  const server = await scene.insforge();
  const { gate, databaseUrl: baseUrl } = await scene.gate(server.url);
  return { gate, databaseUrl: server.databaseUrl, store: { insforge: { baseUrl, apiKey: server.apiKey } } };
}

async function overPostgres(scene: Scene): Promise<Gated> {
  const databaseUrl = await scene.database();
  const gated = await scene.gate(databaseUrl);
  return { gate: gated.gate, databaseUrl, store: { databaseUrl: gated.databaseUrl } };
}
