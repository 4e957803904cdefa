import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../src/open-store.ts";
import { LATEST_SCHEMA_VERSION } from "../../src/store/migrator.ts";
import type { TraceDetail, TracePage } from "../../src/store/trace-repo.ts";
import { type PostgresServer, query, startPostgres } from "../support/postgres-server.ts";
import { sampleRecord } from "../support/sample-record.ts";
import { type CapturedRun, captureRun, type RunSetting } from "./captured-run.ts";
import { LEARN, NOW, RUNNING, SUPPORT, storedRecords } from "./stored-traces.ts";

/** The members of what is printed, in the order in which it is documented. */
const SUMMARY = [
  ...["traceId", "pipelineName", "status", "startTime", "durationMs", "telegramId", "userId", "sessionId"],
  ...["tags", "metadata", "serviceName", "spanCount", "errorCount", "models", "inputTokens", "outputTokens"],
  ...["costUsd", "error", "scores"],
];
const SPAN = [
  ...["spanId", "parentSpanId", "name", "kind", "status", "startTime", "durationMs", "input", "output"],
  ...["agent", "provider", "model", "inputTokens", "outputTokens", "costUsd", "costSource", "error"],
  ...["attributes", "events", "links"],
];

let server: PostgresServer;
let url: string;
let dataDir: string;

beforeAll(async () => {
  server = await startPostgres();
  dataDir = mkdtempSync(join(tmpdir(), "tracing-cli-"));
  url = await server.createDatabase();
  const store = await openStore({ databaseUrl: url }, {});
  expect((await captureRun(["migrate", "--database-url", url])).exitCode).toBe(0);
  await store.repo.ingest(storedRecords());
  await store.repo.score(LEARN, { name: "quality", value: 0.9, comment: "good" });
  await store.close();
});
afterAll(async () => {
  await server?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

function tracing(argv: readonly string[], setting: RunSetting = {}): Promise<CapturedRun> {
  const env = { DATABASE_URL: url, TRACING_DATA_DIR: dataDir, ...setting.env };
  return captureRun(argv, { now: NOW, ...setting, env });
}

async function listed(...argv: string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await tracing(["ls", "--json", ...argv]);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return (JSON.parse(stdout) as TracePage).traces.map((trace) => trace.traceId);
}

describe("tracing migrate", () => {
  it("lists what it would do, does it, and says the second time that it is done", async () => {
    const env = { DATABASE_URL: await server.createDatabase() };
    const missing = await tracing(["ls"], { env });
    expect([missing.exitCode, missing.stdout]).toEqual([1, ""]);
    expect(missing.stderr).toMatch(
      /^error: The store has no tracing schema.*\nhint: Run `tracing migrate`\.\n$/,
    );
    const unwell = await tracing(["doctor"], { env });
    expect([unwell.exitCode, unwell.stdout]).toEqual([
      1,
      expect.stringMatching(/^fail {2}schema .*\n +mend: Run `tracing migrate`/m),
    ]);

    const plan = await tracing(["migrate", "--dry-run"], { env });
    expect([plan.exitCode, plan.stderr]).toEqual([0, ""]);
    expect(plan.stdout).toMatch(/^would apply {4}1 tables$/m);
    expect(plan.stdout).toMatch(/Nothing has been changed\.\n$/);
    const done = await tracing(["migrate"], { env });
    expect(done.stdout).toMatch(/^Store: PostgreSQL at 127\.0\.0\.1:\d+\/test_\d+\napplied {8}1 tables$/m);
    expect(done.stdout).toContain(`The schema now has version ${LATEST_SCHEMA_VERSION}.`);
    const again = await tracing(["migrate"], { env });
    expect(again.stdout).toMatch(/^already there {2}1 tables$/m);
    expect(again.stdout).not.toContain("applied");
    const json = await tracing(["migrate", "--json"], { env });
    expect(JSON.parse(json.stdout)).toMatchObject({
      dryRun: false,
      applied: [],
      version: LATEST_SCHEMA_VERSION,
    });

    const empty = await tracing(["ls"], { env });
    expect(empty).toEqual({ exitCode: 0, stdout: "", stderr: "There is no trace yet.\n" });
    const none = await tracing(["ls", "--user", "7"], { env });
    expect(none).toEqual({ exitCode: 0, stdout: "", stderr: "No traces match.\n" });
    const latest = await tracing(["show", "latest"], { env });
    expect([latest.exitCode, latest.stderr]).toEqual([1, "error: There is no trace yet.\n"]);
  });
});

describe("tracing ls", () => {
  it("lists newest first, a line each, without colour in a pipe", async () => {
    const { exitCode, stdout, stderr } = await tracing(["ls"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.split(/\s+/).at(-1))).toEqual(["trace", RUNNING, LEARN, SUPPORT]);
    expect(lines[2]).toMatch(/ error +learn +4\.00 s +4 +1 +1\.2K\/30 +\$0\.0125 +7 +0af765/);
    expect(stdout).not.toContain("\u001b");
  });

  it("fits a terminal and colours there, unless told not to", async () => {
    const terminal = await tracing(["ls"], { columns: 60 });
    expect(terminal.stdout).toContain("\u001b[");
    const plain = await tracing(["ls"], { columns: 60, env: { NO_COLOR: "1" } });
    expect(plain.stdout).not.toContain("\u001b");
    expect(plain.stdout.split("\n").filter((line) => line.length > 60)).toEqual([]);
    expect((await tracing(["ls"], { env: { FORCE_COLOR: "1" } })).stdout).toContain("\u001b[");
    expect((await tracing(["ls"], { columns: 60, env: { FORCE_COLOR: "0" } })).stdout).not.toContain(
      "\u001b[",
    );
  });

  it.each<[argv: string[], traceIds: string[]]>([
    [["--pipeline", "support"], [SUPPORT]],
    [["--status", "running"], [RUNNING]],
    [["--user", "7"], [LEARN]],
    [["--telegram-id", "42"], [LEARN]],
    [["--session", "s-1"], [LEARN]],
    [["--service", "other"], [SUPPORT]],
    [["--model", "gpt-4o"], [LEARN]],
    [["--tag", "beta"], [LEARN]],
    [
      ["--since", "1h"],
      [RUNNING, LEARN],
    ],
    [["--until", "1h"], [SUPPORT]],
    [["--since", "2026-11-24T10:00Z", "--until", "2026-11-24T10:01Z"], [LEARN]],
    [["--min-duration", "2s"], [LEARN]],
    [["--max-duration", "500ms"], [SUPPORT]],
    [["--min-cost", "$0.01"], [LEARN]],
    [["--text", "closes a deal"], [LEARN]],
    [["--tag", "none"], []],
  ])("%j finds its traces", async (argv, traceIds) => {
    expect(await listed(...argv)).toEqual(traceIds);
  });

  it("goes on where a page ended", async () => {
    const first = await tracing(["ls", "--limit", "2", "--json"]);
    const { nextCursor } = JSON.parse(first.stdout) as TracePage;
    expect(await listed("--cursor", String(nextCursor))).toEqual([SUPPORT]);
    const forPeople = await tracing(["ls", "--limit", "2"]);
    expect(forPeople.stderr).toBe(`More: add --cursor ${nextCursor}\n`);
  });

  it("refuses a cursor that no list ended with", async () => {
    const { exitCode, stderr } = await tracing(["ls", "--cursor", "nonsense"]);
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringMatching(/^error: --cursor is "nonsense"; accepted: /),
    ]);
  });
});

describe("tracing show", () => {
  it("prints header and tree", async () => {
    const { exitCode, stdout, stderr } = await tracing(["show", LEARN]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("learn  error  4.00 s");
    for (const text of [
      "user     7, telegram 42",
      "scores   quality 0.9 (good)",
      "error    TimeoutError: no answer",
      "tags     beta",
    ]) {
      expect(lines).toContain(text);
    }
    expect(lines.slice(lines.indexOf("") + 1)).toEqual([
      "                                                           0                                 5.00 s",
      "learn  [error]                   4.00 s                    ████████████████████████████████",
      "│  ! TimeoutError: no answer",
      "├─ agent:trainer                 3.00 s                    ████████████████████████",
      "│  └─ llm:openrouter  gpt-4o     2.00 s  1.2K/30  $0.0125      ████████████████",
      "└─ agent:memory  [late +1.00 s]  1.50 s                                                ████▒▒▒▒▒▒▒▒",
    ]);
  });

  it("takes the beginning of an id, and refuses one that fits several traces", async () => {
    expect((await tracing(["show", "0af7651916"])).stdout).toContain(LEARN);
    const ambiguous = await tracing(["show", "0af76519"]);
    expect([ambiguous.exitCode, ambiguous.stdout]).toEqual([1, ""]);
    expect(ambiguous.stderr).toBe(
      `error: 2 traces begin with 0af76519: ${LEARN}, ${SUPPORT}.\nhint: Give more digits.\n`,
    );
  });

  it("takes the latest, which is still running", async () => {
    const { stdout } = await tracing(["show", "latest"]);
    expect(stdout).toMatch(/^train {2}running\n/);
    expect(stdout).toContain(RUNNING);
    expect(stdout).toMatch(/^train {2}\[running\] +– +░+$/m);
  });

  it("exits with 1 for a trace or span that is not there", async () => {
    for (const id of ["f".repeat(32), "ffff"]) {
      const { exitCode, stdout, stderr } = await tracing(["show", id]);
      expect([exitCode, stdout]).toEqual([1, ""]);
      expect(stderr).toContain(id);
    }
    const span = await tracing(["show", LEARN, "--span", "ffff"]);
    expect([span.exitCode, span.stderr]).toEqual([1, expect.stringContaining("has no span ffff")]);
    const several = await tracing(["show", LEARN, "--span", "0000"]);
    expect([several.exitCode, several.stderr]).toEqual([
      1,
      expect.stringContaining("4 spans begin with 0000"),
    ]);
  });

  it("adds inputs and outputs on request", async () => {
    expect((await tracing(["show", LEARN])).stdout).not.toContain("Patience");
    const { stdout } = await tracing(["show", LEARN, "--io"]);
    expect(stdout).toMatch(
      /in {2}\[\{"role":"user","content":"What closes a deal\?"\}\]\n.*out Patience\.\n/,
    );
  });

  it("shows one span whole", async () => {
    const { exitCode, stdout } = await tracing(["show", LEARN, "--span", "00000000000000b2"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^llm:openrouter {2}ok {2}2\.00 s\nspan {6}00000000000000b2\nparent {4}00000000000000a1\n/,
    );
    expect(stdout).toContain("output\n  Patience.");
  });

  it("prints the trace or the span as JSON, with times in UTC", async () => {
    const trace = JSON.parse(
      (await tracing(["show", LEARN, "--json"], { columns: 40 })).stdout,
    ) as TraceDetail;
    expect(trace).toMatchObject({
      traceId: LEARN,
      startTime: "2026-11-24T10:00:00.000000Z",
      input: { text: "hello" },
    });
    expect(trace.spans).toHaveLength(4);
    const span = JSON.parse((await tracing(["show", LEARN, "--span", "00000000000000b2", "--json"])).stdout);
    expect(span).toMatchObject({ spanId: "00000000000000b2", output: "Patience." });
  });

  it("prints members in the order of their documentation, spans last", async () => {
    const show = async (...argv: string[]) => JSON.parse((await tracing([...argv, "--json"])).stdout);
    const { traces, ...page } = await show("ls", "--pipeline", "learn");
    expect([Object.keys(page), traces.map(Object.keys)]).toEqual([["nextCursor"], [SUMMARY]]);
    const trace: TraceDetail = await show("show", LEARN);
    expect(Object.keys(trace)).toEqual([...SUMMARY, "input", "output", "spans"]);
    expect(Object.keys(trace.error ?? {})).toEqual(["type", "message"]);
    expect(trace.spans.map(Object.keys)).toEqual(trace.spans.map(() => SPAN));
    expect(Object.keys(trace.spans[0]?.error ?? {})).toEqual(["type", "message", "stack"]);
    expect(Object.keys(await show("show", LEARN, "--span", "00000000000000b2"))).toEqual(SPAN);
    const store = await openStore({ databaseUrl: url }, {});
    expect(Object.keys((await store.repo.getSpan(LEARN, "00000000000000b2")) ?? {})).toEqual(SPAN);
    await store.close();
  });
});

describe("tracing doctor", () => {
  it("finds nothing to mend where all is well", async () => {
    const { exitCode, stdout, stderr } = await tracing(["doctor"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^ok {4}configuration +Traces go to PostgreSQL, from DATABASE_URL\.$/m);
    expect(stdout).toMatch(/^ok {4}connection +PostgreSQL at 127\.0\.0\.1:\d+\/test_1 answers\.$/m);
    expect(stdout).toMatch(/^ok {4}schema /m);
    expect(stdout).toMatch(/^ok {4}clock /m);
    // Tests keep their data where it is not to last, and nothing else is wrong.
    expect(stdout).not.toMatch(/^fail|^warn {2}(?!spool directory)/m);
  });

  it("fails on a schema that is older or newer than this library", async () => {
    const older = await server.createDatabase();
    await tracing(["migrate"], { env: { DATABASE_URL: older } });
    await query(older, "DELETE FROM tracing.migrations WHERE version > 1");
    const old = await tracing(["doctor"], { env: { DATABASE_URL: older } });
    expect([old.exitCode, old.stdout]).toEqual([
      1,
      expect.stringMatching(
        /^fail {2}schema .*version 1, this library needs .*\n +mend: Run `tracing migrate`/m,
      ),
    ]);
    await query(older, "INSERT INTO tracing.migrations (version, name) VALUES (999, 'future')");
    const newer = await tracing(["doctor"], { env: { DATABASE_URL: older } });
    expect([newer.exitCode, newer.stdout]).toEqual([
      1,
      expect.stringMatching(/^fail {2}schema .*version 999.*\n +mend: Upgrade @app\/tracing/m),
    ]);
  });

  it("fails on a role without rights until it has got them, and on a database that is not there", async () => {
    await query(url, "CREATE ROLE stranger LOGIN");
    const env = { DATABASE_URL: url.replace("postgres@", "stranger@") };
    const stranger = await tracing(["doctor"], { env });
    expect([stranger.exitCode, stranger.stdout]).toEqual([
      1,
      expect.stringMatching(/^fail {2}key .*may not use.*\n +mend: .*DATABASE_URL.*GRANT <that role> TO/m),
    ]);
    await query(url, "GRANT postgres TO stranger");
    const granted = await openStore({ databaseUrl: env.DATABASE_URL }, {});
    await granted.repo.ingest([sampleRecord({ trace_id: "c".repeat(32) })]);
    expect((await granted.repo.getTrace("c".repeat(32)))?.spanCount).toBe(1);
    await granted.repo.deleteTraces({ traceId: "c".repeat(32) });
    await granted.close();
    expect((await tracing(["doctor"], { env })).exitCode).toBe(0);
    const absent = await tracing(["doctor"], { env: { DATABASE_URL: url.replace(/\w+$/, "absent") } });
    expect([absent.exitCode, absent.stdout]).toEqual([
      1,
      expect.stringMatching(/^fail {2}connection .*absent.*\n +mend: .*createdb.*DATABASE_URL/m),
    ]);
  });
});
