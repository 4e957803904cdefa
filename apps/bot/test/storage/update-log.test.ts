import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { query } from "../../../../packages/tracing/test/support/postgres-server.ts";
import { BotRecords } from "../../src/storage/bot-records.ts";
import { prepareSchemas } from "../../src/storage/bot-schema.ts";
import { UpdateLog } from "../../src/storage/update-log.ts";
import { recordLog } from "../support/log-lines.ts";
import { type OpenedStore, STORES } from "../support/stores.ts";

const PATIENCE = { timeout: 20_000 };

let opened: OpenedStore;
let backend: NonNullable<OpenedStore["backend"]>;
let records: BotRecords;
let log: ReturnType<typeof recordLog>;
let updates: UpdateLog;

beforeEach(async () => {
  opened = await STORES.insforge();
  if (!opened.backend) throw new Error("The stand-in has a backend.");
  backend = opened.backend;
  records = new BotRecords(opened.store.client);
  log = recordLog();
  updates = new UpdateLog(records, log.logger);
  await prepareSchemas(opened.store, log.logger, new AbortController().signal);
});

afterEach(async () => {
  await updates.close();
  await opened.close();
});

describe("an update that is finished while the database is away", () => {
  it("is noted when it is back, begun before or meanwhile, so that no restart tells of it", async () => {
    await updates.begin(1, 42);
    await backend.down();
    await updates.begin(2, 43);
    for (const id of [1, 2]) await updates.finish(id);
    await backend.up();
    await vi.waitUntil(async () => (await finishedUpdates()).length === 2, PATIENCE);
    expect(await finishedUpdates()).toEqual([1, 2]);
    expect(await records.takeAbandoned()).toEqual([]);
    expect(await records.beginUpdate(2, 43)).toBe(false);
    await vi.waitUntil(() => log.lines.some(({ msg }) => msg === "Updates are noted again"), PATIENCE);
  });

  it("is noted at the end at the latest", async () => {
    await updates.begin(1, 42);
    await backend.down();
    await updates.finish(1);
    await backend.up();
    await updates.close();
    expect(await records.takeAbandoned()).toEqual([]);
  });

  it("is not waited for at the end when the database hangs", async () => {
    await updates.begin(1, 42);
    await backend.down();
    await updates.finish(1);
    await backend.up();
    backend.fault(() => ({ kind: "hang" }));
    await updates.close(100);
    expect(await finishedUpdates()).toEqual([]);
  });
});

it("an update whose beginning comes to the database after its end is finished", async () => {
  await records.finishUpdate(1);
  expect(await records.beginUpdate(1, 42)).toBe(false);
  expect(await records.takeAbandoned()).toEqual([]);
});

async function finishedUpdates(): Promise<number[]> {
  const rows = await query(
    backend.databaseUrl,
    "SELECT update_id::int AS id FROM bot.updates WHERE finished_at IS NOT NULL ORDER BY 1",
  );
  return rows.map(({ id }) => Number(id));
}
