import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEndpoint, type Endpoint } from "../../src/embedded/endpoint.ts";
import { PgliteHost } from "../../src/embedded/pglite-host.ts";
import { freshDataDir, SCRATCH_ROOT } from "./data-dir.ts";
import { prepareNotes } from "./notes-schema.ts";

const KEY = "ik_key";
const scratch = mkdtempSync(join(SCRATCH_ROOT, "embedded-"));
let host: PgliteHost;
let endpoint: Endpoint;

beforeAll(async () => {
  host = new PgliteHost({ databaseDir: join(await freshDataDir(scratch), "pgdata") });
  endpoint = createEndpoint(host, KEY);
  await prepareNotes(KEY)(endpoint);
});

afterAll(async () => {
  await host.close();
  rmSync(scratch, { recursive: true });
});

async function ask(
  method: string,
  url: string,
  body: string | Uint8Array = "",
  headers = {},
): Promise<[number, unknown]> {
  const answer = await endpoint({
    method,
    url,
    headers: new Headers({ authorization: `Bearer ${KEY}`, "content-profile": "tracing", ...headers }),
    body,
  });
  return [answer.status, answer.body === undefined ? undefined : JSON.parse(answer.body)];
}

const rpc = (fn: string, body: string | Uint8Array, headers = {}) =>
  ask("POST", `/api/database/rpc/${fn}`, body, headers);

describe("functions", () => {
  it("takes named arguments, with defaults, and gives back values as JSON", async () => {
    expect(await rpc("get", '{"trace_id":"\\u0041"}')).toEqual([200, { id: "A", options: {} }]);
    expect(await rpc("get", '{"options":{"x":[1]},"trace_id":"b"}')).toEqual([
      200,
      { id: "b", options: { x: [1] } },
    ]);
    expect(await rpc("get", '{"trace_id":null}')).toEqual([200, { id: null, options: {} }]);
    expect(await rpc("schema_version", "")).toEqual([200, 7]);
    expect(await rpc("words", '{"count":2}')).toEqual([200, ["word 1", "word 2"]]);
    expect(await rpc("nothing", "{}")).toEqual([204, undefined]);
    expect(await rpc("echo", '{"value":null}')).toEqual([200, null]);
  });

  it("passes JSON on as the text it is, from text and from bytes", async () => {
    const body = '{"value": {"big": 12345678901234567890.10, "é": "\\ud83d\\ude00"}}';
    const request = { method: "POST", url: "/api/database/rpc/echo" };
    const headers = new Headers({ authorization: `Bearer ${KEY}`, "content-profile": "tracing" });
    for (const given of [body, new TextEncoder().encode(body)]) {
      expect((await endpoint({ ...request, headers, body: given })).body).toContain(
        "12345678901234567890.10",
      );
    }
  });

  it("uses only the columns that the query names", async () => {
    const body = '{"trace_id":"a","other":1}';
    expect(await ask("POST", "/api/database/rpc/get?columns=trace_id", body)).toEqual([
      200,
      { id: "a", options: {} },
    ]);
    expect((await rpc("get", body))[0]).toBe(404);
  });

  it("answers what is not there as PostgREST does", async () => {
    expect(await rpc("absent", "{}")).toMatchObject([404, { code: "PGRST202" }]);
    expect(await rpc("get", "{}")).toMatchObject([404, { code: "PGRST202" }]);
    for (const schema of ["absent", "pg_catalog", "information_schema", "system"]) {
      expect(await rpc("get", "{}", { "content-profile": schema })).toMatchObject([
        406,
        { code: "PGRST106" },
      ]);
    }
    expect(await rpc('x"; DROP SCHEMA tracing; --', "{}")).toMatchObject([404, { code: "PGRST202" }]);
  });

  it.each([
    ["not JSON", "{", 400, "PGRST102"],
    ["JSON that is not right inside", '{"batch":[1,]}', 400, "22P02"],
    ["a NUL", '{"batch":[{"id":"\\u0000"}]}', 400, "22P05"],
    ["a lone surrogate", '{"batch":[{"id":"\\ud800"}]}', 400, "22P02"],
    ["a missing value", '{"batch":[{}]}', 400, "23502"],
    ["JSON of a depth that PGlite hangs on", `{"batch":${"[".repeat(50_000)}`, 400, "22P02"],
  ])("refuses %s", async (_, body, status, code) => {
    expect(await rpc("ingest", body)).toMatchObject([status, { code }]);
    expect(await rpc("schema_version", "{}")).toEqual([200, 7]);
  });

  it.each([
    ["23505", 409],
    ["22023", 400],
    ["P0001", 400],
    ["42501", 403],
    ["42P01", 404],
    ["53300", 503],
    ["54000", 500],
    ["40P01", 500],
    ["57014", 500],
    ["PT429", 429],
  ])("answers SQLSTATE %s with %i", async (state, status) => {
    const expected = { code: state, message: "asked to fail", details: "the detail", hint: "the hint" };
    expect(await rpc("fail", JSON.stringify({ state }))).toEqual([status, expected]);
  });

  it("does not repeat a large value that the database refuses", async () => {
    const [status, body] = await rpc("words", `{"count":"${"x".repeat(1_000_000)}"}`);
    expect(status).toBe(400);
    expect(JSON.stringify(body).length).toBeLessThan(10_000);
  });

  it("refuses bodies that are compressed or too large", async () => {
    expect((await rpc("get", "{}", { "content-encoding": "gzip" }))[0]).toBe(415);
    expect((await rpc("get", new Uint8Array(64 * 2 ** 20 + 1)))[0]).toBe(413);
  });
});

describe("migrations", () => {
  const url = "/api/database/migrations";
  const migration = (version: string, sql: string) => JSON.stringify({ version, name: "a-name", sql });

  it("applies each in one transaction, in rising order, and lists them newest first", async () => {
    expect(await ask("POST", url, migration("9", "CREATE TABLE a (n int); SELECT 1/0"))).toMatchObject([
      400,
      { code: "22012" },
    ]);
    expect(await ask("POST", url, migration("9", "CREATE TABLE a (n int)"))).toMatchObject([
      201,
      { version: "9", name: "a-name" },
    ]);
    expect(
      await ask(
        "POST",
        url,
        migration("10", "CREATE FUNCTION public.ten() RETURNS int LANGUAGE sql AS 'SELECT 10'"),
      ),
    ).toMatchObject([201, {}]);
    expect(await rpc("ten", "{}", { "content-profile": "public" })).toEqual([200, 10]);
    expect(await ask("POST", url, migration("10", "SELECT 1"))).toMatchObject([
      409,
      { error: "DATABASE_MIGRATION_ALREADY_EXISTS" },
    ]);
    const [, listed] = await ask("GET", url);
    const { migrations } = listed as { migrations: { version: string; createdAt: string }[] };
    expect(migrations.map(({ version }) => version)).toEqual(["10", "9", "1"]);
    expect(migrations[0]?.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it.each(["{}", "null", "[]", migration("x", "SELECT 1"), migration("1".repeat(65), "SELECT 1")])(
    "refuses %s",
    async (body) => {
      expect((await ask("POST", url, body))[0]).toBe(400);
    },
  );
});

describe("the rest", () => {
  it("runs SQL with parameters", async () => {
    const body = JSON.stringify({ query: "SELECT $1::text AS a, 2::bigint AS b", params: ["x"] });
    expect(await ask("POST", "/api/database/advance/rawsql", body)).toMatchObject([
      200,
      { rows: [{ a: "x", b: 2 }], rowCount: 1 },
    ]);
    expect((await ask("POST", "/api/database/advance/rawsql", "{}"))[0]).toBe(400);
  });

  it("wants the key everywhere but for its health", async () => {
    expect(await ask("GET", "/api/health", "", { authorization: "" })).toEqual([200, { status: "ok" }]);
    expect(await rpc("get", "{}", { authorization: "" })).toMatchObject([
      401,
      { error: "AUTH_INVALID_CREDENTIALS" },
    ]);
    expect(await rpc("get", "{}", { authorization: `Bearer ${KEY}x` })).toMatchObject([
      401,
      { error: "AUTH_INVALID_API_KEY" },
    ]);
  });

  it("refuses other paths and methods", async () => {
    expect((await ask("GET", "/"))[0]).toBe(404);
    expect((await ask("GET", "/api/database/rpc/get"))[0]).toBe(405);
    expect((await ask("DELETE", "/api/database/migrations"))[0]).toBe(405);
  });
});
