import { once } from "node:events";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PostgresServer, query, startPostgres } from "../support/postgres-server.ts";
import { SPANS_PER_TRACE, TOKENS_PER_TRACE } from "./children/workload.ts";
import { drain, messageOf, migratedDatabase, scratchDir, startProcess } from "./service-process.ts";
import { inexact, readTraces, readWitness } from "./stored-traces.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => server?.stop());

describe("collectors that send the same records at the same time", { timeout: 120_000 }, () => {
  it("store each once, with exact rollups and statistics, however their batches are cut", async () => {
    const databaseUrl = await migratedDatabase(server);
    const nowhere = new URL(databaseUrl);
    nowhere.port = "1";
    const dir = scratchDir();
    const logFile = join(dir, "events.log");
    const service = startProcess("looping", logFile, nowhere.href, join(dir, "left"));
    await messageOf(service);
    await pause(2_000);
    const ended = once(service, "exit");
    service.kill("SIGKILL");
    await ended;

    const batchSizes = ["512", "97", "64"];
    for (const size of batchSizes) cpSync(join(dir, "left"), join(dir, size), { recursive: true });
    const stats = await Promise.all(batchSizes.map((size) => drain(databaseUrl, join(dir, size), size)));

    const { settled } = readWitness(logFile);
    const stored = await readTraces(databaseUrl);
    expect(settled.size).toBeGreaterThan(100);
    const wrong = [...settled].filter((id) => {
      const trace = stored.get(id);
      return trace?.spans !== SPANS_PER_TRACE || trace.tokens !== TOKENS_PER_TRACE || trace.status !== "ok";
    });
    expect(wrong).toEqual([]);
    expect(inexact(stored.values())).toEqual([]);
    const [figures] = await query(
      databaseUrl,
      `SELECT (SELECT sum(spans)::int FROM tracing.span_stats WHERE dimension = 'pipeline') AS counted,
         (SELECT count(*)::int FROM tracing.spans) AS stored`,
    );
    expect(figures?.counted).toBe(figures?.stored);
    // Each of the three believes, and rightly, that all of its records are stored.
    for (const told of stats) expect(told).toMatchObject({ pending: 0, deadLettered: 0, dropped: {} });
  });
});
