import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  type StartTracingOptions,
  startTracing,
  TraceContext,
  type Tracing,
  tracedSpan,
} from "../../src/index.ts";
import { createInsForgeMigrationTarget } from "../../src/insforge/index.ts";
import { migrate } from "../../src/store/migrator.ts";
import { startInsForge } from "../support/insforge-server.ts";
import { type PostgresServer, query, startPostgres } from "../support/postgres-server.ts";
import { migrateDatabase } from "./judge.ts";
import { scratchDir } from "./processes.ts";

const BATCH = 512;
const SECRET = "sk-proj-0123456789abcdefghijklmnopqrstuvwxyz";

let server: PostgresServer;
let tracing: Tracing | undefined;
beforeAll(async () => {
  server = await startPostgres();
});
afterEach(async () => tracing?.shutdown());
afterAll(async () => server?.stop());

/** The database refuses a span by this name, and says so with the whole row, as PostgreSQL does. */
async function refusePoison(databaseUrl: string): Promise<void> {
  await query(databaseUrl, "ALTER TABLE tracing.spans ADD CONSTRAINT no_poison CHECK (name <> 'poison')");
}

async function runWithPoison(store: StartTracingOptions, databaseUrl: string) {
  const dataDir = scratchDir();
  tracing = await startTracing({ serviceName: "poisoned", dataDir, logger: quiet, ...store });
  const step = tracedSpan("step");
  const poison = tracedSpan("poison")((_key: string) => undefined);
  // One turn of the event loop, one batch: the root and 511 children, the 300th of them poison.
  const traceId = TraceContext.run({ pipelineName: "poisoned" }, (trace) => {
    for (let made = 1; made < BATCH; made += 1) {
      if (made === 300) poison(SECRET);
      else step(() => made)();
    }
    return trace.traceId;
  });
  await tracing.forceFlush();

  const [trace] = await query(
    databaseUrl,
    `SELECT t.status, t.span_count::int AS rollup, count(*)::int AS rows, count(DISTINCT s.span_id)::int AS spans
     FROM tracing.traces t JOIN tracing.spans s USING (trace_id)
     WHERE t.trace_id = $1::uuid GROUP BY t.trace_id`,
    [traceId],
  );
  const letters = readdirSync(dataDir, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("dead-letter.ndjson"))
    .flatMap((file) => readFileSync(join(dataDir, file), "utf8").trim().split("\n"));
  return { trace, letters, stats: tracing.stats() };
}

const quiet = { info: () => undefined, warn: () => undefined };

describe("a batch of 512 records with one that the database refuses", { timeout: 60_000 }, () => {
  const expectOneDeadLetter = ({ trace, letters, stats }: Awaited<ReturnType<typeof runWithPoison>>) => {
    expect(trace).toEqual({ status: "ok", rollup: BATCH - 1, rows: BATCH - 1, spans: BATCH - 1 });
    expect(letters).toHaveLength(1);
    expect(letters[0]).toContain('"poison"');
    expect(letters[0]).toContain("23514");
    expect(letters[0]).toContain("no_poison");
    expect(letters[0]).not.toContain(SECRET);
    expect(stats).toMatchObject({
      ended: BATCH,
      delivered: BATCH - 1,
      deadLettered: 1,
      pending: 0,
      dropped: {},
    });
  };

  it("is stored but for that one in PostgreSQL, which is kept with the reason", async () => {
    const databaseUrl = await server.createDatabase();
    await migrateDatabase(databaseUrl);
    await refusePoison(databaseUrl);
    expectOneDeadLetter(await runWithPoison({ databaseUrl }, databaseUrl));
  });

  it("is stored but for that one in InsForge, which is kept with the reason", async () => {
    const databaseUrl = await server.createDatabase();
    const insforge = await startInsForge({ databaseUrl, schemaCacheLagMs: 50 });
    const address = { baseUrl: insforge.url, apiKey: insforge.apiKey };
    await migrate(await createInsForgeMigrationTarget(address));
    await refusePoison(databaseUrl);
    try {
      expectOneDeadLetter(await runWithPoison({ insforge: address }, databaseUrl));
    } finally {
      await tracing?.shutdown();
      await insforge.stop();
    }
  });
});
