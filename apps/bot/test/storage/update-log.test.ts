import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
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

beforeAll(async () => {
  opened = await STORES.insforge();
  if (!opened.backend) throw new Error("The stand-in has a backend.");
  backend = opened.backend;
  records = new BotRecords(opened.store.client);
  await prepareSchemas(opened.store, recordLog().logger, new AbortController().signal);
});

afterAll(() => opened.close());

beforeEach(() => {
  log = recordLog();
  updates = new UpdateLog(records, log.logger);
});

describe("an update that is finished while the database is away", () => {
  it("is noted when it is back, begun before or meanwhile, so that no restart tells of it", async () => {
    await updates.begin(1, 42);
    await backend.down();
    await updates.begin(2, 43);
    for (const id of [1, 2]) await updates.finish(id);
    await backend.up();
    await vi.waitUntil(async () => (await finished(1, 2)) === 2, PATIENCE);
    expect(await records.takeAbandoned()).toEqual([]);
    expect(await records.beginUpdate(2, 43)).toBe(false);
    await vi.waitUntil(() => log.lines.some(({ msg }) => msg === "Updates are noted again"), PATIENCE);
  });

  it("is noted at the end at the latest", async () => {
    await updates.begin(3, 42);
    await backend.down();
    await updates.finish(3);
    await backend.up();
    await updates.close();
    expect(await records.takeAbandoned()).toEqual([]);
  });

  it("is not waited for at the end when the database hangs", async () => {
    await updates.begin(4, 42);
    await backend.down();
    await updates.finish(4);
    await backend.up();
    const endHang = backend.fault(() => ({ kind: "hang" }));
    await updates.close(100);
    endHang();
    expect(await finished(4)).toBe(0);
    expect(await records.takeAbandoned()).toEqual([42]);
  });
});

it("an update whose beginning comes to the database after its end is finished", async () => {
  await records.finishUpdate(5);
  expect(await records.beginUpdate(5, 42)).toBe(false);
  expect(await records.takeAbandoned()).toEqual([]);
});

/** How many of these are finished. */
async function finished(...ids: number[]): Promise<number> {
  const [row] = await query(
    backend.databaseUrl,
    "SELECT count(*)::int AS updates FROM bot.updates WHERE finished_at IS NOT NULL AND update_id = ANY ($1)",
    [ids],
  );
  return Number(row?.updates);
}
