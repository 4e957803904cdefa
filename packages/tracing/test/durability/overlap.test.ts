import { cpSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { migrateDatabase, wrongFigures, wrongRuns } from "./judge.ts";
import { scratchDir, startProgram } from "./processes.ts";
import { readRunLogs } from "./run-log.ts";

const service = new URL("children/killed-service.ts", import.meta.url);
const RUNS = 150;
const BATCH_SIZES = ["512", "97", "64"];

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

it("stores each record once, with exact figures, when three collectors send the same ones in batches of their own", {
  timeout: 120_000,
}, async () => {
  const databaseUrl = await server.createDatabase();
  await migrateDatabase(databaseUrl);
  const nowhere = new URL(databaseUrl);
  nowhere.port = "1";
  const dir = scratchDir();
  const [left, logFile] = [join(dir, "left"), join(dir, "runs.log")];
  const killed = startProgram(service, [nowhere.href, left, logFile]);
  while ((await killed.line()) !== "started");
  while (readRunLogs([logFile]).settled.length < RUNS) await pause(50);
  await killed.kill();

  const collectors = BATCH_SIZES.map((size) => {
    cpSync(left, join(dir, size), { recursive: true });
    return startProgram(service, [databaseUrl, join(dir, size), join(dir, `${size}.log`), "drain", size]);
  });
  const stats = await Promise.all(
    collectors.map(async (collector) => {
      while ((await collector.line()) !== "started");
      return JSON.parse(await collector.line());
    }),
  );

  const { settled } = readRunLogs([logFile]);
  expect(settled.length).toBeGreaterThanOrEqual(RUNS);
  expect(await wrongRuns(databaseUrl, settled)).toEqual([]);
  expect(await wrongFigures(databaseUrl)).toEqual([]);
  // Each of the three believes, and rightly, that all of its records are stored.
  for (const told of stats) expect(told).toMatchObject({ pending: 0, deadLettered: 0, dropped: {} });
});
