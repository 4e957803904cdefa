import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPostgresClient, createPostgresMigrationTarget } from "../../src/postgres/index.ts";
import { migrate } from "../../src/store/migrator.ts";
import { TraceRepo } from "../../src/store/trace-repo.ts";
import { describeStoreContract } from "../../src/testing/store-contract/index.ts";
import { type PostgresServer, query, startPostgres } from "../support/postgres-server.ts";

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => server?.stop());

/** The address of a fresh database with the newest schema. */
async function migratedDatabase(): Promise<string> {
  const url = await server.createDatabase();
  const target = await createPostgresMigrationTarget({ connectionString: url });
  await migrate(target);
  await target.close?.();
  return url;
}

describeStoreContract("PostgreSQL", {
  runner: { afterAll, beforeAll, describe, it },
  open: async () => createPostgresClient({ connectionString: await migratedDatabase() }),
});

describe("the schema in PostgreSQL", () => {
  it("lets no other role in, into no table, partition or function", async () => {
    const url = await migratedDatabase();
    const client = await createPostgresClient({ connectionString: url });
    await new TraceRepo(client).maintain();
    await client.close?.();
    await query(url, "CREATE ROLE stranger; GRANT USAGE ON SCHEMA tracing TO stranger");
    const tables = await query(
      url,
      "SELECT c.oid::regclass::text AS name FROM pg_class c WHERE c.relnamespace = 'tracing'::regnamespace AND c.relkind IN ('r', 'p')",
    );
    const names = tables.map(({ name }) => String(name));
    expect(names).toEqual(
      expect.arrayContaining(["tracing.traces", "tracing.spans", "tracing.span_stats", "tracing.migrations"]),
    );
    for (const name of names) {
      await expect(query(url, `SET ROLE stranger; SELECT * FROM ${name}`), name).rejects.toThrow(
        /permission denied/,
      );
    }
    const open = await query(
      url,
      `SELECT p.oid::regprocedure::text AS name FROM pg_proc p
       WHERE p.pronamespace = 'tracing'::regnamespace AND has_function_privilege('stranger', p.oid, 'EXECUTE')
       UNION ALL
       SELECT c.oid::regclass::text FROM pg_class c
       WHERE c.relnamespace = 'tracing'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity`,
    );
    expect(open).toEqual([]);
  });
});
