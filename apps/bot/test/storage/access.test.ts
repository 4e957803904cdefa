import pg from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  attemptAll,
  everyWayIn,
  findOpenings,
  REFUSED,
} from "../../../../packages/tracing/test/support/database-access.ts";
import type { InsForgeServer } from "../../../../packages/tracing/test/support/insforge-server.ts";
import { BotRecords } from "../../src/storage/bot-records.ts";
import { prepareSchemas } from "../../src/storage/bot-schema.ts";
import { type OpenedStore, STORES } from "../support/stores.ts";

let opened: OpenedStore;
let backend: InsForgeServer;
let client: pg.Client;

beforeAll(async () => {
  opened = await STORES.insforge();
  if (!opened.backend) throw new Error("InsForge's stand-in has no server");
  backend = opened.backend;
  await prepareSchemas(opened.store, pino({ level: "silent" }), new AbortController().signal);
  const records = new BotRecords(opened.store.client);
  await records.writeSession("1", { activity: { kind: "idle" } });
  await records.writeNotes("1", ["closes too late"]);
  client = new pg.Client({ connectionString: backend.databaseUrl });
  await client.connect();
  await client.query("CREATE ROLE stranger; GRANT CREATE ON SCHEMA public TO stranger");
});
afterAll(async () => {
  await client?.end();
  await opened?.close();
});

const STRANGERS = ["anon", "authenticated", "stranger"];

const KEYS: readonly (readonly [name: string, status: number, key: () => string | undefined])[] = [
  ["the anonymous key", 401, () => backend.anonKey],
  ["a user's token", 403, () => backend.userToken],
  ["a wrong API key", 401, () => "ik_0123456789abcdef0123456789abcdef"],
  ["no key", 401, () => undefined],
];

describe("the bot's schema", () => {
  it("has nothing that is open to anyone but its owner, or would be if the schema were", async () => {
    expect(await findOpenings(client, "bot")).toEqual([]);
  });

  it.each(STRANGERS)("lets %s into nothing, also when the schema is opened by mistake", async (role) => {
    const ways = await everyWayIn(client, "bot");
    expect(ways.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        "select from bot.sessions",
        "select from bot.notes",
        "call bot.read_notes(text)",
      ]),
    );
    for (const prepare of ["SELECT 1", `GRANT USAGE ON SCHEMA bot TO ${role}`]) {
      const attempts = await attemptAll(client, role, ways, prepare);
      expect(attempts.filter(({ code }) => code !== REFUSED)).toEqual([]);
    }
  });

  it.each(STRANGERS)("shows %s no row when its tables are opened as well", async (role) => {
    const ways = (await everyWayIn(client, "bot")).filter(({ what }) => what.startsWith("select from"));
    const opening = `GRANT USAGE ON SCHEMA bot TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA bot TO ${role}`;
    const attempts = await attemptAll(client, role, ways, opening);
    expect(attempts.filter(({ rows }) => rows !== 0)).toEqual([]);
  });

  it.each(KEYS)("is refused over the API to %s", async (_, status, key) => {
    const { rows } = await client.query<{ path: string; body: object }>(
      `SELECT 'rpc/' || p.proname AS path, (SELECT coalesce(json_object_agg(p.proargnames[n], NULL), '{}') FROM generate_series(1, p.pronargs) n) AS body
       FROM pg_proc p WHERE p.pronamespace = 'bot'::regnamespace
       UNION ALL SELECT 'records/' || relname, '{}' FROM pg_class WHERE relnamespace = 'bot'::regnamespace AND relkind = 'r'`,
    );
    expect(rows.length).toBeGreaterThan(10);
    for (const { path, body } of rows) {
      const authorization = key();
      const response = await fetch(`${backend.url}/api/database/${path}`, {
        method: "POST",
        headers: {
          ...(authorization !== undefined && { authorization: `Bearer ${authorization}` }),
          "content-profile": "bot",
          "content-type": "application/json",
        },
        body: JSON.stringify(body),
      });
      await response.text();
      expect([path, response.status]).toEqual([path, status]);
    }
  });
});
