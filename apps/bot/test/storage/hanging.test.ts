import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BotRecords, RecordsUnavailableError } from "../../src/storage/bot-records.ts";
import { prepareSchemas } from "../../src/storage/bot-schema.ts";
import { SessionStorage } from "../../src/storage/session-storage.ts";
import { recordLog } from "../support/log-lines.ts";
import { type OpenedStore, STORES } from "../support/stores.ts";

let opened: OpenedStore;
let backend: NonNullable<OpenedStore["backend"]>;
const { logger } = recordLog();

beforeEach(async () => {
  opened = await STORES.insforge();
  if (!opened.backend) throw new Error("The stand-in has a backend.");
  backend = opened.backend;
  await prepareSchemas(opened.store, logger, new AbortController().signal);
});

afterEach(() => opened.close());

describe("a database that hangs", () => {
  it("is waited for by one call at a time, the others fail at once, and it is back by itself", async () => {
    const records = new BotRecords(opened.store.client, { timeoutMs: 300, hangMemoryMs: 0 });
    const begun = backend.requests.length;
    const endHang = backend.fault(() => ({ kind: "hang" }));
    const read = () => records.readSession("1");
    await expect(read()).rejects.toThrow("has not answered in 300 ms");
    const results = await Promise.allSettled([read(), read(), read()]);
    expect(results.map((result) => result.status === "rejected" && String(result.reason))).toEqual([
      expect.stringContaining("has not answered in 300 ms"),
      expect.stringContaining("did not answer a moment ago"),
      expect.stringContaining("did not answer a moment ago"),
    ]);
    expect(backend.requests.length - begun).toBe(2);
    endHang();
    expect(await read()).toBe(null);
    expect(await Promise.all([read(), read()])).toEqual([null, null]);
  });

  it("is not asked again for a while, except for the last time", async () => {
    const records = new BotRecords(opened.store.client, { timeoutMs: 300, hangMemoryMs: 3_600_000 });
    const sessions = new SessionStorage<{ xp: number }>(records, logger);
    const endHang = backend.fault(() => ({ kind: "hang" }));
    await sessions.write("1", { xp: 30 });
    endHang();
    await expect(sessions.read("2")).rejects.toThrow("did not answer a moment ago");
    await sessions.close();
    expect(await new BotRecords(opened.store.client).readSession("1")).toEqual({ xp: 30 });
  });

  it("is none that refuses to be reached, which each call finds out", async () => {
    const records = new BotRecords(opened.store.client, { hangMemoryMs: 3_600_000 });
    await backend.down();
    await expect(records.readSession("1")).rejects.toThrow(RecordsUnavailableError);
    await backend.up();
    expect(await records.readSession("1")).toBe(null);
  });
});
