import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createPostgresMigrationTarget } from "../../src/postgres/index.ts";
import { LATEST_SCHEMA_VERSION, migrate, planMigrations, readMigrations } from "../../src/store/migrator.ts";
import { type PostgresServer, query, startPostgres } from "../support/postgres-server.ts";

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => server?.stop());

async function openTarget(url: string) {
  const target = await createPostgresMigrationTarget({ connectionString: url });
  onTestFinished(() => target.close?.());
  return target;
}

describe("migrations over a connection to PostgreSQL", () => {
  it("end at the version that the library knows, in steps numbered without a gap", () => {
    const versions = readMigrations().map(({ version }) => version);
    expect(versions).toEqual(Array.from({ length: LATEST_SCHEMA_VERSION }, (_, index) => index + 1));
  });

  it("apply what is missing, once, also when two run at the same time", async () => {
    const url = await server.createDatabase();
    const target = await openTarget(url);
    expect((await planMigrations(target)).applied).toHaveLength(LATEST_SCHEMA_VERSION);
    const first = readMigrations().slice(0, 2);
    await migrate(target, { migrations: first });
    const reports = await Promise.all([migrate(target), migrate(target)]);
    expect(reports.map((report) => report.version)).toEqual([LATEST_SCHEMA_VERSION, LATEST_SCHEMA_VERSION]);
    const applied = reports.flatMap((report) => report.applied.map(({ version }) => version));
    expect(applied.toSorted()).toEqual([3, 4, 5, 6]);
    expect((await planMigrations(target)).applied).toEqual([]);
  });

  it("leave nothing of a step that fails, and say which it was", async () => {
    const url = await server.createDatabase();
    const target = await openTarget(url);
    const broken = { version: 2, name: "broken", sql: "CREATE TABLE tracing.half (); SELECT 1 / 0;" };
    const [tables] = readMigrations();
    if (!tables) throw new Error("no migrations");
    const failing = migrate(target, { migrations: [tables, broken] });
    await expect(failing).rejects.toMatchObject({ code: "migration-failed" });
    await expect(failing).rejects.toThrow("Migration 2 (broken) failed: division by zero.");
    expect(
      await query(url, "SELECT to_regclass('tracing.half') AS half, max(version) FROM tracing.migrations"),
    ).toEqual([{ half: null, max: 1 }]);
  });

  it("tell a role without rights what it needs", async () => {
    const url = new URL(await server.createDatabase());
    await query(url.href, "CREATE ROLE visitor LOGIN");
    url.username = "visitor";
    await expect(migrate(await openTarget(url.href))).rejects.toThrow(
      /^Migration 1 \(tables\) failed: permission denied for database .*GRANT CREATE ON DATABASE/,
    );
  });

  it("serve another schema with the same table of notes", async () => {
    const url = await server.createDatabase();
    const target = await openTarget(url);
    const migrations = [
      {
        version: 1,
        name: "bot",
        sql: "CREATE SCHEMA bot; CREATE TABLE bot.migrations (version integer PRIMARY KEY, name text NOT NULL);",
      },
    ];
    expect(await migrate(target, { schema: "bot", migrations })).toMatchObject({ version: 1 });
    expect(await query(url, "SELECT version, name FROM bot.migrations")).toEqual([
      { version: 1, name: "bot" },
    ]);
  });
});
