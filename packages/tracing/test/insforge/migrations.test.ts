import { createAdminClient } from "@insforge/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createInsForgeMigrationTarget, createInsForgeStoreClient } from "../../src/insforge/index.ts";
import { LATEST_SCHEMA_VERSION, migrate, planMigrations, readMigrations } from "../../src/store/migrator.ts";
import { unusedAddress } from "../cli/refusing-server.ts";
import type { InsForgeServer } from "../support/insforge-server.ts";
import { query } from "../support/postgres-server.ts";
import { addressOf, encoded, openExporter, openRepo, sampleTrace, TestBackend } from "./backend.ts";

let backend: TestBackend;

beforeAll(async () => {
  backend = await TestBackend.start();
});
afterAll(() => backend?.stop());

const openTarget = (server: InsForgeServer) => createInsForgeMigrationTarget(addressOf(server));

const RECORDED = "SELECT version, name FROM system.custom_migrations ORDER BY version::numeric";

function foreign(server: InsForgeServer, version: string, sql = "SELECT 1"): Promise<Response> {
  return fetch(`${server.url}/api/database/migrations`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ version, name: "of-another-tool", sql }),
  });
}

describe("migrating an InsForge project", () => {
  it("makes the schema through the migrations endpoint, and can store at once", async () => {
    const server = await backend.emptyForTest({ schemaCacheLagMs: 400 });
    const exporter = await openExporter(server);
    expect(await exporter.send(encoded(sampleTrace()))).toMatchObject({
      status: "schema-missing",
      reason: expect.stringContaining("`tracing migrate`"),
    });
    expect(await exporter.ready()).toBe(false);
    const { applied, version } = await migrate(await openTarget(server));
    expect(applied.map((migration) => migration.version)).toEqual(
      readMigrations().map((migration) => migration.version),
    );
    expect(version).toBe(LATEST_SCHEMA_VERSION);
    expect(await exporter.send(encoded(sampleTrace()))).toEqual({ status: "stored" });
    const repo = await openRepo(server);
    expect(await repo.schemaVersion()).toBe(LATEST_SCHEMA_VERSION);
    expect((await repo.listTraces()).traces).toHaveLength(1);
    expect((await repo.stats()).count).toBe(1);
    expect(await query(server.databaseUrl, RECORDED)).toHaveLength(applied.length);
  });

  it("applies nothing a second time, and says what is missing before it does", async () => {
    const server = await backend.emptyForTest();
    const target = await openTarget(server);
    expect((await planMigrations(target)).applied).toHaveLength(LATEST_SCHEMA_VERSION);
    await migrate(target);
    const before = server.requests.length;
    expect(await migrate(target)).toMatchObject({ applied: [], version: LATEST_SCHEMA_VERSION });
    expect(server.requests.slice(before).every(({ path }) => path === "/api/database/advance/rawsql")).toBe(
      true,
    );
  });

  it("finds its place after, between and in a race with the migrations of other tools", async () => {
    const server = await backend.emptyForTest();
    expect((await foreign(server, "20260101120000")).status).toBe(201);
    const target = await openTarget(server);
    const [first, ...rest] = readMigrations();
    await migrate(target, { migrations: first ? [first] : [] });
    expect((await foreign(server, "20260601120000")).status).toBe(201);
    // Just before each of ours arrives, another tool takes the number that it was going to have.
    server.fault(
      (_, body) => {
        const taken = /"version":"(\d+)"/.exec(body)?.[1];
        if (taken === undefined || body.includes("of-another-tool")) return undefined;
        const message = `Migration ${taken} already exists`;
        const conflict = { error: "DATABASE_MIGRATION_ALREADY_EXISTS", message, statusCode: 409 };
        return { kind: "answer", status: 409, body: JSON.stringify(conflict) };
      },
      { path: "/api/database/migrations", times: 2 },
    );
    await migrate(target, { migrations: rest });
    const recorded = await query(server.databaseUrl, RECORDED);
    expect(recorded.map(({ version }) => version)).toEqual([
      "20260101120000",
      "20260101120001",
      "20260601120000",
      ...rest.map((_, index) => String(20260601120001n + BigInt(index))),
    ]);
  });

  it("does not lose count with versions of more digits than a number holds", async () => {
    const server = await backend.emptyForTest();
    const huge = "9".repeat(40);
    await foreign(server, huge);
    await migrate(await openTarget(server));
    const recorded = await query(server.databaseUrl, RECORDED);
    expect(recorded.map(({ version }) => version)).toContain(`1${"0".repeat(40)}`);
  });

  it("says so when no higher version is possible", async () => {
    const server = await backend.emptyForTest();
    await foreign(server, "9".repeat(64));
    await expect(migrate(await openTarget(server))).rejects.toMatchObject({ code: "migration-failed" });
  });

  it("runs once when eight processes start at the same time", async () => {
    const server = await backend.emptyForTest();
    const reports = await Promise.all(
      Array.from({ length: 8 }, async () => migrate(await openTarget(server))),
    );
    expect(reports.map(({ version }) => version)).toEqual(Array(8).fill(LATEST_SCHEMA_VERSION));
    const applied = reports.flatMap((report) => report.applied.map((migration) => migration.version));
    expect(applied.toSorted()).toEqual(readMigrations().map((migration) => migration.version));
  });

  it("works with a client of the SDK", async () => {
    const server = await backend.emptyForTest();
    const client = createAdminClient(addressOf(server));
    await migrate(await createInsForgeMigrationTarget({ client }));
    const store = await createInsForgeStoreClient({ client });
    expect(await store.rpc("schema_version", {})).toBe(LATEST_SCHEMA_VERSION);
  });

  it("keeps nothing of a migration that fails, and says why", async () => {
    const server = await backend.emptyForTest();
    const target = await openTarget(server);
    const sql = "CREATE SCHEMA mine; CREATE TABLE mine.migrations (version int, name text); SELECT 1 / 0;";
    await expect(
      migrate(target, { schema: "mine", migrations: [{ version: 1, name: "a", sql }] }),
    ).rejects.toMatchObject({
      code: "migration-failed",
      message: expect.stringMatching(/Migration 1-a is refused.*division by zero/),
    });
    expect(await target.applied("mine")).toEqual([]);
  });

  it.each([
    "BEGIN; SELECT 1; COMMIT",
    "SET search_path = public",
    "CREATE ROLE me",
    "SELECT 1 -- set_config",
  ])("explains that InsForge does not allow %j", async (sql) => {
    const server = await backend.emptyForTest();
    const target = await openTarget(server);
    await expect(target.apply({ version: 1, name: "bad", sql })).rejects.toMatchObject({
      code: "migration-failed",
      message: expect.stringContaining("not allowed in migrations"),
      hint: expect.stringContaining("does not allow this statement"),
    });
  });

  it("tells a server that does not expose new schemas what to upgrade, and goes on after that", async () => {
    const server = await backend.emptyForTest({ exposeNewSchemas: false });
    const target = await openTarget(server);
    await expect(migrate(target)).rejects.toMatchObject({
      code: "unsupported-server",
      hint: expect.stringContaining("Upgrade InsForge to a release of mid-2026"),
    });
    const exporter = await openExporter(server);
    expect(await exporter.send(encoded(sampleTrace()))).toMatchObject({
      status: "schema-missing",
      reason: expect.stringContaining("upgrade InsForge"),
    });
    await query(server.databaseUrl, "INSERT INTO system.exposed_schemas VALUES ('tracing')");
    await migrate(target);
    expect(await exporter.send(encoded(sampleTrace()))).toEqual({ status: "stored" });
  });

  it("tells apart a server that is away, one that is no InsForge, and one that refuses the key", async () => {
    const server = await backend.emptyForTest();
    const away = await createInsForgeMigrationTarget({ baseUrl: await unusedAddress(), apiKey: "ik_x" });
    await expect(migrate(away)).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("ECONNREFUSED"),
      hint: expect.stringContaining("INSFORGE_BASE_URL"),
    });
    const other = await createInsForgeMigrationTarget({
      baseUrl: `${server.url}/blog`,
      apiKey: server.apiKey,
    });
    await expect(migrate(other)).rejects.toMatchObject({
      code: "unsupported-server",
      hint: expect.stringContaining("INSFORGE_BASE_URL"),
    });
    const wrongKey = await createInsForgeMigrationTarget({ baseUrl: server.url, apiKey: "ik_wrong" });
    await expect(migrate(wrongKey)).rejects.toMatchObject({
      code: "unauthorized",
      hint: expect.stringContaining("INSFORGE_API_KEY"),
    });
  });

  it("needs more than a client that can only call functions", async () => {
    const target = await createInsForgeMigrationTarget({ client: { rpc: () => undefined } });
    await expect(target.applied("tracing")).rejects.toMatchObject({
      code: "migration-failed",
      hint: expect.stringContaining("INSFORGE_BASE_URL"),
    });
  });
});
