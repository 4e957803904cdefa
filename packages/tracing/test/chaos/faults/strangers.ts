import assert from "node:assert/strict";
import type { InsForgeServer } from "../../support/insforge-server.ts";
import { query } from "../../support/postgres-server.ts";
import type { Fault } from "../fault.ts";
import { finish } from "../finish.ts";
import { readRunLogs } from "../run-log.ts";
import type { Scene } from "../scene.ts";
import { steadyCoach, storeIn } from "../steady-coach.ts";
import { together } from "../together.ts";
import { until } from "../until.ts";

const RUNS = 20;

/** Those who have the address of the project, and what they may show at its door. */
const STRANGERS: readonly { who: string; key: (server: InsForgeServer) => string | undefined }[] = [
  { who: "the anonymous key", key: ({ anonKey }) => anonKey },
  { who: "a user's token", key: ({ userToken }) => userToken },
  { who: "no key", key: () => undefined },
];

export const strangers: Fault = {
  name: "25 anonymous key, user JWT, no key",
  trials: { quick: STRANGERS.length, full: STRANGERS.length },
  async run(scene) {
    await together(
      STRANGERS.map(({ who, key }) => async () => {
        const server = await scene.insforge();
        await requireRefused(server, who, key(server));
        await holdWithout(scene, server, key(server) ?? "none");
      }),
      STRANGERS.length,
    );
  },
};

/** Whoever shows such a key gets at no table, no partition and no function. */
async function requireRefused(server: InsForgeServer, who: string, key: string | undefined): Promise<void> {
  const names = await query(
    server.databaseUrl,
    `SELECT DISTINCT 'rpc/' || proname AS path FROM pg_proc WHERE pronamespace = 'tracing'::regnamespace
     UNION ALL SELECT 'records/' || relname FROM pg_class
     WHERE relnamespace = 'tracing'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')`,
  );
  assert.ok(names.length > 15, "the schema is not there");
  for (const { path } of names) {
    for (const method of String(path).startsWith("rpc") ? ["POST"] : ["GET", "POST", "DELETE"]) {
      const response = await fetch(`${server.url}/api/database/${path}`, {
        method,
        headers: {
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          [method === "GET" ? "accept-profile" : "content-profile"]: "tracing",
          "content-type": "application/json",
        },
        ...(method === "POST" && { body: "{}" }),
      });
      const answer = await response.text();
      assert.ok(
        refused(response.status, answer),
        `${who}: ${method} ${path} was answered ${response.status} ${answer}`,
      );
    }
  }
}

/** PostgREST looks for a function with these arguments before it asks who calls. */
function refused(status: number, answer: string): boolean {
  return status === 401 || status === 403 || (status === 404 && /"(PGRST202|42883)"/.test(answer));
}

/** A service with such a key stores nothing and loses nothing: all is there once the right one is configured. */
async function holdWithout(scene: Scene, server: InsForgeServer, apiKey: string): Promise<void> {
  const wrong = steadyCoach(scene, { insforge: { baseUrl: server.url, apiKey } });
  await wrong.started();
  await wrong.settled(RUNS);
  await until("it is paused", async () => (await wrong.stats()).state === "paused");
  await wrong.shutdown();
  const { dataDir = "", logFile } = wrong.options;
  const log = readRunLogs([logFile]);
  assert.equal(log.warnings.length, 1, `it was said otherwise than once: ${log.warnings.join("; ")}`);
  const [counted] = await query(server.databaseUrl, "SELECT count(*)::int AS spans FROM tracing.spans");
  assert.equal(counted?.spans, 0, "something was stored");

  const right = steadyCoach(scene, { ...storeIn(server), dataDir, workers: 0 });
  await right.started();
  await finish(scene, right, server.databaseUrl, { heirOf: logFile });
}
