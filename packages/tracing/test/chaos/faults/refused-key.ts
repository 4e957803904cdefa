import assert from "node:assert/strict";
import type { InsForgeServer } from "../../support/insforge-server.ts";
import { query } from "../../support/postgres-server.ts";
import type { Coach } from "../coach.ts";
import type { Fault } from "../fault.ts";
import { finish } from "../finish.ts";
import { ingestsOf } from "../ingests.ts";
import { readRunLogs } from "../run-log.ts";
import type { Scene } from "../scene.ts";
import { steadyCoach, storeIn } from "../steady-coach.ts";
import { wrongRuns } from "../stored-runs.ts";
import { together } from "../together.ts";
import { until } from "../until.ts";

/** One batch at a time: one that is still on its way with the old key would end the pause again. */
const COLLECTOR = { maxInFlight: 1, minBackoffMs: 200, maxBackoffMs: 2_000 };
const PAUSE_MS = 1_500;
/** As many requests as the back-off allows at first, and then in every second. */
const MOST_REQUESTS = 6;

export const refusedKey: Fault = {
  name: "16 401/403, key rotated later",
  trials: { quick: 4, full: 16 },
  async run(scene) {
    while (scene.judged < scene.trials) await together([() => rotated(scene), () => withoutRights(scene)]);
  },
};

/** The key is rotated and taken back, and rotated for good. */
async function rotated(scene: Scene): Promise<void> {
  const server = await scene.insforge();
  const coach = steadyCoach(scene, { ...storeIn(server), collector: COLLECTOR });
  await coach.started();
  const oldKey = server.apiKey;
  const newKey = server.rotateKey();
  await requirePause(server, coach, 401, 1);
  server.rotateKey(oldKey);
  await requireResumed(server, coach);

  server.rotateKey(newKey);
  await requirePause(server, coach, 401, 2);
  await requireNextStartDelivers(scene, server, coach, 2);
  const said = readRunLogs([coach.options.logFile]).warnings.join("\n");
  assert.ok(!said.includes(oldKey) && !said.includes(newKey), "a warning holds a key");
}

/** The key is good and has no right to write, which it is given; and one that never has it is replaced. */
async function withoutRights(scene: Scene): Promise<void> {
  const server = await scene.insforge();
  const coach = steadyCoach(scene, { ...storeIn(server), collector: COLLECTOR });
  await coach.started();
  const ingest = "EXECUTE ON FUNCTION tracing.ingest(jsonb)";
  await query(server.databaseUrl, `REVOKE ${ingest} FROM project_admin`);
  await requirePause(server, coach, 403, 1);
  await query(server.databaseUrl, `GRANT ${ingest} TO project_admin`);
  await requireResumed(server, coach);
  await finish(scene, coach, server.databaseUrl);

  const insforge = { baseUrl: server.url, apiKey: server.userToken };
  const user = steadyCoach(scene, { insforge, collector: COLLECTOR });
  await user.started();
  await requirePause(server, user, 403, 1);
  await requireNextStartDelivers(scene, server, user, 1);
}

/** It says once that it is paused, and hardly asks any more while the service goes on. */
async function requirePause(
  server: InsForgeServer,
  coach: Coach,
  status: number,
  times: number,
): Promise<void> {
  await until("it is paused", async () => (await coach.stats()).state === "paused");
  assert.equal(ingestsOf(server).at(-1)?.status, status);
  const [began, before] = [performance.now(), server.requests.length];
  await coach.settled(readRunLogs([coach.options.logFile]).settled.length + 40);
  await until("the pause has lasted", () => performance.now() - began > PAUSE_MS);
  const seconds = (performance.now() - began) / 1_000;
  const requests = server.requests.length - before;
  assert.ok(requests <= MOST_REQUESTS + seconds, `${requests} requests in ${seconds} s of a pause`);
  const { state, lastError = "" } = await coach.stats();
  assert.equal(state, "paused");
  assert.match(lastError, /INSFORGE_API_KEY/);
  const { warnings } = readRunLogs([coach.options.logFile]);
  assert.equal(warnings.filter((warning) => warning.includes("(paused)")).length, times, warnings.join("\n"));
}

async function requireResumed({ databaseUrl }: InsForgeServer, coach: Coach): Promise<void> {
  const { settled } = readRunLogs([coach.options.logFile]);
  const allStored = async () => (await wrongRuns(databaseUrl, settled)).length === 0;
  await until("what waited for the key is stored", allStored);
}

async function requireNextStartDelivers(
  scene: Scene,
  server: InsForgeServer,
  coach: Coach,
  trials: number,
): Promise<void> {
  const { dataDir = "", logFile } = coach.options;
  await coach.rest();
  const { pending } = await coach.shutdown();
  assert.ok(pending > 0, "nothing waits for the next start");
  const { stats } = await scene.deliverLeft({ ...storeIn(server), dataDir });
  assert.equal(stats.delivered, pending);
  const { databaseUrl } = server;
  const { ended, settled } = readRunLogs([logFile]);
  await scene.judge({ databaseUrl, ended, dataDirs: [dataDir] }, trials);
  assert.deepEqual(await wrongRuns(databaseUrl, settled), []);
}
