import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPostgresClient, createPostgresMigrationTarget } from "../../src/postgres/index.ts";
import { migrate } from "../../src/store/migrator.ts";
import type { StoreClient } from "../../src/store/store-client.ts";
import { TraceRepo } from "../../src/store/trace-repo.ts";
import { sampleModelCall, sampleRecord } from "../../src/testing/sample-record.ts";
import { type PostgresServer, query, startPostgres } from "../support/postgres-server.ts";

let server: PostgresServer;
let url: string;
let client: StoreClient;
let repo: TraceRepo;

beforeAll(async () => {
  server = await startPostgres();
  url = await server.createDatabase();
  const target = await createPostgresMigrationTarget({ connectionString: url });
  await migrate(target);
  await target.close?.();
  client = await createPostgresClient({ connectionString: url });
  repo = new TraceRepo(client);
});
afterAll(async () => {
  await client?.close?.();
  await server?.stop();
});

const startOf = (index: number) => {
  const at = new Date(Date.UTC(2026, 10, 18) + index * 3_000).toISOString();
  return at.replace("Z", "000Z");
};

describe("statistics over more spans than are counted one by one", { timeout: 120_000 }, () => {
  it("are exact in counts and sums, and within 5 % in percentiles, also where the period cuts hours", async () => {
    const runs = Array.from({ length: 20_000 }, (_, index) =>
      sampleRecord({
        start: startOf(index),
        // A long tail: 1 ms to about 30 s.
        duration_us: Math.round(1_000 * 1.0005 ** index),
        status: index % 50 === 0 ? "error" : "ok",
      }),
    );
    const records = runs.flatMap((run) => [
      run,
      sampleModelCall(run),
      sampleModelCall(run, { model: "large", cost_usd: "0.02" }),
    ]);
    for (let at = 0; at < records.length; at += 2_000) await repo.ingest(records.slice(at, at + 2_000));
    await repo.maintain();

    const since = "2026-11-18T00:17:30.000Z";
    const until = "2026-11-18T16:10:00.000Z";
    const chosen = runs.filter(
      (run) => run.start >= "2026-11-18T00:17:30" && run.start < "2026-11-18T16:10:00",
    );
    const stats = await repo.stats({ pipelineName: "learn", since, until });
    expect(stats).toMatchObject({
      percentiles: "histogram",
      count: chosen.length,
      errors: chosen.filter((run) => run.status === "error").length,
      spanCount: chosen.length * 3,
      inputTokens: chosen.length * 20,
      byModel: [{ model: "large" }, { model: "small", count: chosen.length }],
    });
    expect(Number(stats.costUsd)).toBeCloseTo(chosen.length * 0.021, 6);
    expect(stats.byTime.reduce((sum, step) => sum + step.count, 0)).toBe(chosen.length);

    const durations = chosen.map((run) => (run.duration_us ?? 0) / 1_000).toSorted((a, b) => a - b);
    const nearestRank = (share: number) => durations[Math.ceil(durations.length * share) - 1] ?? Number.NaN;
    for (const [name, share] of [
      ["p50Ms", 0.5],
      ["p95Ms", 0.95],
      ["p99Ms", 0.99],
    ] as const) {
      expect(Math.abs((stats[name] ?? 0) / nearestRank(share) - 1), name).toBeLessThan(0.05);
    }
  });

  it("equal what the spans say, after folding and erasure", async () => {
    await repo.deleteTraces({ before: "2026-11-18T02:00:00.000Z" });
    await repo.maintain();
    const [rolledUp] = await query(
      url,
      `SELECT sum(spans)::int AS spans, sum(calls)::int AS calls, sum(input_tokens)::int AS tokens, sum(cost_usd)::text AS cost
       FROM tracing.span_stats WHERE dimension = 'pipeline'`,
    );
    const [counted] = await query(
      url,
      `SELECT count(*)::int AS spans, (count(*) FILTER (WHERE kind = 'pipeline'))::int AS calls,
         sum(input_tokens)::int AS tokens, sum(cost_usd)::text AS cost FROM tracing.spans`,
    );
    expect(rolledUp).toEqual(counted);
  });
});
