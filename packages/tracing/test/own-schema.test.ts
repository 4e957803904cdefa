import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TraceContext } from "../src/core/trace-context.ts";
import { type OpenStore, openStore } from "../src/open-store.ts";
import { startTracing } from "../src/start-tracing.ts";
import { type Migration, migrate } from "../src/store/migrator.ts";
import { startInsForge } from "./support/insforge-server.ts";
import { startPostgres } from "./support/postgres-server.ts";

const migrations: Migration[] = [
  {
    version: 1,
    name: "orders",
    sql: `
      CREATE SCHEMA shop;
      CREATE TABLE shop.migrations (version integer PRIMARY KEY, name text NOT NULL);
      CREATE TABLE shop.orders (id integer PRIMARY KEY, what jsonb NOT NULL);
      CREATE FUNCTION shop.order(id integer, what jsonb) RETURNS boolean LANGUAGE sql
        AS 'INSERT INTO shop.orders VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true';
      CREATE FUNCTION shop.schema_version() RETURNS integer LANGUAGE sql AS 'SELECT max(version) FROM shop.migrations';
    `,
  },
];

type Place = (dataDir: string) => Promise<{ store: OpenStore; stop(): Promise<void> }>;

const places: Record<OpenStore["kind"], Place> = {
  embedded: async (dataDir) => ({ store: await openStore({ dataDir }, {}), stop: async () => undefined }),
  postgres: async () => {
    const server = await startPostgres();
    return { store: await openStore({ databaseUrl: server.url }, {}), stop: () => server.stop() };
  },
  insforge: async () => {
    const server = await startInsForge();
    const insforge = { baseUrl: server.url, apiKey: server.apiKey };
    return { store: await openStore({ insforge }, {}), stop: () => server.stop() };
  },
};

describe.each(Object.entries(places))("a service with a schema of its own, %s", (kind, place) => {
  let dataDir: string;
  let store: OpenStore;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), "own-schema-"));
    ({ store, stop } = await place(dataDir));
    await migrate(store.migrations);
    await migrate(store.migrations, { schema: "shop", migrations });
  }, 60_000);

  afterAll(async () => {
    await store.close();
    await stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("calls its functions", async () => {
    const order = { id: 1, what: { forklifts: 2 } };
    expect(await store.client.rpc("order", order, { schema: "shop" })).toBe(true);
    expect(await store.client.rpc("order", order, { schema: "shop" })).toBe(null);
    expect(await store.client.rpc("schema_version", {}, { schema: "shop" })).toBe(1);
  });

  it("says that a function is missing as it does of the library's own", async () => {
    await expect(store.client.rpc("no_such", {}, { schema: "shop" })).rejects.toMatchObject({
      name: "StoreError",
      kind: "schema-missing",
    });
  });

  it("traces into the store it has opened, which stays open at shutdown", async () => {
    const lines: string[] = [];
    const logger = { info: (line: string) => lines.push(line), warn: (line: string) => lines.push(line) };
    const tracing = await startTracing({ serviceName: "shop", store, dataDir, logger });
    const traceId = TraceContext.run({ pipelineName: "order" }, (trace) => trace.traceId);
    await tracing.shutdown();
    expect(await store.repo.getTrace(traceId)).toMatchObject({ pipelineName: "order", serviceName: "shop" });
    expect(await store.client.rpc("schema_version", {}, { schema: "shop" })).toBe(1);
    await expect(tracing.repo.getTrace(traceId)).rejects.toMatchObject({ kind: "unreachable" });
    const announced = lines.filter((line) => line.includes(dataDir));
    expect(announced).toHaveLength(kind === "embedded" ? 1 : 0);
  });
});

describe("the option store", () => {
  it("refuses what is no store", async () => {
    await expect(startTracing({ store: {} as OpenStore })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining('what openStore() resolved to, "none"'),
    });
  });

  it("refuses a schema that the given client cannot reach", async () => {
    const store = await openStore({ insforge: { client: { rpc: () => 1 } } }, {});
    await expect(store.client.rpc("order", {}, { schema: "shop" })).rejects.toMatchObject({
      code: "invalid-option",
    });
  });
});
