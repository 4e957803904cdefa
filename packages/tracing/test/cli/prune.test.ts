import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Spool } from "../../src/collector/spool/spool.ts";
import { type OpenStore, openStore } from "../../src/open-store.ts";
import type { TracePage } from "../../src/store/trace-repo.ts";
import { query } from "../support/postgres-server.ts";
import { sampleRecord } from "../support/sample-record.ts";
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
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      traceIds.length === 3 ? /^No traces match/ : /^Deleted \d traces? with \d spans?\.\n$/,
    );
    expect(await left()).toEqual(traceIds);
  });

  it("says what would go and deletes nothing with --dry-run", async () => {
    const { exitCode, stdout } = await tracing(["prune", "--user", "7", "--dry-run"]);
    expect([exitCode, stdout]).toEqual([0, "Would delete 1 trace with 4 spans. Nothing has been deleted.\n"]);
    const json = await tracing(["prune", "--user", "7", "--dry-run", "--json"]);
    expect(JSON.parse(json.stdout)).toEqual({ dryRun: true, traces: 1, spans: 4 });
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
    expect(stderr.endsWith("\r\u001b[2K")).toBe(true);
  });

  it("tells whoever erases a person that the spool may hold more of it", async () => {
    const spool = new Spool({
      dir: join(store.dataDir, "spool"),
      onDrop: () => undefined,
      onWarn: () => undefined,
    });
    spool.append([JSON.stringify(sampleRecord({ user_id: "7" }))]);
    try {
      const { stderr } = await tracing(["prune", "--user", "7", "--yes"]);
      expect(stderr).toMatch(/The spool here holds 1 record that wait.*`tracing spool show`/);
    } finally {
      for (let batch = await spool.take({ maxRecords: 9, maxBytes: 1e6 }); batch; batch = undefined)
        spool.settle(batch);
      spool.close();
    }
  });
});
