import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { openEmbedded } from "../../src/embedded/index.ts";
import { type OpenStore, openStore } from "../../src/open-store.ts";
import type { TraceRecord } from "../../src/record/record.ts";
import { TraceRepo } from "../../src/store/trace-repo.ts";
import { query } from "../support/postgres-server.ts";
import { sampleRecord } from "../support/sample-record.ts";
import { openTcpGate } from "../support/tcp-gate.ts";
import { type PreparedStore, prepareStore } from "./prepared-store.ts";
import { startCommand } from "./running-command.ts";

let prepared: PreparedStore;
let url: string;
let store: OpenStore;

beforeAll(async () => {
  prepared = await prepareStore();
  url = await prepared.database([]);
  store = await openStore({ databaseUrl: url }, {});
});
afterAll(async () => {
  await store?.close();
  await prepared?.stop();
});
beforeEach(() => query(url, "TRUNCATE tracing.traces, tracing.spans, tracing.span_stats"));

const iso = (ms: number) => new Date(ms).toISOString().replace("Z", "000Z");

/** A run that started so many milliseconds ago, with its start and its end as records. */
function run(digit: string, agoMs: number, more: Partial<TraceRecord> = {}) {
  const startMs = Date.now() - agoMs;
  const common = { trace_id: digit.repeat(32), span_id: digit.repeat(16), start: iso(startMs) };
  const record = (fields: Partial<TraceRecord>) => sampleRecord({ ...common, ...more, ...fields });
  return {
    started: record({ type: "started", status: "running", end: null, duration_us: null }),
    ended: record({ end: iso(startMs + 1_500), duration_us: 1_500_000, ...more }),
  };
}

function tail(argv: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  return startCommand(["tail", ...argv], { DATABASE_URL: url, ...env }, prepared.dataDir);
}

const lines = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/ +/g, " "));

describe("tracing tail", () => {
  it("shows what runs, then each trace when it starts and when it ends, until Ctrl-C", async () => {
    const [before, early, late] = [run("a", 60_000), run("b", 30_000), run("c", 0)];
    await store.repo.ingest([before.ended, early.started]);
    const command = tail();
    await command.until("stdout", /running/);
    await store.repo.ingest([late.started]);
    await command.until("stdout", /c{32}/);
    await store.repo.ingest([early.ended, late.ended]);
    await command.until("stdout", /(?:ok [\s\S]*){2}/);
    command.child.kill("SIGINT");
    expect(await command.exited).toEqual({ code: 0, signal: null });
    expect(lines(command.stdout)).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d running learn b{32}$/),
      expect.stringMatching(/^\d\d:\d\d:\d\d running learn c{32}$/),
      expect.stringMatching(/ ok learn b{32} 1\.50 s/),
      expect.stringMatching(/ ok learn c{32} 1\.50 s/),
    ]);
    expect(command.stderr).toBe("");
  });

  it("shows what has just ended with --since, and a quick trace once", async () => {
    await store.repo.ingest([run("a", 600_000).ended, run("b", 120_000).ended]);
    const command = tail(["--since", "5m"]);
    await command.until("stdout", /b{32}/);
    await store.repo.ingest([run("d", 0).ended]);
    await command.until("stdout", /d{32}/);
    command.child.kill("SIGTERM");
    expect(await command.exited).toEqual({ code: 0, signal: null });
    expect(lines(command.stdout)).toHaveLength(2);
  });

  it("shows only what the filter of ls does, also a long run that comes to fit it by its end", async () => {
    const failure = { status: "error", error_type: "TimeoutError", error_message: "no answer" } as const;
    const long = run("a", 40 * 60_000);
    const failed = run("a", 40 * 60_000, failure).ended;
    await store.repo.ingest([long.started, run("b", 1_000).started, run("d", 60_000, failure).ended]);
    const command = tail(["--status", "error", "--since", "5m", "--json"]);
    await command.until("stdout", /d{32}/);
    await store.repo.ingest([{ ...failed, start: long.started.start }]);
    await store.repo.ingest([run("c", 0, { ...failure, pipeline: "train", name: "train" }).ended]);
    await Promise.all([command.until("stdout", /c{32}/), command.until("stdout", /a{32}/)]);
    command.child.kill("SIGINT");
    await command.exited;
    const events = lines(command.stdout).map((line) => JSON.parse(line));
    expect(events.map(({ event, trace }) => [event, trace.status, trace.traceId[0]]).sort()).toEqual([
      ["ended", "error", "a"],
      ["ended", "error", "c"],
      ["ended", "error", "d"],
    ]);
    expect(Object.keys(events[0])).toEqual(["event", "trace"]);
    expect(events[0].trace.error).toEqual({ type: "TimeoutError", message: "no answer" });
  });

  it("waits for a store that goes away, says so once, and misses nothing", async () => {
    const { hostname, port } = new URL(url);
    const gate = await openTcpGate({ host: hostname, port: Number(port) });
    onTestFinished(() => gate.close());
    const command = tail([], { DATABASE_URL: url.replace(`:${port}`, `:${gate.port}`) });
    const first = run("a", 0);
    await store.repo.ingest([first.started]);
    await command.until("stdout", /a{32}/);
    await gate.shut();
    await command.until("stderr", /Waiting for it to come back/);
    await store.repo.ingest([first.ended, run("b", 500).ended]);
    const said = command.stderr;
    await gate.open();
    await command.until("stderr", /answers again/);
    await command.until("stdout", /b{32}/);
    expect(command.stderr).toBe(`${said}The store answers again.\n`);
    expect(lines(command.stdout)).toHaveLength(3);
    command.child.kill("SIGINT");
    expect(await command.exited).toEqual({ code: 0, signal: null });
  });

  it("fails when the store does not answer from the beginning", async () => {
    const command = tail([], { DATABASE_URL: "postgres://127.0.0.1:1/x" });
    expect(await command.exited).toEqual({ code: 1, signal: null });
    expect(command.stderr).toMatch(/^error: .*\nhint: .*DATABASE_URL/);
  });

  it("leaves at once although the store hangs", async () => {
    const { hostname, port } = new URL(url);
    const gate = await openTcpGate({ host: hostname, port: Number(port) });
    onTestFinished(() => gate.close());
    await store.repo.ingest([run("a", 0).started]);
    const command = tail([], { DATABASE_URL: url.replace(`:${port}`, `:${gate.port}`) });
    await command.until("stdout", /a{32}/);
    gate.block();
    command.child.kill("SIGINT");
    expect(await command.exited).toEqual({ code: 0, signal: null });
  });

  it("fits the width that COLUMNS names", async () => {
    await store.repo.ingest([run("a", 0, { pipeline: "a very long name of a pipeline" }).ended]);
    const command = tail(["--since", "1m"], { COLUMNS: "40" });
    await command.until("stdout", /ok/);
    expect(command.stdout.trimEnd().length).toBeLessThanOrEqual(40);
  });

  it("follows an embedded store that a service owns", async () => {
    const dataDir = `${prepared.dataDir}/service`;
    const service = await openEmbedded({ dataDir: `${dataDir}/embedded` });
    onTestFinished(() => service.close());
    const repo = new TraceRepo(service.client);
    const { started, ended } = run("e", 0);
    await repo.ingest([started]);
    const command = tail([], { DATABASE_URL: "", TRACING_DATA_DIR: dataDir });
    await command.until("stdout", /running/);
    await repo.ingest([ended]);
    await command.until("stdout", /ok/);
    command.child.kill("SIGINT");
    expect(await command.exited).toEqual({ code: 0, signal: null });
    expect([service.mode, command.stderr]).toEqual(["owner", ""]);
  }, 60_000);
});
