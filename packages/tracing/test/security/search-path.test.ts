import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPostgresMigrationTarget } from "../../src/postgres/index.ts";
import { migrate } from "../../src/store/migrator.ts";
import { type PostgresServer, query, startPostgres } from "../support/postgres-server.ts";
import { sampleRecord } from "../support/sample-record.ts";

let server: PostgresServer;
let client: pg.Client;

/**
 * A role that may create in `public` puts its own functions and operators there, under the names and argument types of
 * those that the schema's functions use, and the session that calls them looks into `public` first. Temporary tables bear
 * the names of the schema's.
 */
const PLANT = `
  DO $$
  DECLARE
    shadow record;
  BEGIN
    FOR shadow IN
      SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS args, p.prorettype::regtype AS result
      FROM pg_proc p
      WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND p.provariadic = 0
        AND NOT p.proretset AND p.prorettype <> 'internal'::regtype AND 'internal'::regtype <> ALL (p.proargtypes::regtype[])
        AND EXISTS (SELECT FROM pg_proc own WHERE own.pronamespace = 'tracing'::regnamespace
                    AND own.prosrc ~ ('\\m' || p.proname || '\\M'))
    LOOP
      BEGIN
        EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql AS
          $f$ BEGIN RAISE EXCEPTION ''hijacked %s''; END $f$', shadow.proname, shadow.args, shadow.result, shadow.proname);
      EXCEPTION WHEN OTHERS THEN
        NULL;
      END;
    END LOOP;
    FOR shadow IN
      SELECT o.oprname, o.oprleft::regtype AS l, o.oprright::regtype AS r, o.oprresult::regtype AS result, o.oid
      FROM pg_operator o
      WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprkind = 'b' AND o.oprcode <> 0
        AND o.oprname IN ('=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '/', '||', '->', '->>', '@>', '&&', '~', '~~')
    LOOP
      BEGIN
        EXECUTE format('CREATE FUNCTION public.hijack_%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS
          $f$ BEGIN RAISE EXCEPTION ''hijacked %s''; END $f$', shadow.oid, shadow.l, shadow.r, shadow.result, shadow.oprname);
        EXECUTE format('CREATE OPERATOR public.%s (FUNCTION = public.hijack_%s, LEFTARG = %s, RIGHTARG = %s)',
          shadow.oprname, shadow.oid, shadow.l, shadow.r);
      EXCEPTION WHEN OTHERS THEN
        NULL;
      END;
    END LOOP;
  END $$`;

beforeAll(async () => {
  server = await startPostgres();
  const url = new URL(await server.createDatabase());
  const name = url.pathname.slice(1);
  await query(url.href, `CREATE ROLE tracing_owner LOGIN; GRANT CREATE ON DATABASE ${name} TO tracing_owner`);
  await query(url.href, "CREATE ROLE planter; GRANT CREATE, USAGE ON SCHEMA public TO planter");
  url.username = "tracing_owner";
  const target = await createPostgresMigrationTarget({ connectionString: url.href });
  await migrate(target);
  await target.close?.();
  const superuser = new URL(url);
  superuser.username = "postgres";
  await query(superuser.href, `SET ROLE planter; ${PLANT}`);

  client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(
    "CREATE TEMP TABLE traces (id int); CREATE TEMP TABLE spans (id int); CREATE TEMP TABLE migrations (version int); CREATE TEMP TABLE erasures (digest bytea)",
  );
  await client.query("SET search_path = pg_temp, public, pg_catalog");
});
afterAll(async () => {
  await client?.end();
  await server?.stop();
});

const record = sampleRecord({
  user_id: "7",
  kind: "llm",
  model: "m",
  status: "error",
  fingerprint: "00000000000000ff",
});
const quoted = (value: unknown) => `'${JSON.stringify(value).replaceAll("'", "''")}'::pg_catalog.jsonb`;

/** A call of every function, in an order in which each has something to do. */
const CALLS: readonly (readonly [name: string, call: string])[] = [
  ["schema_version", "tracing.schema_version()"],
  ["ensure_day", "tracing.ensure_day('2026-01-01')"],
  [
    "ingest",
    `tracing.ingest(${quoted([record, sampleRecord({ type: "started", status: "running", end: null, duration_us: null })])})`,
  ],
  ["merge_scores", `tracing.merge_scores('[{"name":"a"}]', '[{"name":"b"}]')`],
  ["merge_models", "tracing.merge_models('{a}', '{b}')"],
  ["iso", "tracing.iso('2026-01-01')"],
  ["to_money", "tracing.to_money(1.50)"],
  ["to_summary", "(SELECT tracing.to_summary(t) FROM tracing.traces t LIMIT 1)"],
  ["to_span", "(SELECT tracing.to_span(s, NULL, false) FROM tracing.spans s LIMIT 1)"],
  ["running_root", "(SELECT tracing.running_root(t, false) FROM tracing.traces t LIMIT 1)"],
  ["get_trace", `tracing.get_trace('${record.trace_id}', '{"skeleton":true}')`],
  ["get_span", `tracing.get_span('${record.trace_id}', '${record.span_id}')`],
  [
    "list_traces",
    `tracing.list_traces('{"text":"a","userId":"7","tag":"t","since":"2020-01-01","limit":5}')`,
  ],
  ["score", `tracing.score('${record.trace_id}', '{"name":"quality","value":1}')`],
  ["stats", `tracing.stats('{"bucket":"hour"}')`],
  ["errors", "tracing.errors('{}')"],
  ["maintain", `tracing.maintain('{"retentionDays":100000}')`],
  ["maintain_days", `tracing.maintain_days('{}')`],
  ["delete_traces", `tracing.delete_traces('{"userId":"7"}')`],
  ["trace_digest", `tracing.trace_digest('${record.trace_id}')`],
  ["owner_digest", "tracing.owner_digest('7', NULL)"],
  ["erasure_expiry", `tracing.erasure_expiry('{"rememberDays":1}')`],
  ["erased_in", `tracing.erased_in(${quoted([record])})`],
  ["store_batch", "tracing.store_batch('[]')"],
  ["remove_traces", `tracing.remove_traces('{${record.trace_id}}')`],
  [
    "erase_spooled",
    `tracing.erase_spooled(${quoted({ claimed: [{ traceId: record.trace_id, root: 3 }], among: [record.trace_id] })})`,
  ],
];

const HIJACKED = /hijacked/;

describe("a caller whose search_path leads to planted functions, operators and tables", () => {
  it.each(["now()", "1 + 1 = 3", "date_trunc('hour', '2026-01-01'::timestamptz)"])(
    "would be hijacked in a function without a path of its own: %s",
    async (body) => {
      await client.query(
        `CREATE FUNCTION tracing.canary() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM ${body}; END $$`,
      );
      try {
        await expect(client.query("SELECT tracing.canary()")).rejects.toThrow(HIJACKED);
      } finally {
        await client.query("DROP FUNCTION tracing.canary()");
      }
    },
  );

  it.each(CALLS)("calls the true ones through tracing.%s", async (_, call) => {
    await client.query(`SELECT ${call}`);
  });

  it("has called every function there is, but the one that is inlined into others", async () => {
    const { rows } = await client.query(
      `SELECT p.proname AS name FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
       WHERE n.nspname OPERATOR(pg_catalog.=) 'tracing' ORDER BY 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual([...CALLS.map(([name]) => name), "to_figures"].toSorted());
  });

  it("deleted and counted the real rows", async () => {
    const { rows } = await client.query("TABLE tracing.traces");
    expect(rows.map(({ user_id }) => user_id)).toEqual([null]);
  });
});
