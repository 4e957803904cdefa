import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import { createPostgresClient, createPostgresMigrationTarget } from "../../src/postgres/index.ts";
import { migrate } from "../../src/store/migrator.ts";
import type { StoreClient } from "../../src/store/store-client.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

type Row = Record<string, unknown>;

/** A real PostgreSQL with the newest schema: what the library sends goes to `client`, the judge asks by `rows`. */
export interface Judge {
  readonly url: string;
  readonly client: StoreClient;
  rows(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** The judge of the tests of one file, there while they run. */
export function useJudge(): () => Judge {
  let server: PostgresServer | undefined;
  let pool: pg.Pool | undefined;
  let judge: Judge | undefined;
  beforeAll(async () => {
    server = await startPostgres();
    const url = await server.createDatabase();
    const target = await createPostgresMigrationTarget({ connectionString: url });
    await migrate(target);
    await target.close?.();
    const asking = new pg.Pool({ connectionString: url, max: 2 });
    pool = asking;
    const client = await createPostgresClient({ connectionString: url });
    judge = {
      url,
      client,
      rows: async (text, values = []) => (await asking.query<Row>(text, [...values])).rows,
    };
  });
  afterAll(async () => {
    await judge?.client.close?.();
    await pool?.end();
    await server?.stop();
  });
  return () => {
    if (!judge) throw new Error("the database is there while tests run");
    return judge;
  };
}
