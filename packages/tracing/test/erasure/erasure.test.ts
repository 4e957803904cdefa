import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { CollectorStats } from "../../src/index.ts";
import { captureRun } from "../cli/captured-run.ts";
import { startReceiver } from "../otlp/receiver.ts";
import { type PostgresServer, query, startPostgres } from "../support/postgres-server.ts";
import { migrateDatabase, wrongFigures } from "../support/stored-figures.ts";
import { openTcpGate } from "../support/tcp-gate.ts";
import { filesWith, rowsWith, startService } from "./everywhere.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => server?.stop());

/** What user 7 said, and who they are. */
const SEVEN = ["seven-said", "user-7", "7000007"];
const AFTERWARDS = "wrote-again";

interface Stats {
  store: CollectorStats;
  otlp: CollectorStats;
}

function expectBalanced({
  ended,
  delivered,
  pending,
  deadLettered,
  sampledOut,
  dropped,
}: CollectorStats): void {
  const given = Object.values(dropped).reduce((sum, spans) => sum + spans, 0);
  expect(ended).toBe(delivered + pending + deadLettered + sampledOut + given);
}

/** A database behind a gate that refuses a span named `poison`, and an OTLP backend that is away. */
async function setUp() {
  const url = await server.createDatabase();
  await migrateDatabase(url);
  await query(url, "ALTER TABLE tracing.spans ADD CONSTRAINT no_poison CHECK (name <> 'poison')");
  const { hostname, port, pathname } = new URL(url);
  const gate = await openTcpGate({ host: hostname, port: Number(port) });
  const receiver = await startReceiver();
  const { url: otlp } = receiver;
  await receiver.down();
  const dataDir = mkdtempSync(join(tmpdir(), "erasure-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 }));
  const behindGate = `postgres://postgres@127.0.0.1:${gate.port}${pathname}`;
  const start = () => startService(behindGate, dataDir, otlp);
  return { url, gate, receiver, dataDir, start };
}

/** Runs of users by what is stored of them, with how many spans. */
async function storedOf(url: string): Promise<Record<string, number[]>> {
  const rows = await query(
    url,
    `SELECT t.user_id, array_agg(s.spans ORDER BY s.spans) AS spans FROM tracing.traces t,
       LATERAL (SELECT count(*)::int AS spans FROM tracing.spans s WHERE s.trace_id = t.trace_id) s GROUP BY 1`,
  );
  return Object.fromEntries(rows.map(({ user_id, spans }) => [user_id, spans as number[]]));
}

describe("erasing a person whose runs are everywhere at once", { timeout: 120_000 }, () => {
  it("leaves nothing of them in tables, spools and dead letters, and everything of everyone else", async () => {
    const { url, gate, receiver, dataDir, start } = await setUp();
    const [live, dying] = [await start(), await start()];
    // An open run whose start stands in a checkpoint alone: the segment it was written to is full, delivered and gone.
    await dying.ask("open 7 seven-said open");
    await dying.ask("open 8 eight open");
    await dying.ask("bulk 50");
    await dying.ask("flush");
    for (const service of [live, dying]) {
      for (const user of ["7", "8"]) {
        const text = user === "7" ? "seven-said" : "eight";
        await service.ask(`run ${user} ${text} stored`);
        await service.ask(`poison ${user} ${text} poison`);
      }
      await service.ask("flush");
    }
    await gate.shut();
    for (const service of [live, dying]) {
      await service.ask("run 7 seven-said waiting");
      await service.ask("run 8 eight waiting");
      await service.ask("open 7 seven-said open too");
    }
    await dying.kill();

    // Everything is where it is meant to be.
    const kinds = new Set(
      filesWith(dataDir, SEVEN).map((path) => path.replace(/\/[^/]*\//, " ").replace(/-\d+/, "")),
    );
    expect([...kinds].toSorted()).toEqual([
      "spool checkpoint.ndjson",
      "spool dead-letter.ndjson",
      "spool segment.v1.ndjson",
      "spool-otlp segment.v1.ndjson",
    ]);
    expect(Object.keys(await rowsWith(url, SEVEN)).toSorted()).toEqual(["tracing.spans", "tracing.traces"]);

    const env = { DATABASE_URL: url, TRACING_DATA_DIR: dataDir };
    const pruned = await captureRun(["prune", "--user", "user-7", "--yes", "--json"], { env });
    expect(pruned).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^Out of reach: /) });
    expect(filesWith(dataDir, SEVEN)).toEqual([]);
    expect(await rowsWith(url, SEVEN)).toEqual({});

    await gate.open();
    await live.ask(`run 7 ${AFTERWARDS}`);
    await live.ask("flush");
    const heir = await start();
    await heir.ask("flush");
    await receiver.up();
    const stats = [(await live.ask("stop")) as Stats, (await heir.ask("stop")) as Stats].flatMap(
      ({ store, otlp }) => [store, otlp],
    );
    for (const each of stats) expectBalanced(each);
    expect(stats.map(({ pending, dropped }) => [pending, (dropped.erased ?? 0) > 0])).toEqual(
      Array(4).fill([0, true]),
    );

    expect(filesWith(dataDir, SEVEN)).toEqual([]);
    expect(await rowsWith(url, ["seven-said"])).toEqual({});
    const copies = receiver.spans.map((span) => JSON.stringify(span));
    const of = (word: string) => copies.filter((copy) => copy.includes(word)).length;
    // A run that goes on in a live process is sent when it ends: nobody there knows of the erasure.
    expect([of("seven-said open too"), of("seven-said"), of("eight"), of(AFTERWARDS)]).toEqual([1, 1, 17, 3]);
    const { "user-9": bulk, ...others } = await storedOf(url);
    // Of user 8: one that never ended, two without their poison, two stored and two that waited.
    expect(others).toEqual({ "user-7": [3], "user-8": [1, 1, 1, 3, 3, 3, 3] });
    expect(bulk).toEqual(Array(50).fill(3));
    expect(await rowsWith(url, [AFTERWARDS])).toMatchObject({ "tracing.traces": 1 });
    expect(await wrongFigures(url)).toEqual([]);
  });

  it("leaves nothing of them either when their own service erases them, and then dies", async () => {
    const { url, gate, receiver, dataDir, start } = await setUp();
    const service = await start();
    await service.ask("run 7 seven-said stored");
    await service.ask("poison 7 seven-said poison");
    await service.ask("flush");
    await gate.shut();
    for (const user of ["7 seven-said", "8 eight"]) {
      await service.ask(`run ${user} waiting`);
      await service.ask(`open ${user} open`);
    }
    expect(await service.ask("erase 7")).toMatchObject({ refused: "StoreError" });
    expect(filesWith(dataDir, SEVEN)).not.toEqual([]);

    await gate.open();
    const erased = (await service.ask("erase 7")) as Record<string, number>;
    // What waited may have been stored meanwhile.
    expect(erased.traces).toBeGreaterThanOrEqual(2);
    expect([erased.deadLetters, (erased.spoolRecords ?? 0) > 10]).toEqual([1, true]);
    expect(filesWith(dataDir, SEVEN)).toEqual([]);
    expect(await rowsWith(url, SEVEN)).toEqual({});
    await service.ask(`run 7 ${AFTERWARDS}`);
    await service.ask("flush");
    const { store, otlp } = (await service.ask("stats")) as Stats;
    for (const each of [store, otlp]) expectBalanced(each);
    expect([store.pending, otlp.pending > 0]).toEqual([0, true]);
    await service.kill();

    const heir = await start();
    await receiver.up();
    await heir.ask("flush");
    await heir.ask("stop");
    expect(filesWith(dataDir, ["seven-said"])).toEqual([]);
    expect(await rowsWith(url, ["seven-said"])).toEqual({});
    const copies = receiver.spans.map((span) => JSON.stringify(span));
    expect(copies.filter((copy) => copy.includes("seven-said"))).toEqual([]);
    expect(await storedOf(url)).toEqual({ "user-7": [3], "user-8": [1, 3] });
    expect(await wrongFigures(url)).toEqual([]);
  });
});
