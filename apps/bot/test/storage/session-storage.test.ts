import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { BotRecords } from "../../src/storage/bot-records.ts";
import { prepareSchemas } from "../../src/storage/bot-schema.ts";
import { SessionStorage } from "../../src/storage/session-storage.ts";
import { recordLog } from "../support/log-lines.ts";
import { type OpenedStore, STORES } from "../support/stores.ts";

const PATIENCE = { timeout: 20_000 };

let opened: OpenedStore;
let backend: NonNullable<OpenedStore["backend"]>;
let records: BotRecords;
let sessions: SessionStorage<{ xp: number }>;
let database: pg.Client;

beforeAll(async () => {
  opened = await STORES.insforge();
  if (!opened.backend) throw new Error("The stand-in has a backend.");
  backend = opened.backend;
  records = new BotRecords(opened.store.client);
  await prepareSchemas(opened.store, recordLog().logger, new AbortController().signal);
  database = new pg.Client({ connectionString: backend.databaseUrl });
  await database.connect();
});

afterAll(async () => {
  await database.end();
  await opened.close();
});

/** Requests to a function that have come so far. */
function received(fn: string): number {
  return backend.requests.filter(({ path }) => path === `/api/database/rpc/${fn}`).length;
}

describe("an older state that is being saved after an outage", () => {
  beforeEach(async () => {
    sessions = new SessionStorage(records, recordLog().logger);
    await sessions.write("1", { xp: 10 });
    await backend.down();
    await sessions.write("1", { xp: 20 });
    const before = received("write_session");
    await database.query("BEGIN");
    await database.query("SELECT FROM bot.sessions WHERE key = '1' FOR UPDATE");
    await backend.up();
    await vi.waitUntil(() => received("write_session") > before, PATIENCE);
  });

  it("is in the database before a newer one sets out, and keeps no other chat waiting", async () => {
    const before = received("write_session");
    const written = sessions.write("1", { xp: 30 });
    await sessions.write("2", { xp: 1 });
    expect(received("write_session") - before).toBe(1);
    await database.query("COMMIT");
    await written;
    expect(await records.readSession("1")).toEqual({ xp: 30 });
    await sessions.close();
    expect(await records.readSession("1")).toEqual({ xp: 30 });
  });

  it("does not come back after the chat is deleted", async () => {
    const deleted = sessions.delete("1");
    await sessions.write("2", { xp: 1 });
    expect(received("delete_session")).toBe(0);
    await database.query("COMMIT");
    await deleted;
    await sessions.close();
    expect(await records.readSession("1")).toBe(null);
  });
});
