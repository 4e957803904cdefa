import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createInsForgeMigrationTarget } from "../../src/insforge/index.ts";
import { type OpenStore, openStore } from "../../src/open-store.ts";
import { createPostgresClient, createPostgresMigrationTarget } from "../../src/postgres/index.ts";
import { type Migration, migrate, readMigrations } from "../../src/store/migrator.ts";
import { describeStoreContract } from "../../src/testing/store-contract/index.ts";
import { attemptAll, everyWayIn, findOpenings, REFUSED } from "../support/database-access.ts";
import { startInsForge } from "../support/insforge-server.ts";
import { type PostgresServer, query, startPostgres } from "../support/postgres-server.ts";
import { sampleRecord } from "../support/sample-record.ts";

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
  await query(server.url, "CREATE ROLE stranger; CREATE ROLE tracing_owner LOGIN NOSUPERUSER NOBYPASSRLS");
});
afterAll(async () => server?.stop());

/** A database with the schema and two traces, and what was needed to make it. */
interface Place {
  url: string;
  owner: string;
  store: OpenStore;
  close(): Promise<void>;
}

/** As InsForge's API key leaves it: everything belongs to `project_admin`, who is beyond row level security. */
async function insforgePlace(): Promise<Place> {
  const url = await server.createDatabase();
  const insforge = await startInsForge({ databaseUrl: url, schemaCacheLagMs: 50 });
  const store = await openStore({ insforge: { baseUrl: insforge.url, apiKey: insforge.apiKey } }, {});
  return { url, owner: "project_admin", store, close: () => store.close().then(() => insforge.stop()) };
}

/** As a connection string leaves it: everything belongs to a role that row level security holds for elsewhere. */
async function ownedPlace(): Promise<Place> {
  const url = await server.createDatabase();
  await prepareRoles(url);
  const store = await openStore({ databaseUrl: ownersUrl(url) }, {});
  return { url, owner: "tracing_owner", store, close: () => store.close() };
}

async function prepareRoles(url: string): Promise<void> {
  const insforge = await startInsForge({ databaseUrl: url });
  await insforge.stop();
  await query(url, `GRANT CREATE ON DATABASE ${new URL(url).pathname.slice(1)} TO tracing_owner`);
}

function ownersUrl(url: string): string {
  const owners = new URL(url);
  owners.username = "tracing_owner";
  return owners.href;
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

const STRANGERS = ["anon", "authenticated", "stranger"];

describe.each([
  ["project_admin of InsForge", insforgePlace, ["tracing_owner"]],
  ["an owner without BYPASSRLS", ownedPlace, []],
] as const)("a schema that belongs to %s", (_, open, others) => {
  let place: Place;

  beforeAll(async () => {
    place = await open();
    await migrate(place.store.migrations);
    const old = { start: "2025-01-01T10:00:00.000000Z", end: "2025-01-01T10:00:01.000000Z" };
    // The days of both traces get partitions by `ingest`, and further ones by `maintain`.
    await place.store.repo.ingest([sampleRecord({ user_id: "7" }), sampleRecord(old)]);
    await query(place.url, `SET ROLE ${place.owner}; SELECT tracing.maintain()`);
    await query(place.url, "GRANT CREATE ON SCHEMA public TO stranger");
  });
  afterAll(async () => place?.close());

  it("has nothing that is open to anyone else, or would be if the schema were", async () => {
    const client = await connect(place.url);
    expect(await findOpenings(client, "tracing")).toEqual([
      // Runs inside of functions that fix the path; a path of its own would keep the planner from inlining it.
      expect.stringMatching(/^no search_path in tracing\.to_figures\(/),
    ]);
  });

  it.each([...STRANGERS, ...others])("lets %s into nothing", async (role) => {
    const client = await connect(place.url);
    const ways = await everyWayIn(client, "tracing");
    const names = ways.map(({ what }) => what);
    expect(names).toEqual(
      expect.arrayContaining([
        "select from tracing.traces",
        "select from tracing.spans_20250101",
        "call tracing.ingest(jsonb)",
      ]),
    );
    expect(names.length).toBeGreaterThan(120);
    const attempts = await attemptAll(client, role, ways);
    expect(attempts.filter(({ code }) => code !== REFUSED)).toEqual([]);
  });

  it.each(STRANGERS)("lets %s into nothing either when the schema is opened by mistake", async (role) => {
    const client = await connect(place.url);
    const ways = await everyWayIn(client, "tracing");
    const opened = `GRANT USAGE ON SCHEMA tracing TO ${role}`;
    const attempts = await attemptAll(client, role, ways, opened);
    expect(attempts.filter(({ code }) => code !== REFUSED)).toEqual([]);
  });

  it.each(STRANGERS)("shows %s no row when tables and functions are opened as well", async (role) => {
    const client = await connect(place.url);
    const opened = `GRANT USAGE ON SCHEMA tracing TO ${role};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tracing TO ${role};
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tracing TO ${role}`;
    const ways = (await everyWayIn(client, "tracing")).filter(({ what }) =>
      /^(?:select from|delete)/.test(what),
    );
    const reading = [
      ...ways.map(({ what, sql }) => ({ what, sql: sql.startsWith("DELETE") ? `${sql} RETURNING 1` : sql })),
      { what: "list", sql: `SELECT FROM tracing.list_traces('{}') l, jsonb_array_elements(l -> 'traces')` },
    ];
    const attempts = await attemptAll(client, role, reading, opened);
    expect(attempts.filter(({ rows }) => rows !== 0)).toEqual([]);
    const writing = [
      { what: "write", sql: `SELECT tracing.ingest('[${JSON.stringify(sampleRecord())}]')` },
      { what: "erase", sql: `SELECT tracing.delete_traces('{"userId":"7"}')` },
    ];
    const codes = (await attemptAll(client, role, writing, opened)).map(({ code }) => code);
    expect(codes).toEqual([REFUSED, REFUSED]);
  });

  it("is read and written by its owner", async () => {
    const { repo } = place.store;
    const { traces } = await repo.listTraces({ userId: "7" });
    expect(traces).toHaveLength(1);
    expect(await repo.score(traces[0]?.traceId ?? "", { name: "quality", value: 1 })).toBe(true);
  });
});

describe("a later migration that forgets to close what it makes", () => {
  const careless: Migration = {
    version: 9_000,
    name: "careless",
    sql: `
      CREATE TABLE tracing.later (id int);
      CREATE SEQUENCE tracing.later_ids;
      CREATE VIEW tracing.later_view AS SELECT * FROM tracing.traces;
      CREATE FUNCTION tracing.later_call() RETURNS bigint LANGUAGE sql SECURITY DEFINER
        AS 'SELECT count(*) FROM tracing.traces';
      GRANT SELECT ON tracing.later TO PUBLIC;
    `,
  };

  it("is found out by the test of what is open, and still lets no one in", async () => {
    const place = await insforgePlace();
    onTestFinished(() => place.close());
    await migrate(place.store.migrations, { migrations: [...readMigrations(), careless] });
    const client = await connect(place.url);
    expect(await findOpenings(client, "tracing")).toEqual([
      "EXECUTE on tracing.later_call() for -",
      "SELECT on tracing.later for -",
      "no row level security on tracing.later",
      "no search_path in tracing.later_call()",
      expect.stringContaining("to_figures"),
      "owner's rights in the view tracing.later_view",
      "owner's rights in tracing.later_call()",
    ]);
    for (const role of STRANGERS) {
      const attempts = await attemptAll(client, role, await everyWayIn(client, "tracing"));
      expect(attempts.filter(({ code }) => code !== REFUSED)).toEqual([]);
    }
  });

  it("is found out as well when the database hands out rights on all that is made", async () => {
    const url = await server.createDatabase();
    const insforge = await startInsForge({ databaseUrl: url, schemaCacheLagMs: 50 });
    onTestFinished(() => insforge.stop());
    await query(
      url,
      "ALTER DEFAULT PRIVILEGES FOR ROLE project_admin GRANT SELECT ON TABLES TO authenticated",
    );
    await migrate(await createInsForgeMigrationTarget({ baseUrl: insforge.url, apiKey: insforge.apiKey }));
    const client = await connect(url);
    const openings = await findOpenings(client, "tracing");
    expect(openings).toContain("SELECT on tracing.traces for authenticated");
    const attempts = await attemptAll(client, "authenticated", await everyWayIn(client, "tracing"));
    expect(attempts.filter(({ code }) => code !== REFUSED)).toEqual([]);
  });
});

describeStoreContract("PostgreSQL, an owner without BYPASSRLS", {
  runner: { afterAll, beforeAll, describe, it },
  open: async () => {
    const url = await server.createDatabase();
    await prepareRoles(url);
    const target = await createPostgresMigrationTarget({ connectionString: ownersUrl(url) });
    await migrate(target);
    await target.close?.();
    return createPostgresClient({ connectionString: ownersUrl(url) });
  },
});
