import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPostgresClient, createPostgresMigrationTarget } from "../../src/postgres/index.ts";
import { LATEST_SCHEMA_VERSION, migrate } from "../../src/store/migrator.ts";
import type { StoreClient } from "../../src/store/store-client.ts";
import { createStoreExporter } from "../../src/store/store-exporter.ts";
import { TraceRepo } from "../../src/store/trace-repo.ts";
import { type PostgresServer, query, startPostgres } from "../support/postgres-server.ts";
import { sampleRecord } from "../support/sample-record.ts";

let server: PostgresServer;
let url: string;
let client: StoreClient;
let repo: TraceRepo;

beforeAll(async () => {
  server = await startPostgres();
  url = await server.createDatabase();
  const target = await createPostgresMigrationTarget({ connectionString: url });
  await Promise.all([migrate(target), migrate(target)]);
  await target.close?.();
  client = await createPostgresClient({ connectionString: url });
  repo = new TraceRepo(client);
});
afterAll(async () => {
  await client?.close?.();
  await server?.stop();
});

const child = (root: ReturnType<typeof sampleRecord>, overrides = {}) =>
  sampleRecord({ trace_id: root.trace_id, parent_span_id: root.span_id, root: 0, kind: "llm", ...overrides });

describe("the store in PostgreSQL", () => {
  it("has the newest schema after two migrations at once", async () => {
    expect(await repo.schemaVersion()).toBe(LATEST_SCHEMA_VERSION);
  });

  it("stores spans once, with exact rollups, in any order and over eight connections", async () => {
    const root = sampleRecord({ user_id: "7", tags: ["a"], input: '"hello"' });
    const usage = { counts_usage: true, input_tokens: 10, output_tokens: 2, cost_usd: "0.001", model: "m" };
    const children = Array.from({ length: 40 }, () => child(root, usage));
    const failed = child(root, {
      status: "error",
      error_type: "E",
      error_message: "boom",
      fingerprint: "f1",
    });
    const batch = [...children, failed, root];
    await Promise.all(
      Array.from({ length: 8 }, (_, turn) =>
        repo.ingest([...batch.slice(turn * 5), ...batch.slice(0, turn * 5)]),
      ),
    );
    const trace = await repo.getTrace(root.trace_id);
    expect(trace).toMatchObject({
      pipelineName: "learn",
      status: "ok",
      durationMs: 1500,
      userId: "7",
      spanCount: 42,
      errorCount: 1,
      inputTokens: 400,
      outputTokens: 80,
      costUsd: "0.04",
      models: ["m"],
      input: "hello",
    });
    expect(trace?.spans).toHaveLength(42);
  });

  it("shows a running trace with its root, then interrupted, then ended", async () => {
    const root = sampleRecord({ input: '{"q":1}' });
    const open = { ...root, end: null, duration_us: null };
    await repo.ingest([{ ...open, type: "started", status: "running" }]);
    const running = await repo.getTrace(root.trace_id);
    expect(running).toMatchObject({ status: "running", durationMs: null, input: { q: 1 } });
    expect(running?.spans).toHaveLength(1);
    await repo.ingest([root]);
    await repo.ingest([{ ...open, type: "started", status: "running" }]);
    const ended = await repo.getTrace(root.trace_id);
    expect(ended).toMatchObject({ status: "ok", spanCount: 1 });
    expect(ended?.spans).toHaveLength(1);
  });

  it("keeps hostile content as it is", async () => {
    const content = JSON.stringify("nul \0 and half \ud800");
    const root = sampleRecord({ input: content });
    await repo.ingest([root]);
    expect((await repo.getTrace(root.trace_id))?.input).toBe("nul \0 and half \ud800");
  });

  it("answers unsupported to records of a newer format and stores nothing", async () => {
    const exporter = createStoreExporter(client);
    const root = sampleRecord();
    const newer = JSON.stringify({ ...root, v: 2 });
    expect(await repo.ingest([newer])).toEqual({ unsupported: true, format: 1 });
    expect(await exporter.send([newer])).toMatchObject({ status: "schema-missing" });
    expect(await repo.getTrace(root.trace_id)).toBeNull();
  });

  it("refuses a batch for one poison record", async () => {
    const exporter = createStoreExporter(client);
    const poison = JSON.stringify({ ...sampleRecord(), start: "not a time" });
    expect(await exporter.send([poison])).toMatchObject({ status: "rejected" });
  });

  it("pages through traces and filters them", async () => {
    const roots = Array.from({ length: 5 }, (_, i) =>
      sampleRecord({ pipeline: "paged", start: `2026-11-20T10:00:0${i}.000000Z`, tags: [`t${i}`] }),
    );
    await repo.ingest(roots);
    const first = await repo.listTraces({ pipelineName: "paged", limit: 3 });
    expect(first.traces.map((trace) => trace.traceId)).toEqual(
      roots
        .slice(2)
        .reverse()
        .map((root) => root.trace_id),
    );
    const cursor = first.nextCursor ?? "";
    const second = await repo.listTraces({ pipelineName: "paged", limit: 3, cursor });
    expect(second).toMatchObject({ nextCursor: null, traces: [{ tags: ["t1"] }, { tags: ["t0"] }] });
    expect((await repo.listTraces({ tag: "t3" })).traces).toHaveLength(1);
    await expect(repo.listTraces({ nope: 1 } as never)).rejects.toThrow(
      /filter\.nope is 1; accepted: pipelineName/,
    );
  });

  it("counts, groups, scores and erases", async () => {
    const root = sampleRecord({
      pipeline: "erased",
      user_id: "gone",
      status: "error",
      error_type: "T",
      fingerprint: "f2",
    });
    await repo.ingest([root]);
    expect(await repo.stats({ pipelineName: "erased" })).toMatchObject({ traces: 1, errors: 1, p50Ms: 1500 });
    expect(await repo.errors({ pipelineName: "erased" })).toMatchObject([{ fingerprint: "f2", count: 1 }]);
    expect(await repo.score(root.trace_id, { name: "helpful", value: 1 })).toBe(true);
    expect((await repo.getTrace(root.trace_id))?.scores).toEqual([{ name: "helpful", value: 1 }]);
    expect(await repo.deleteTraces({ userId: "gone", dryRun: true })).toEqual({ traces: 1, spans: 1 });
    expect(await repo.deleteTraces({ userId: "gone" })).toEqual({ traces: 1, spans: 1 });
    expect(await repo.getTrace(root.trace_id)).toBeNull();
  });

  it("drops days past retention", async () => {
    const old = sampleRecord({ start: "2020-01-02T00:00:00.000000Z", end: "2020-01-02T00:00:01.500000Z" });
    await repo.ingest([old]);
    expect(await repo.maintain({ retentionDays: 365 })).toEqual({
      droppedDays: ["spans_20200102"],
      deletedTraces: 1,
    });
  });

  it("lets no other role in", async () => {
    await query(url, "CREATE ROLE stranger");
    for (const statement of ["SELECT * FROM tracing.traces", "SELECT tracing.schema_version()"]) {
      await expect(query(url, `SET ROLE stranger; ${statement}`)).rejects.toThrow(/permission denied/);
    }
  });
});
