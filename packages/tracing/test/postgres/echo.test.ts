import { afterAll, beforeAll, expect, it } from "vitest";
import { createPostgresClient } from "../../src/postgres/index.ts";
import { SECRETS } from "../capture/redaction/secrets.ts";
import { type PostgresServer, query, startPostgres } from "../support/postgres-server.ts";

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
  await query(
    server.url,
    `CREATE SCHEMA tracing;
     CREATE FUNCTION tracing.echo(said text, state text) RETURNS void LANGUAGE plpgsql
       AS $$ BEGIN RAISE EXCEPTION USING MESSAGE = said, ERRCODE = state; END $$`,
  );
});
afterAll(() => server?.stop());

it.each(["22P02", "23514", "P0001", "42501"])(
  "an error %s of the database repeats no secret that it echoes",
  async (state) => {
    const client = await createPostgresClient({ connectionString: server.url });
    for (const { kind, text, hidden } of SECRETS) {
      for (const said of [text, `invalid input: "${text}"`, `Row "a" says: ${text}`]) {
        const error = await client.rpc("echo", { said, state }).catch((failure: Error) => failure);
        expect(error).toMatchObject({ name: "StoreError", code: state });
        expect(String(error), kind).not.toContain(hidden);
        expect(JSON.stringify(error), kind).not.toContain(hidden);
      }
    }
    await client.close?.();
  },
);
