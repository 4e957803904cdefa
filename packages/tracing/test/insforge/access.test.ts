import { createAdminClient, createClient } from "@insforge/sdk";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createInsForgeMigrationTarget, createInsForgeStoreClient } from "../../src/insforge/index.ts";
import type { InsForgeServer } from "../support/insforge-server.ts";
import { query } from "../support/postgres-server.ts";
import { encoded, openExporter, sampleTrace, TestBackend } from "./backend.ts";

let backend: TestBackend;
let server: InsForgeServer;

beforeAll(async () => {
  backend = await TestBackend.start();
  server = await backend.migrated();
  await (await openExporter(server)).send(encoded(sampleTrace(1)));
  // The API shows the partition that this made a moment later.
  await vi.waitFor(async () => expect(await ask(server.apiKey, "records/spans_20261124")).toBe(200), 10_000);
});
afterAll(async () => {
  await server?.stop();
  await backend?.stop();
});

const STRANGERS = [
  ["the anonymous key", 401, () => server.anonKey],
  ["a user's token", 403, () => server.userToken],
  ["a wrong API key", 401, () => "ik_0123456789abcdef0123456789abcdef"],
  ["a token that is none", 401, () => "eyJ.eyJ.sig"],
] as const;

async function ask(key: string | undefined, path: string, method = "GET", body = "{}"): Promise<number> {
  const response = await fetch(`${server.url}/api/database/${path}`, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      "accept-profile": "tracing",
      "content-profile": "tracing",
      "content-type": "application/json",
    },
    ...(method === "POST" && { body }),
  });
  await response.text();
  return response.status;
}

interface FunctionCall {
  name: string;
  /** Null for every argument, so that the API finds the function. */
  body: string;
}

/** Every table, partition and function there is, and how each would be got at from outside. */
async function everyWayIn(): Promise<{ functions: FunctionCall[]; tables: string[] }> {
  const names = async (sql: string) => (await query(server.databaseUrl, sql)).map(({ name }) => String(name));
  const functions = await query(
    server.databaseUrl,
    `SELECT p.proname AS name, (SELECT coalesce(json_object_agg(p.proargnames[n], NULL), '{}') FROM generate_series(1, p.pronargs) n) AS args
     FROM pg_proc p WHERE p.pronamespace = 'tracing'::regnamespace ORDER BY 1`,
  );
  return {
    functions: functions.map(({ name, args }) => ({ name: String(name), body: JSON.stringify(args) })),
    tables: await names(
      "SELECT relname AS name FROM pg_class WHERE relnamespace = 'tracing'::regnamespace AND relkind IN ('r', 'p', 'v') ORDER BY 1",
    ),
  };
}

/** Arguments under which the API finds the function, so that a refusal is one of rights. */
const ARGUMENTS: Readonly<Record<string, object>> = {
  ingest: { batch: [] },
  list_traces: { filter: {} },
  get_trace: { trace_id: "0".repeat(32) },
  get_span: { trace_id: "0".repeat(32), span_id: "0".repeat(16) },
  score: { trace_id: "0".repeat(32), score: { name: "a", value: 1 } },
  stats: { filter: {} },
  errors: { filter: {} },
  delete_traces: { filter: { before: "2000-01-01" } },
  maintain: { options: {} },
  schema_version: {},
};

describe.each(STRANGERS)("%s", (_, status, key) => {
  it.each(Object.entries(ARGUMENTS))(`is refused with ${status} by tracing.%s`, async (fn, args) => {
    const client = await createInsForgeStoreClient({ baseUrl: server.url, apiKey: key() });
    await expect(client.rpc(fn, { ...args })).rejects.toMatchObject({ kind: "unauthorized", status });
  });

  it("is refused by every function there is, those for inner use included", async () => {
    const { functions } = await everyWayIn();
    expect(functions.length).toBeGreaterThan(Object.keys(ARGUMENTS).length);
    for (const { name, body } of functions) {
      expect([name, await ask(key(), `rpc/${name}`, "POST", body)]).toEqual([name, status]);
    }
  });

  it("is refused by every table and partition", async () => {
    const { tables } = await everyWayIn();
    expect(tables).toEqual(expect.arrayContaining(["migrations", "spans", "traces"]));
    expect(tables.filter((name) => /^spans_\d{8}$/.test(name)).length).toBeGreaterThan(0);
    for (const table of tables) {
      expect([table, await ask(key(), `records/${table}`)]).toEqual([table, status]);
      expect([table, await ask(key(), `records/${table}`, "POST")]).toEqual([table, status]);
      expect([table, await ask(key(), `records/${table}`, "DELETE")]).toEqual([table, status]);
    }
  });

  it("may not migrate", async () => {
    const target = await createInsForgeMigrationTarget({ baseUrl: server.url, apiKey: key() });
    const migration = { version: 999, name: "mine", sql: "CREATE TABLE public.mine (id int)" };
    await expect(target.apply(migration)).rejects.toMatchObject({
      code: "unauthorized",
      hint: expect.stringContaining("ik_"),
    });
    await expect(target.applied("tracing")).rejects.toMatchObject({ code: "unauthorized" });
  });

  it("holds what it is given", async () => {
    const exporter = await openExporter(server, { apiKey: key() });
    expect(await exporter.send(encoded(sampleTrace()))).toMatchObject({ status: "unauthorized" });
    await expect(exporter.maintain()).rejects.toMatchObject({ name: "StoreError", kind: "unauthorized" });
  });
});

describe("the schema", () => {
  it("has no function that is not refused above, but for those that are internal", async () => {
    const { functions } = await everyWayIn();
    expect(functions.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(ARGUMENTS)));
    const anybody = await query(
      server.databaseUrl,
      `SELECT p.proname FROM pg_proc p, (VALUES ('anon'), ('authenticated')) r(role)
       WHERE p.pronamespace = 'tracing'::regnamespace AND has_function_privilege(r.role, p.oid, 'EXECUTE')`,
    );
    expect(anybody).toEqual([]);
  });

  it("gives anonymous and user roles no right on any table, and has row level security on all of them", async () => {
    const open = await query(
      server.databaseUrl,
      `SELECT c.relname FROM pg_class c, (VALUES ('anon'), ('authenticated')) r(role)
       WHERE c.relnamespace = 'tracing'::regnamespace AND c.relkind IN ('r', 'p')
         AND (NOT c.relrowsecurity OR has_table_privilege(r.role, c.oid, 'SELECT, INSERT, UPDATE, DELETE'))`,
    );
    expect(open).toEqual([]);
  });

  it("refuses a request without any key", async () => {
    const { functions, tables } = await everyWayIn();
    for (const { name, body } of functions) {
      expect([name, await ask(undefined, `rpc/${name}`, "POST", body)]).toEqual([name, 401]);
    }
    for (const table of tables)
      expect([table, await ask(undefined, `records/${table}`)]).toEqual([table, 401]);
  });

  it("is closed to the SDK's anonymous client, and open to its admin client", async () => {
    const anonymous = createClient({ baseUrl: server.url, anonKey: server.anonKey });
    const { data, error } = await anonymous.database.schema("tracing").from("spans").select("*");
    expect(data).toBeNull();
    expect(error?.code).toBe("42501");
    const admin = createAdminClient({ baseUrl: server.url, apiKey: server.apiKey });
    const spans = await admin.database.schema("tracing").from("spans").select("*");
    expect(spans.error).toBeNull();
    expect(spans.data).toHaveLength(2);
  });
});
