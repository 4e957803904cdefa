import { afterAll, beforeAll, expect, it } from "vitest";
import { createPostgresClient } from "../../src/postgres/index.ts";
import type { TraceRecord } from "../../src/record/record.ts";
import { TraceRepo } from "../../src/store/trace-repo.ts";
import { type PostgresServer, query, startPostgres } from "../support/postgres-server.ts";
import { sampleModelCall, sampleRecord, unfinished } from "../support/sample-record.ts";
import { migrateDatabase, wrongFigures } from "../support/stored-figures.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => server?.stop());

async function openStore() {
  const url = await server.createDatabase();
  await migrateDatabase(url);
  const clients = await Promise.all([1, 2].map(() => createPostgresClient({ connectionString: url })));
  const repos = clients.map((client) => new TraceRepo(client));
  return {
    url,
    repos: repos as [TraceRepo, TraceRepo],
    close: () => Promise.all(clients.map((client) => client.close?.())),
  };
}

/** A run of four spans, as two batches that overtake each other: its children, and what says whose it is. */
function batchesOf(userId: string): [TraceRecord[], TraceRecord[]] {
  const root = sampleRecord({ user_id: userId });
  const calls = [1, 2, 3].map(() => sampleModelCall(root));
  return [calls, [unfinished(root).started, root]];
}

it("leaves nothing of whoever is erased while their spans arrive from several processes", async () => {
  const { url, repos, close } = await openStore();
  const erased = Array.from({ length: 60 }, () => batchesOf("7")).flat();
  const kept = Array.from({ length: 20 }, () => batchesOf("8")).flat();
  const batches = [...erased, ...kept].toSorted(() => Math.random() - 0.5);
  const erasing = (async () => {
    await repos[0].ingest(batches[0] ?? []);
    return repos[1].deleteTraces({ userId: "7" });
  })();
  await Promise.all([erasing, ...batches.map((batch, index) => repos[index % 2]?.ingest(batch))]);

  const rows = await query(
    url,
    "SELECT user_id, count(*)::int AS traces, sum(span_count)::int AS spans FROM tracing.traces GROUP BY 1",
  );
  expect(rows).toEqual([{ user_id: "8", traces: 20, spans: 80 }]);
  expect(await wrongFigures(url)).toEqual([]);
  await close();
}, 60_000);

it("keeps no id of whoever is erased, and forgets the erasure when its time is over", async () => {
  const { url, repos, close } = await openStore();
  const [repo] = repos;
  const root = sampleRecord({ user_id: "seven" });
  await repo.ingest([root]);
  await repo.deleteTraces({ userId: "seven", rememberDays: 2 });
  const kept = await query(
    url,
    "SELECT *, round(extract(epoch FROM expires_at - now()) / 86400)::int AS days FROM tracing.erasures",
  );
  expect(kept).toHaveLength(2);
  expect(JSON.stringify(kept)).not.toMatch(new RegExp(`seven|${root.trace_id}`));
  expect(kept.map(({ days }) => days)).toEqual([2, 2]);

  await repo.maintain();
  expect(await query(url, "SELECT count(*)::int AS erasures FROM tracing.erasures")).toEqual([
    { erasures: 2 },
  ]);
  await query(url, "UPDATE tracing.erasures SET expires_at = now() - interval '1 second'");
  await repo.maintain();
  expect(await query(url, "SELECT FROM tracing.erasures")).toEqual([]);
  expect(await repo.ingest([root])).toEqual({ inserted: 1, duplicates: 0 });
  await close();
});
