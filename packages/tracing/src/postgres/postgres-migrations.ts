import type { MigrationTarget } from "../store/migrator.ts";
import { endPool, openPool, type PostgresOptions } from "./pool.ts";
import { toStoreError } from "./sqlstate.ts";

/** Applies migrations over a connection of its own, one at a time among all processes. */
export async function createPostgresMigrationTarget(options: PostgresOptions): Promise<MigrationTarget> {
  const pool = await openPool(options);
  return {
    async applied(schema) {
      try {
        const { rows } = await pool.query<{ version: number }>(`SELECT version FROM ${schema}.migrations`);
        return rows.map((row) => row.version);
      } catch (error) {
        const failure = toStoreError(error);
        if (failure.kind === "schema-missing") return [];
        throw failure;
      }
    },
    async apply({ sql }) {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        await client.query("SELECT pg_advisory_xact_lock(hashtext('tracing.migrations'))");
        await client.query(sql);
        await client.query("COMMIT");
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      } finally {
        client.release();
      }
    },
    close: () => endPool(pool),
  };
}
