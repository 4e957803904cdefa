import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { readDeadLetters } from "../../src/collector/spool/dead-letters.ts";
import { Spool } from "../../src/collector/spool/spool.ts";
import { readWaitingRecords } from "../../src/collector/spool/waiting-lines.ts";
import { type OpenStore, openStore } from "../../src/open-store.ts";
import type { TraceRecord } from "../../src/record/record.ts";
import type { TracePage } from "../../src/store/trace-repo.ts";
import { query } from "../support/postgres-server.ts";
import { sampleModelCall, sampleRecord } from "../support/sample-record.ts";
import { manyTraces, type PreparedStore, prepareStore, runAgainst } from "./prepared-store.ts";
import { LEARN, NOW, RUNNING, SUPPORT, storedRecords } from "./stored-traces.ts";

let store: PreparedStore;
let url: string;
let tracing: ReturnType<typeof runAgainst>;

let opened: OpenStore;

beforeAll(async () => {
  store = await prepareStore();
  url = await store.database([]);
  opened = await openStore({ databaseUrl: url }, {});
  tracing = runAgainst(url, store.dataDir);
});
afterAll(async () => {
  await opened?.close();
  await store?.stop();
});
beforeEach(async () => {
  await query(url, "TRUNCATE tracing.traces, tracing.spans, tracing.span_stats, tracing.erasures");
  await opened.repo.ingest(storedRecords());
});

async function left(): Promise<string[]> {
  const { stdout } = await tracing(["ls", "--json"]);
  return (JSON.parse(stdout) as TracePage).traces.map((trace) => trace.traceId);
}

describe("tracing prune", () => {
  it.each<[argv: string[], left: string[]]>([
    [
      ["--older-than", "12h"],
      [RUNNING, LEARN],
    ],
    [["--older-than", "2026-11-24T10:03Z"], [RUNNING]],
    [
      ["--user", "7"],
      [RUNNING, SUPPORT],
    ],
    [
      ["--telegram-id", "42"],
      [RUNNING, SUPPORT],
    ],
    [
      ["--trace", LEARN],
      [RUNNING, SUPPORT],
    ],
    [
      ["--trace", SUPPORT.slice(0, 20)],
      [RUNNING, LEARN],
    ],
    [
      ["--user", "7", "--older-than", "12h"],
      [RUNNING, LEARN, SUPPORT],
    ],
  ])("%j deletes what all of it is true for", async (argv, traceIds) => {
    const { exitCode, stdout, stderr } = await tracing(["prune", ...argv, "--yes"]);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^--(user|telegram)/.test(argv[0] ?? "") ? /^Out of reach: .*\n$/ : /^$/);
    expect(stdout).toMatch(
      traceIds.length === 3 ? /^No traces match/ : /^Deleted \d traces? with \d spans?\.\n$/,
    );
    expect(await left()).toEqual(traceIds);
  });

  it("says what would go and deletes nothing with --dry-run", async () => {
    const { exitCode, stdout } = await tracing(["prune", "--user", "7", "--dry-run"]);
    expect([exitCode, stdout]).toEqual([0, "Would delete 1 trace with 4 spans. Nothing has been deleted.\n"]);
    const json = await tracing(["prune", "--user", "7", "--dry-run", "--json"]);
    expect(JSON.parse(json.stdout)).toEqual({ dryRun: true, traces: 1, spans: 4, spoolRecords: 0 });
    expect(await left()).toHaveLength(3);
  });

  it("asks at a terminal, with the counts, and takes no for an answer", async () => {
    const questions: string[] = [];
    const answering = (answer: boolean) => async (question: string) => {
      questions.push(question);
      return answer;
    };
    const no = await tracing(["prune", "--user", "7"], { columns: 100, confirm: answering(false) });
    expect([no.exitCode, no.stdout, no.stderr]).toEqual([1, "", "Nothing has been deleted.\n"]);
    expect(questions).toEqual([
      expect.stringMatching(
        /^Delete 1 trace with 4 spans of user 7 for good from PostgreSQL at 127\.0\.0\.1/,
      ),
    ]);
    expect(await left()).toHaveLength(3);
    const yes = await tracing(["prune", "--user", "7"], { columns: 100, confirm: answering(true) });
    expect([yes.exitCode, yes.stdout]).toEqual([0, "Deleted 1 trace with 4 spans.\n"]);
    expect(await left()).toEqual([RUNNING, SUPPORT]);
  });

  it("deletes nothing unasked where nobody can answer", async () => {
    const { exitCode, stdout, stderr } = await tracing(["prune", "--user", "7"]);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error: 1 trace with 4 spans would be deleted.*\nhint: Add --yes/);
    expect(await left()).toHaveLength(3);
  });

  it.each([
    [[], /Nothing says which traces to delete.*\nhint: Give --older-than/s],
    [["--yes"], /Nothing says which/],
    [["--older-than", "30"], /--older-than is "30"; accepted: an age/],
    [["--older-than", "2027-01-01"], /--older-than is "2027-01-01"; accepted: an age such as 30d/],
    [["--telegram-id", "me"], /digits only/],
    [["--trace", "xyz"], /--trace is "xyz"/],
  ])("%j exits with 2 and says why", async (argv, reason) => {
    const { exitCode, stdout, stderr } = await tracing(["prune", ...argv]);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(reason);
    expect(await left()).toHaveLength(3);
  });

  it("fails for a trace that is not there", async () => {
    const { exitCode, stderr } = await tracing(["prune", "--trace", "d".repeat(32), "--yes"]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`There is no trace ${"d".repeat(32)}`)]);
  });

  it("shows how far it is on a terminal, and only there", async () => {
    const records = manyTraces(4_500, new Date(NOW.getTime() - 86_400_000), { user_id: "many" });
    await opened.repo.ingest(records.map((record) => sampleRecord(record)));
    const { stdout, stderr } = await tracing(["prune", "--user", "many", "--yes"], { columns: 80 });
    expect(stdout).toBe("Deleted 4,500 traces with 4,500 spans.\n");
    expect(stderr).toContain("Deleted 2,000 traces of 4,500 traces");
    expect(stderr).toContain("\r\u001b[2KOut of reach: ");
  });

  it("erases a person in the spools too, and counts it", async () => {
    const mine = sampleRecord({ user_id: "7" });
    const spool = openSpool([mine, sampleModelCall(mine), sampleRecord({ user_id: "8" })]);
    spool.deadLetter([{ record: JSON.stringify(sampleRecord({ user_id: "7" })), reason: "refused" }]);
    const found = await tracing(["prune", "--user", "7", "--dry-run", "--json"]);
    expect(JSON.parse(found.stdout)).toEqual({ dryRun: true, traces: 1, spans: 4, spoolRecords: 3 });
    const { stdout } = await tracing(["prune", "--user", "7", "--yes"]);
    expect(stdout).toBe("Deleted 1 trace with 4 spans and 3 records in spools.\n");
    expect(readWaitingRecords(spool.dir, 9).map((record) => JSON.parse(record).user_id)).toEqual(["8"]);
    expect(readDeadLetters(spool.dir)).toEqual([]);
  });

  it("erases a trace that is in no store yet", async () => {
    const waiting = sampleRecord();
    const spool = openSpool([waiting, sampleModelCall(waiting), sampleRecord({ user_id: "8" })]);
    const { exitCode, stdout } = await tracing(["prune", "--trace", waiting.trace_id, "--yes"]);
    expect([exitCode, stdout]).toEqual([0, "Deleted 2 records in spools.\n"]);
    expect(readWaitingRecords(spool.dir, 9)).toHaveLength(1);
    expect(await opened.repo.ingest([waiting])).toEqual({ inserted: 0, duplicates: 0, erased: 1 });
  });

  it("leaves the spools alone when it goes by age", async () => {
    const spool = openSpool([sampleRecord()]);
    const { stdout } = await tracing(["prune", "--older-than", "2026-11-24T10:03Z", "--yes"]);
    expect(stdout).toMatch(/^Deleted 2 traces with \d spans\.\n$/);
    expect(readWaitingRecords(spool.dir, 9)).toHaveLength(1);
  });

  it("remembers whom it erases with --yes, though nothing of them is there yet", async () => {
    const late = sampleRecord({ telegram_id: "770077" });
    const { exitCode, stdout } = await tracing(["prune", "--telegram-id", "770077", "--yes"]);
    expect([exitCode, stdout]).toEqual([0, "No traces match; what comes late will not be stored.\n"]);
    expect(await opened.repo.ingest([late])).toEqual({ inserted: 0, duplicates: 0, erased: 1 });
  });

  it("erases in the spools alone where there is no store", async () => {
    const spool = openSpool([sampleRecord({ user_id: "7" }), sampleRecord({ user_id: "8" })], "spool-otlp");
    const env = {
      DATABASE_URL: "",
      TRACING_STORE: "none",
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
    };
    const { exitCode, stdout } = await tracing(["prune", "--user", "7", "--yes"], { env });
    expect([exitCode, stdout]).toEqual([0, "Deleted 1 record in spools.\n"]);
    expect(readWaitingRecords(spool.dir, 9)).toHaveLength(1);
    const byAge = await tracing(["prune", "--older-than", "1d", "--yes"], { env });
    expect([byAge.exitCode, byAge.stderr]).toEqual([1, expect.stringContaining("There is no store here")]);
  });

  it("asks for a newer schema before it erases anything", async () => {
    await query(url, "DELETE FROM tracing.migrations WHERE version = 6");
    try {
      const { exitCode, stderr } = await tracing(["prune", "--user", "7", "--yes"]);
      expect([exitCode, stderr]).toEqual([
        1,
        expect.stringMatching(/has version 5;.*\nhint: Run `tracing migrate`/),
      ]);
      expect(await left()).toHaveLength(3);
    } finally {
      await query(url, "INSERT INTO tracing.migrations (version, name) VALUES (6, 'erasure')");
    }
  });
});

/** A spool of a live process, with these records, that goes with the test. */
function openSpool(records: readonly TraceRecord[], name = "spool"): Spool {
  const dir = join(store.dataDir, name);
  const spool = new Spool({ dir, onDrop: () => undefined, onWarn: () => undefined });
  spool.append(records.map((record) => JSON.stringify(record)));
  onTestFinished(() => {
    spool.close();
    rmSync(dir, { recursive: true });
  });
  return spool;
}
