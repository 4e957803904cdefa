import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { openTcpGate } from "../support/tcp-gate.ts";
import { countSpans, migrateDatabase, wrongFigures, wrongRuns } from "./judge.ts";
import { scratchDir, startProgram } from "./processes.ts";
import { readRunLogs } from "./run-log.ts";

const SPANS_PER_SECOND = 500;
/** The first minute, in which the heap grows to what the load takes. */
const WELL_SECONDS = 60;
const DOWN_SECONDS = 60;
const MAX_GROWTH_MB = 32;

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

it("stores everything within 30 s of the return of a database that was away for a minute, and needs no memory for it", {
  timeout: 300_000,
}, async () => {
  const databaseUrl = await server.createDatabase();
  await migrateDatabase(databaseUrl);
  const gate = await openTcpGate({ host: "127.0.0.1", port: Number(new URL(databaseUrl).port) });
  onTestFinished(() => gate.close());
  const gated = new URL(databaseUrl);
  gated.port = String(gate.port);
  const dir = scratchDir();
  const [logFile, stateFile] = [join(dir, "runs.log"), join(dir, "states.log")];
  const settled = () => readRunLogs([logFile]).settled;

  const service = startProgram(new URL("children/steady-service.ts", import.meta.url), [
    gated.href,
    join(dir, "data"),
    logFile,
    stateFile,
    String(SPANS_PER_SECOND),
  ]);
  expect(await service.line()).toBe("started");
  await pause(WELL_SECONDS * 1_000);
  await gate.shut();
  await pause(DOWN_SECONDS * 1_000);
  const storedWhileAway = await countSpans(databaseUrl);
  const heldBack = settled();
  await gate.open();

  // What had settled when the database returned, while the service goes on as before.
  const returned = performance.now();
  const seconds = () => (performance.now() - returned) / 1_000;
  while ((await wrongRuns(databaseUrl, heldBack)).length > 0 && seconds() < 30) await pause(250);
  const madeUpFor = seconds();
  expect(await wrongRuns(databaseUrl, heldBack)).toEqual([]);

  service.tell("stop");
  const stats = JSON.parse(await service.line());
  expect(await service.ended()).toBe(0);
  const spans = settled().reduce((sum, run) => sum + run.spans, 0);
  expect(await wrongRuns(databaseUrl, settled())).toEqual([]);
  expect(await wrongFigures(databaseUrl)).toEqual([]);
  expect(await countSpans(databaseUrl)).toBe(spans);
  expect(stats).toMatchObject({ ended: spans, delivered: spans, pending: 0, deadLettered: 0, dropped: {} });

  // The outage did happen, and under the load that is claimed.
  const waited = heldBack.reduce((sum, run) => sum + run.spans, 0) - storedWhileAway;
  expect(waited).toBeGreaterThan(DOWN_SECONDS * SPANS_PER_SECOND * 0.9);

  const states = readFileSync(stateFile, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" ").map(Number));
  const during = (from: number, to: number) => {
    const chosen = states.filter(([second = 0]) => second > from && second <= to);
    const most = (column: number) => Math.max(...chosen.map((state) => state[column] ?? Number.NaN));
    return { count: chosen.length, mb: most(1) / 2 ** 20, p99Ms: most(2) };
  };
  const before = during(WELL_SECONDS - 10, WELL_SECONDS);
  const away = during(WELL_SECONDS, WELL_SECONDS + DOWN_SECONDS);
  const after = during(WELL_SECONDS + DOWN_SECONDS, Number.POSITIVE_INFINITY);
  console.info(
    `Outage: ${JSON.stringify({
      spans,
      waited,
      "seconds to make up for it": Number(madeUpFor.toFixed(1)),
      "RSS in MB before, away, after": [before, away, after].map(({ mb }) => Math.round(mb)),
      "worst p99 of a run in ms before, away, after": [before, away, after].map(({ p99Ms }) => p99Ms),
    })}`,
  );
  expect(away.count).toBeGreaterThan(50);
  expect(away.mb - before.mb).toBeLessThan(MAX_GROWTH_MB);
  expect(after.mb - before.mb).toBeLessThan(MAX_GROWTH_MB);
});
