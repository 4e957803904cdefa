import { randomInt } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readSpoolStatus } from "../../src/collector/spool/spool-status.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { countSpans, migrateDatabase, statuses, wrongFigures, wrongRuns } from "./judge.ts";
import { scratchDir, startProgram } from "./processes.ts";
import { seededRandom } from "./random.ts";
import { readRunLogs } from "./run-log.ts";

const KILLS = Number(process.env.TRACING_TEST_KILLS ?? 50);
/** Repeats the moments of an earlier run. */
const SEED = Number(process.env.TRACING_TEST_SEED ?? randomInt(2 ** 32));

const service = new URL("children/killed-service.ts", import.meta.url);

let postgres: PostgresServer;
let databaseUrl: string;

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.createDatabase();
  await migrateDatabase(databaseUrl);
});
afterAll(() => postgres?.stop());

it(
  `stores every settled run once and interrupts every other, when its process is killed ${KILLS} times`,
  async () => {
    const random = seededRandom(SEED);
    const dataDir = scratchDir();
    const logDir = scratchDir();
    const start = (name: string, mode?: string) =>
      startProgram(service, [databaseUrl, dataDir, join(logDir, name), ...(mode ? [mode] : [])]);

    // Ends in order, and so leaves compiled sources behind for those that come.
    expect(await start("first", "drain").ended()).toBe(0);
    let beforeUp = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const child = start(`log-${kill}`);
      expect(await child.line()).toBe("starting");
      const early = random() < 0.3;
      if (early) beforeUp += 1;
      else expect(await child.line()).toBe("started");
      await sleep(early ? random() * 120 : 100 + random() * 500);
      await child.kill();
    }
    const last = start("last", "drain");
    expect(await last.line()).toBe("starting");
    expect(await last.line()).toBe("started");
    const stats = JSON.parse(await last.line());
    expect(await last.ended()).toBe(0);

    const log = readRunLogs(readdirSync(logDir).map((name) => join(logDir, name)));
    const stored = await statuses(databaseUrl);
    const settled = new Set(log.settled.map(({ trace }) => trace));
    const count = (status: string) => [...stored.values()].filter((found) => found === status).length;
    const figures = {
      seed: SEED,
      kills: KILLS,
      "kills before it was up": beforeUp,
      "runs opened": log.opened.size,
      "runs settled": settled.size,
      "traces stored": stored.size,
      interrupted: count("interrupted"),
      running: count("running"),
      spans: await countSpans(databaseUrl),
    };
    console.info(`SIGKILL: ${JSON.stringify(figures)}`);
    const hint = `TRACING_TEST_SEED=${SEED}`;

    expect(settled.size, hint).toBeGreaterThan(KILLS);
    expect(await wrongRuns(databaseUrl, log.settled), hint).toEqual([]);
    expect(await wrongFigures(databaseUrl), hint).toEqual([]);
    expect(count("running"), hint).toBe(0);
    const open = [...log.opened].filter((trace) => !log.ending.has(trace));
    expect(open.length, hint).toBeGreaterThan(0);
    expect(
      open.filter((trace) => stored.get(trace) !== "interrupted"),
      hint,
    ).toEqual([]);
    const missing = [...log.opened].filter((trace) => !stored.has(trace));
    expect(missing, hint).toEqual([]);
    // What the library says of itself, and what is left of its spool.
    expect(stats, hint).toMatchObject({ pending: 0, deadLettered: 0, dropped: {} });
    expect(log.warnings, hint).toEqual([]);
    const left = readSpoolStatus(join(dataDir, "spool")).filter(({ pendingSpans }) => pendingSpans > 0);
    expect(left, hint).toEqual([]);
  },
  60_000 + KILLS * 4_000,
);
