import assert from "node:assert/strict";
import { createInsForgeMigrationTarget } from "../../../src/insforge/index.ts";
import { openStore } from "../../../src/open-store.ts";
import { type MigrationTarget, migrate, readMigrations } from "../../../src/store/migrator.ts";
import type { Coach } from "../coach.ts";
import type { Fault } from "../fault.ts";
import { finish } from "../finish.ts";
import { readRunLogs } from "../run-log.ts";
import type { Scene } from "../scene.ts";
import { steadyCoach, storeIn } from "../steady-coach.ts";
import { wrongRuns } from "../stored-runs.ts";
import { together } from "../together.ts";
import { until } from "../until.ts";

const CLI = new URL("../../../src/cli/main.ts", import.meta.url);
/** How many migrations of an old schema have been applied: tables, and nothing that stores. */
const OLD = 1;

export const schemaMissing: Fault = {
  name: "18 schema missing or old",
  trials: { quick: 4, full: 12 },
  async run(scene) {
    while (scene.judged < scene.trials)
      await together(
        [0, OLD].flatMap((applied) => [() => inInsForge(scene, applied), () => inPostgres(scene, applied)]),
      );
  },
};

async function inInsForge(scene: Scene, applied: number): Promise<void> {
  const server = await scene.insforge({ migrated: false });
  const { url: baseUrl, apiKey, databaseUrl } = server;
  if (applied > 0) await apply(await createInsForgeMigrationTarget({ baseUrl, apiKey }), applied);
  const coach = steadyCoach(scene, storeIn(server));
  const env = { INSFORGE_BASE_URL: baseUrl, INSFORGE_API_KEY: apiKey, DATABASE_URL: "" };
  await requireHeldUntilMigrated(scene, coach, databaseUrl, env);
}

async function inPostgres(scene: Scene, applied: number): Promise<void> {
  const databaseUrl = await scene.database({ migrated: false });
  const store = await openStore({ databaseUrl }, {});
  if (applied > 0) await apply(store.migrations, applied);
  await store.close();
  const coach = steadyCoach(scene, { databaseUrl });
  const env = { DATABASE_URL: databaseUrl, INSFORGE_BASE_URL: "", INSFORGE_API_KEY: "" };
  await requireHeldUntilMigrated(scene, coach, databaseUrl, env);
}

async function apply(target: MigrationTarget, migrations: number): Promise<void> {
  await migrate(target, { migrations: readMigrations().slice(0, migrations) });
}

async function requireHeldUntilMigrated(
  scene: Scene,
  coach: Coach,
  databaseUrl: string,
  env: Record<string, string>,
): Promise<void> {
  const { logFile } = coach.options;
  await coach.started();
  await until("it misses the schema", async () => (await coach.stats()).state === "schema-missing");
  await coach.settled(readRunLogs([logFile]).settled.length + 20);
  const { delivered, deadLettered, dropped, pending, state } = await coach.stats();
  assert.deepEqual(
    { state, delivered, deadLettered, dropped },
    { state: "schema-missing", delivered: 0, deadLettered: 0, dropped: {} },
  );
  assert.ok(pending > 20, `only ${pending} spans are held`);

  const migrating = scene.program(CLI, ["migrate"], { env });
  assert.equal(await migrating.ended(), 0, "tracing migrate has failed");
  const oldest = readRunLogs([logFile]).settled.slice(0, 10);
  const stored = async () => (await wrongRuns(databaseUrl, oldest)).length === 0;
  await until("what was held is stored, without a restart", stored);
  const { log } = await finish(scene, coach, databaseUrl);
  assert.deepEqual(await wrongRuns(databaseUrl, log.settled), []);
  assert.equal(log.warnings.length, 1, `more was said than is needed:\n${log.warnings.join("\n")}`);
  assert.match(log.warnings[0] ?? "", /`tracing migrate`/);
}
