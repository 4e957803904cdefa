import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { SpoolContent } from "../../src/cli/spool/content.ts";
import type { SpoolEntry } from "../../src/cli/spool/overview.ts";
import { startTracing, TraceContext, type Tracing } from "../../src/index.ts";
import { openReceiver } from "../otlp/receiver.ts";
import { query } from "../support/postgres-server.ts";
import { type CapturedRun, captureRun, type RunSetting } from "./captured-run.ts";
import { type PreparedStore, prepareStore } from "./prepared-store.ts";
import { startCommand } from "./running-command.ts";

let store: PreparedStore;
let url: string;
let dataDir: string;

beforeAll(async () => {
  store = await prepareStore();
  url = await store.database([]);
});
afterAll(() => store?.stop());
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "tracing-spool-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  await query(url, "TRUNCATE tracing.traces, tracing.spans, tracing.span_stats");
  await accept();
});

/** Has the database refuse one pipeline's data, as it would refuse a value that it cannot hold. */
const refuse = () =>
  query(url, "ALTER TABLE tracing.traces ADD CONSTRAINT no_poison CHECK (pipeline_name <> 'poison')");
const accept = () => query(url, "ALTER TABLE tracing.traces DROP CONSTRAINT IF EXISTS no_poison");

const quiet = { info: () => undefined, warn: () => undefined };

async function startService(databaseUrl = url): Promise<Tracing> {
  const tracing = await startTracing({
    serviceName: "service",
    databaseUrl,
    dataDir,
    logger: quiet,
    collector: { shutdownTimeoutMs: 500 },
  });
  onTestFinished(() => tracing.shutdown());
  return tracing;
}

const run = (pipelineName: string) =>
  TraceContext.run({ pipelineName, input: { secret: "of a person" } }, (trace) => trace.traceId);

function tracing(argv: readonly string[], setting: RunSetting = {}): Promise<CapturedRun> {
  return captureRun(argv, {
    ...setting,
    env: { DATABASE_URL: url, TRACING_DATA_DIR: dataDir, ...setting.env },
  });
}

async function spools<T extends SpoolEntry = SpoolEntry>(...argv: string[]): Promise<T[]> {
  const { exitCode, stdout, stderr } = await tracing(["spool", ...argv, "--json"]);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout).spools;
}

/** Retries from a process of its own, as a person would beside a running service. */
async function retry(...argv: string[]) {
  const env = { DATABASE_URL: url, TRACING_DATA_DIR: dataDir };
  const command = startCommand(["spool", "retry", ...argv], env, dataDir);
  const { code } = await command.exited;
  return { code, stdout: command.stdout, stderr: command.stderr };
}

const storedPipelines = async () =>
  (await query(url, "SELECT pipeline_name FROM tracing.traces ORDER BY 1")).map((row) => row.pipeline_name);

async function deadLettered(service: Tracing, spans: number): Promise<void> {
  await service.forceFlush();
  expect(service.stats().deadLettered).toBe(spans);
}

describe("tracing spool ls", () => {
  it("says that there is nothing", async () => {
    const { exitCode, stdout, stderr } = await tracing(["spool", "ls"]);
    expect([exitCode, stdout, stderr]).toEqual([0, "", "There is no spool here: nothing waits.\n"]);
    expect(await spools("ls")).toEqual([]);
  });

  it("tells what waits, for whom, since when, and whether its process lives", async () => {
    const service = await startService("postgres://127.0.0.1:1/x");
    run("learn");
    await service.forceFlush();
    const [alive, ...others] = await spools("ls");
    expect(others).toEqual([]);
    expect(alive).toMatchObject({
      destination: "store",
      pid: process.pid,
      owner: "alive",
      pendingRecords: 2,
      pendingSpans: 1,
      oldestPendingMs: expect.any(Number),
      bytes: expect.any(Number),
      deadLetters: 0,
    });
    await service.shutdown();
    const { stdout } = await tracing(["spool", "ls"]);
    expect(stdout).toMatch(/^process +owner +for +waiting +bytes +oldest +dead +damaged +spans so far$/m);
    expect(stdout).toMatch(
      new RegExp(`^ *${process.pid} +dead +store +2 +[\\d.]+ KB +\\S+ \\S+ +ended 1$`, "m"),
    );
  });

  it.each([30, 60, 90])("fits %i columns", async (columns) => {
    const service = await startService("postgres://127.0.0.1:1/x");
    run("a pipeline whose name is longer than any terminal has room for");
    await service.shutdown();
    for (const argv of [["ls"], ["show"]]) {
      const { stdout } = await tracing(["spool", ...argv], { columns, env: { NO_COLOR: "1" } });
      const lines = stdout.split("\n").filter((line) => !/^(directory|name|process \d)/.test(line));
      expect(lines.filter((line) => line.length > columns)).toEqual([]);
    }
  });
});

describe("tracing spool show", () => {
  it("shows the records that wait without their content", async () => {
    const service = await startService("postgres://127.0.0.1:1/x");
    const traceId = run("learn");
    await service.shutdown();
    const { stdout } = await tracing(["spool", "show", String(process.pid)]);
    expect(stdout).toMatch(
      new RegExp(`^\\d\\d-\\d\\d \\S+ +started +${traceId.slice(0, 12)} +learn +learn$`, "m"),
    );
    expect(stdout).toMatch(/^waiting\n/m);
    expect(stdout).not.toContain("of a person");
    const one = await tracing(["spool", "show", "--limit", "1"]);
    expect(one.stdout).toContain("waiting (the oldest 1 of 2)");
  });

  it("fails for a process that has no spool", async () => {
    const { exitCode, stderr } = await tracing(["spool", "show", "1"]);
    expect([exitCode, stderr]).toEqual([
      1,
      "error: There is no spool of a process 1.\nhint: `tracing spool ls` lists what there is.\n",
    ]);
  });
});

describe("tracing spool retry", () => {
  it("sends what a dead service's store refused, once it takes it", async () => {
    await refuse();
    const service = await startService();
    run("poison");
    run("learn");
    await deadLettered(service, 1);
    await service.shutdown();

    const [content] = await spools<SpoolContent>("show");
    expect(content).toMatchObject({ owner: "dead", deadLetters: 2, pendingRecords: 0 });
    expect(content?.letters.map(({ type, pipelineName, reason }) => [type, pipelineName, reason])).toEqual(
      ["started", "span"].map((type) => [type, "poison", expect.stringContaining("no_poison")]),
    );
    const shown = await tracing(["spool", "show"]);
    expect(shown.stdout).toMatch(/^dead letters\n.*reason\n.* poison .*no_poison/m);

    const dry = await tracing(["spool", "retry", "--dry-run"]);
    expect(dry.stdout).toBe("Would send 2 dead letters again. Nothing has been changed.\n");
    await accept();
    expect(await retry()).toEqual({ code: 0, stdout: "Put back 2 records: stored 1 span.\n", stderr: "" });
    expect(await storedPipelines()).toEqual(["learn", "poison"]);
    expect(await spools("ls")).toEqual([]);
    expect(await retry()).toMatchObject({ code: 0, stdout: "There are no dead letters.\n" });
  });

  it("does so beside a service that lives, and disturbs neither it nor a run that goes on", async () => {
    await refuse();
    const service = await startService();
    const going = Promise.withResolvers<void>();
    const running = TraceContext.run({ pipelineName: "poison" }, () => going.promise);
    run("poison");
    await deadLettered(service, 1);
    await accept();
    expect(await retry("--json")).toEqual({
      code: 0,
      stdout: expect.stringContaining('"records": 3'),
      stderr: "",
    });
    const states = () => query(url, "SELECT status FROM tracing.traces ORDER BY 1");
    expect((await states()).map(({ status }) => status)).toEqual(["ok", "running"]);
    going.resolve();
    await running;
    await service.forceFlush();
    expect((await states()).map(({ status }) => status)).toEqual(["ok", "ok"]);
    const { ended, delivered, deadLettered: dead, pending } = service.stats();
    expect([ended, delivered + dead + pending]).toEqual([2, 2]);
  });

  it("keeps as dead letters what is refused again, and fails then", async () => {
    await refuse();
    const service = await startService();
    run("poison");
    await deadLettered(service, 1);
    await service.shutdown();
    const { code, stdout } = await retry();
    expect([code, stdout]).toEqual([
      1,
      "Put back 2 records: stored 0 spans, 1 span refused again (`tracing spool show` says why).\n",
    ]);
    expect(await spools("ls")).toEqual([expect.objectContaining({ owner: "dead", deadLetters: 2 })]);
  });

  it("touches nothing when the store does not answer", async () => {
    await refuse();
    const service = await startService();
    run("poison");
    await deadLettered(service, 1);
    await service.shutdown();
    const before = readdirSync(join(dataDir, "spool"));
    const { exitCode, stdout, stderr } = await tracing(["spool", "retry"], {
      env: { DATABASE_URL: "postgres://127.0.0.1:1/x" },
    });
    expect([exitCode, stdout, stderr]).toEqual([1, "", expect.stringMatching(/^error: .*cannot be reached/)]);
    expect(readdirSync(join(dataDir, "spool"))).toEqual(before);
  });

  it("sends what an OTLP backend refused to where it is configured", async () => {
    const receiver = await openReceiver();
    onTestFinished(() => receiver.down());
    let refusing = true;
    receiver.fault((request) =>
      refusing && request.spans.length > 0 ? { kind: "answer", status: 400, body: "no" } : undefined,
    );
    const service = await startTracing({
      serviceName: "sending",
      store: "none",
      dataDir,
      otlp: { url: receiver.url },
      logger: quiet,
    });
    run("learn");
    await service.forceFlush();
    await service.shutdown();
    expect(await spools("ls")).toEqual([expect.objectContaining({ destination: "otlp", deadLetters: 1 })]);
    const unset = await tracing(["spool", "retry"]);
    expect([unset.exitCode, unset.stderr]).toEqual([
      2,
      expect.stringContaining("OTEL_EXPORTER_OTLP_ENDPOINT"),
    ]);
    refusing = false;
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
    const { exitCode, stdout, stderr } = await tracing(["spool", "retry"], { env });
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toBe("Put back 1 record: sent 1 span.\n");
    expect(receiver.spans.map(({ name }) => name)).toEqual(["learn"]);
  });
});
