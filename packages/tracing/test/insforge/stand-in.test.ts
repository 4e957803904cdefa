import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { createAdminClient } from "@insforge/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InsForgeServer } from "../support/insforge-server.ts";
import { addressOf, TestBackend } from "./backend.ts";

/** What the stand-in must do for the tests above to mean something; each is a trap of the real server. */
let backend: TestBackend;
let server: InsForgeServer;

const SQL = `
  CREATE SCHEMA demo;
  GRANT USAGE ON SCHEMA demo TO anon;
  CREATE TABLE public.notes (id int PRIMARY KEY, body text);
  CREATE FUNCTION demo.echo(value jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT value';
  CREATE FUNCTION demo.fail(code text) RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'failed' USING ERRCODE = code, DETAIL = 'Failing row contains (secret)'; END $$;
  CREATE FUNCTION demo.slow(seconds float) RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO public.notes VALUES (42, 'slow'); PERFORM pg_sleep(seconds); RETURN 1; END $$;`;

beforeAll(async () => {
  backend = await TestBackend.start();
  server = await backend.empty({ postgrestTimeoutMs: 1_000, schemaCacheLagMs: 300, maxBodyBytes: 1_000_000 });
});
afterAll(async () => {
  await server?.stop();
  await backend?.stop();
});

async function ask(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
) {
  const response = await fetch(`${server.url}/api/database/${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${server.apiKey}`,
      "content-type": "application/json",
      "content-profile": "demo",
      ...headers,
    },
    body,
  });
  const text = await response.text();
  return { status: response.status, text };
}

const fail = async (code: string) => (await ask("rpc/fail", JSON.stringify({ code }))).status;

describe("the stand-in for InsForge", () => {
  it("shows the functions of a migration only after a while", async () => {
    expect(await ask("rpc/echo", "{}")).toMatchObject({
      status: 406,
      text: expect.stringContaining("PGRST106"),
    });
    const migration = { version: "1", name: "demo", sql: SQL };
    expect((await ask("migrations", JSON.stringify(migration))).status).toBe(201);
    expect((await ask("migrations", JSON.stringify(migration))).status).toBe(409);
    expect(await ask("rpc/echo", '{"value":1}')).toMatchObject({
      status: 404,
      text: expect.stringContaining("PGRST202"),
    });
    await expect
      .poll(async () => (await ask("rpc/echo", '{"value":1}')).status, { timeout: 10_000 })
      .toBe(200);
  });

  it("loses the precision of numbers in both directions, and takes gzip", async () => {
    expect((await ask("rpc/echo", '{"value":9007199254740993}')).text).toBe("9007199254740992");
    expect((await ask("rpc/echo", '{"value":"9007199254740993"}')).text).toBe('"9007199254740993"');
    const zipped = new Uint8Array(gzipSync('{"value":[1]}'));
    expect((await ask("rpc/echo", zipped, { "content-encoding": "gzip" })).text).toBe("[1]");
  });

  it("answers 500 for a body over its limit", async () => {
    expect(await ask("rpc/echo", JSON.stringify({ value: "x".repeat(1_000_001) }))).toMatchObject({
      status: 500,
      text: expect.stringContaining("request entity too large"),
    });
  });

  it("gives SQLSTATEs the statuses that PostgREST gives them", async () => {
    const codes = [
      "22P02",
      "23505",
      "23514",
      "42501",
      "42883",
      "53300",
      "57014",
      "40P01",
      "54000",
      "P0001",
      "PT429",
    ];
    const statuses = await Promise.all(codes.map(fail));
    expect(statuses).toEqual([400, 409, 400, 403, 404, 503, 500, 500, 500, 400, 429]);
    expect((await ask("rpc/echo", '{"value":"\\u0000"}')).text).toContain("22P05");
    expect((await ask("rpc/echo", '{"value":"\\ud800"}')).text).toContain("22P02");
  });

  it("never answers a serialisation failure, until its time is over", async () => {
    expect(await ask("rpc/fail", '{"code":"40001"}')).toMatchObject({
      status: 500,
      text: expect.stringContaining("timeout of 1000ms"),
    });
  });

  it("answers 500 when its time is over, and commits all the same", async () => {
    expect(await ask("rpc/slow", '{"seconds":1.5}')).toMatchObject({ status: 500 });
    const { database } = createAdminClient(addressOf(server));
    await expect
      .poll(async () => (await database.from("notes").select("*")).data, { timeout: 10_000 })
      .toHaveLength(1);
  });

  it("tells wrong arguments, missing tables and methods apart", async () => {
    expect(await ask("rpc/echo", "{}")).toMatchObject({
      status: 404,
      text: expect.stringContaining("42883"),
    });
    expect(await ask("rpc/echo?columns=value", '{"value":[1],"more":2}')).toEqual({
      status: 200,
      text: "[1]",
    });
    expect(await ask("records/nothing", "{}")).toEqual({ status: 404, text: "{}" });
    expect((await ask("nothing", "{}")).status).toBe(404);
  });

  it("lets everybody read a new table in public, as the real one does", async () => {
    const response = await fetch(`${server.url}/api/database/records/notes`, {
      headers: { authorization: `Bearer ${server.anonKey}` },
    });
    expect(response.status).toBe(200);
  });

  it("runs as a process that is told what to do over its standard input", async () => {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL("../support/insforge-server-main.ts", import.meta.url))],
      { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, DATABASE_URL: server.databaseUrl } },
    );
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value ?? "null") as Record<string, string>;
    const { url = "", apiKey } = await next();
    const health = () => fetch(`${url}/api/health`).then(({ status }) => status);
    expect(apiKey).toMatch(/^ik_/);
    expect(await health()).toBe(200);
    child.stdin.write('{"down":true}\n');
    await next();
    await expect(health()).rejects.toThrow();
    child.stdin.write('{"up":true,"rotateKey":true}\n');
    expect((await next()).apiKey).not.toBe(apiKey);
    expect(await health()).toBe(200);
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});
