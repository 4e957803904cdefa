import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createPostgresClient, createPostgresMigrationTarget } from "../../src/postgres/index.ts";
import { LATEST_SCHEMA_VERSION, migrate } from "../../src/store/migrator.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { openTcpGate } from "../support/tcp-gate.ts";

let server: PostgresServer;
let databaseUrl: URL;

beforeAll(async () => {
  server = await startPostgres();
  databaseUrl = new URL(await server.createDatabase());
  const target = await createPostgresMigrationTarget({ connectionString: databaseUrl.href });
  await migrate(target);
  await target.close?.();
});
afterAll(async () => server?.stop());

async function gatedDatabase() {
  const gate = await openTcpGate({ host: "127.0.0.1", port: Number(databaseUrl.port) });
  onTestFinished(() => gate.close());
  const url = new URL(databaseUrl);
  url.port = String(gate.port);
  return { gate, url: url.href };
}

function runChild(...args: string[]) {
  const script = fileURLToPath(new URL("children/ending.ts", import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  return child;
}

describe("a database that does not answer", () => {
  it("is given up in time, call by call, and is used again when it answers", async () => {
    const { gate, url } = await gatedDatabase();
    const client = await createPostgresClient({ connectionString: url });
    onTestFinished(() => client.close?.());
    expect(await client.rpc("schema_version", {})).toBe(LATEST_SCHEMA_VERSION);
    gate.block();
    // More calls than the pool has connections: none may stay taken by a call that nobody waits for.
    const calls = Array.from({ length: 8 }, () => client.rpc("schema_version", {}, { timeoutMs: 200 }));
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { kind: "unreachable" } });
    }
    gate.unblock();
    expect(await client.rpc("schema_version", {})).toBe(LATEST_SCHEMA_VERSION);
  });

  it("fails the calls that are under way when it breaks off, and nothing else", async () => {
    const { gate, url } = await gatedDatabase();
    const client = await createPostgresClient({ connectionString: url });
    onTestFinished(() => client.close?.());
    await Promise.all([client.rpc("schema_version", {}), client.rpc("schema_version", {})]);
    gate.block();
    const calls = Array.from({ length: 4 }, () => client.rpc("schema_version", {}));
    const outcomes = Promise.allSettled(calls);
    await new Promise((resolve) => setImmediate(resolve));
    await gate.shut();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { kind: "unreachable" } });
    }
    gate.unblock();
    await gate.open();
    expect(await client.rpc("schema_version", {})).toBe(LATEST_SCHEMA_VERSION);
  });

  it("is given up when the caller aborts", async () => {
    const { gate, url } = await gatedDatabase();
    const client = await createPostgresClient({ connectionString: url });
    onTestFinished(() => client.close?.());
    gate.block();
    const abort = new AbortController();
    const call = client.rpc("schema_version", {}, { signal: abort.signal });
    abort.abort();
    await expect(call).rejects.toMatchObject({ kind: "unreachable", message: "The call was aborted." });
  });

  it("does not keep a process alive that has nothing else to do, connecting or asking", async () => {
    const { gate, url } = await gatedDatabase();
    gate.block();
    expect(await once(runChild(url, "background"), "exit")).toEqual([7, null]);
  });

  it("keeps a process alive that waits for the answer", async () => {
    const { gate, url } = await gatedDatabase();
    gate.block();
    const child = runChild(url, "waiting");
    const [output] = await Promise.all([text(child.stdout), once(child, "exit")]);
    expect([output, child.exitCode]).toEqual(["unreachable\n", 7]);
  });
});
