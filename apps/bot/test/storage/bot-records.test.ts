import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BotRecords } from "../../src/storage/bot-records.ts";
import { prepareSchemas } from "../../src/storage/bot-schema.ts";
import { type OpenedStore, STORES } from "../support/stores.ts";

const logger = pino({ level: "silent" });

describe.each(Object.entries(STORES))("the bot's records, %s", (_, open) => {
  let opened: OpenedStore;
  let records: BotRecords;

  beforeAll(async () => {
    opened = await open();
    await prepareSchemas(opened.store, logger, new AbortController().signal);
    records = new BotRecords(opened.store.client);
  });

  afterAll(() => opened.close());

  it("prepares both schemas again without harm", async () => {
    await prepareSchemas(opened.store, logger, new AbortController().signal);
    expect(await opened.store.client.rpc("schema_version", {}, { schema: "bot" })).toBe(2);
    expect(await opened.store.repo.schemaVersion()).toBeGreaterThan(0);
  });

  it("gives a session back as it was written last", async () => {
    expect(await records.readSession("1")).toBe(null);
    await records.writeSession("1", { activity: { kind: "learn" }, text: 'quote " and emoji 🎯' });
    await records.writeSession("1", { activity: { kind: "idle" }, xp: 72 });
    expect(await records.readSession("1")).toEqual({ activity: { kind: "idle" }, xp: 72 });
    await records.deleteSession("1");
    expect(await records.readSession("1")).toBe(null);
  });

  it("takes text that PostgreSQL has no place for, without what it cannot hold", async () => {
    await records.writeSession("2", {
      deal: "a\u0000b",
      strategy: "lone \ud83d, whole 🎯",
      tactics: ["\udc00"],
    });
    expect(await records.readSession("2")).toEqual({
      deal: "ab",
      strategy: "lone \ufffd, whole 🎯",
      tactics: ["\ufffd"],
    });
    await records.writeNotes("2", ["a\u0000 note"]);
    expect(await records.readNotes("2")).toEqual(["a note"]);
  });

  it("keeps notes by rep", async () => {
    expect(await records.readNotes("7")).toEqual([]);
    await records.writeNotes("7", ["asks good questions", "closes too late"]);
    expect(await records.readNotes("7")).toEqual(["asks good questions", "closes too late"]);
    expect(await records.readNotes("8")).toEqual([]);
  });

  it("takes an update on once, of however many that ask at the same time", async () => {
    const id = Date.now();
    const answers = await Promise.all([1, 2, 3, 4].map(() => records.beginUpdate(id, 42)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    await records.finishUpdate(id);
    expect(await records.beginUpdate(id, 42)).toBe(false);
  });

  it("names the chats of unfinished updates once, each once", async () => {
    const id = Date.now() + 1_000;
    await records.takeAbandoned();
    await records.beginUpdate(id, 42);
    await records.beginUpdate(id + 1, 42);
    await records.beginUpdate(id + 2, 43);
    await records.beginUpdate(id + 3, undefined);
    await records.beginUpdate(id + 4, 44);
    await records.finishUpdate(id + 4);
    expect((await records.takeAbandoned()).toSorted()).toEqual([42, 43]);
    expect(await records.takeAbandoned()).toEqual([]);
    expect(await records.beginUpdate(id, 42)).toBe(false);
  });

  it("forgets one rep and nobody else", async () => {
    const id = Date.now() + 2_000;
    for (const user of ["51", "52"]) {
      await records.writeSession(user, { xp: 1 });
      await records.writeNotes(user, ["a note"]);
      await records.beginUpdate(id + Number(user), Number(user));
    }
    await records.forget("51");
    expect(await records.readSession("51")).toBe(null);
    expect(await records.readNotes("51")).toEqual([]);
    expect(await records.readSession("52")).toEqual({ xp: 1 });
    expect(await records.readNotes("52")).toEqual(["a note"]);
    expect(await records.takeAbandoned()).toEqual([52]);
  });
});
