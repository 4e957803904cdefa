import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLogger, type Logger } from "../../src/logger.ts";
import { BotRecords, RecordsUnavailableError } from "../../src/storage/bot-records.ts";
import { prepareSchemas } from "../../src/storage/bot-schema.ts";
import { SessionStorage } from "../../src/storage/session-storage.ts";
import { UpdateLog } from "../../src/storage/update-log.ts";
import { type OpenedStore, STORES } from "../support/stores.ts";

let opened: OpenedStore;
let backend: NonNullable<OpenedStore["backend"]>;
let records: BotRecords;
let lines: { level: string; msg: string }[];
let logger: Logger;
let stop: AbortController;

beforeEach(async () => {
  opened = await STORES.insforge();
  if (!opened.backend) throw new Error("The stand-in has a backend.");
  backend = opened.backend;
  records = new BotRecords(opened.store.client);
  lines = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
  logger = createLogger({ level: "debug", secrets: [], destination });
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await opened.close();
});

describe("while the database is away", () => {
  it("a bot that starts waits for its schemas, and makes them when the database is there", async () => {
    await backend.down();
    await prepareSchemas(opened.store, logger, stop.signal);
    await expect(records.readSession("1")).rejects.toBeInstanceOf(RecordsUnavailableError);
    await backend.up();
    await vi.waitUntil(
      () =>
        records.readSession("1").then(
          () => true,
          () => false,
        ),
      { timeout: 20_000 },
    );
    expect(lines.map(({ msg }) => msg)).toContain("The database is not ready; trying again until it is");
  });

  it("a bot that starts does not wait for one that hangs, and has its schemas when it answers again", async () => {
    const endHang = backend.fault(() => ({ kind: "hang" }), { times: 1 });
    await prepareSchemas(opened.store, logger, stop.signal, 100);
    expect(lines.at(-1)?.msg).toBe("The database does not answer; the bot goes on without until it does");
    await expect(records.readSession("1")).rejects.toBeInstanceOf(RecordsUnavailableError);
    endHang();
    // What hangs is cut off, as when a proxy gives up.
    await backend.down();
    await backend.up();
    await vi.waitUntil(
      () =>
        records.readSession("1").then(
          () => true,
          () => false,
        ),
      { timeout: 20_000 },
    );
  });

  it("chats that were active go on, and what they did is saved when it is back", async () => {
    await prepareSchemas(opened.store, logger, stop.signal);
    const sessions = new SessionStorage<{ xp: number }>(records, logger);
    await sessions.write("1", { xp: 10 });
    await backend.down();
    expect(await sessions.read("1")).toEqual({ xp: 10 });
    await sessions.write("1", { xp: 20 });
    expect(await sessions.read("1")).toEqual({ xp: 20 });
    await expect(sessions.read("2")).rejects.toBeInstanceOf(RecordsUnavailableError);
    await backend.up();
    await vi.waitUntil(async () => JSON.stringify(await records.readSession("1")) === '{"xp":20}', {
      timeout: 20_000,
    });
    await vi.waitUntil(() => lines.some(({ msg }) => msg === "Sessions are saved again"), {
      timeout: 20_000,
    });
  });

  it("saves at the end what could not be saved before", async () => {
    await prepareSchemas(opened.store, logger, stop.signal);
    const sessions = new SessionStorage<{ xp: number }>(records, logger);
    await backend.down();
    await sessions.write("1", { xp: 30 });
    await backend.up();
    await sessions.close();
    expect(await records.readSession("1")).toEqual({ xp: 30 });
  });

  it("a session that the database refuses does not keep the others from being saved", async () => {
    await prepareSchemas(opened.store, logger, stop.signal);
    const sessions = new SessionStorage<{ xp: number }>(records, logger);
    await backend.down();
    for (const key of ["refused", "1"]) await sessions.write(key, { xp: 30 });
    await backend.up();
    const body = JSON.stringify({ code: "22P05", message: "unsupported Unicode escape sequence" });
    backend.fault((_, request) =>
      request.includes("refused") ? { kind: "answer", status: 400, body } : undefined,
    );
    await sessions.close();
    expect(await records.readSession("1")).toEqual({ xp: 30 });
    expect(lines.map(({ msg }) => msg)).toContain("A session is refused and dropped");
  });

  it("waits no longer than a moment at the end for one that hangs", async () => {
    await prepareSchemas(opened.store, logger, stop.signal);
    const sessions = new SessionStorage<{ xp: number }>(records, logger);
    await backend.down();
    await sessions.write("1", { xp: 30 });
    await backend.up();
    const begun = backend.requests.length;
    backend.fault(() => ({ kind: "hang" }));
    await sessions.close(100);
    expect(backend.requests.slice(begun).map(({ path }) => path)).toEqual([
      "/api/database/rpc/write_session",
    ]);
    expect(lines.at(-1)?.msg).toBe("Sessions could not be saved and are lost");
  });

  it("says what it has to give up", async () => {
    const sessions = new SessionStorage<{ xp: number }>(records, logger);
    await backend.down();
    await sessions.write("1", { xp: 30 });
    await sessions.close();
    expect(lines.at(-1)?.msg).toBe("Sessions could not be saved and are lost");
  });

  it("an update is still taken on once by this process, which is said once", async () => {
    const updates = new UpdateLog(records, logger);
    await backend.down();
    expect(await updates.begin(1, 42)).toBe(true);
    expect(await updates.begin(1, 42)).toBe(false);
    expect(await updates.begin(2, 42)).toBe(true);
    await updates.finish(1);
    expect(lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });
});
