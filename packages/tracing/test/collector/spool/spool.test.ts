import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { Spool } from "../../../src/collector/spool/spool.ts";
import {
  drain,
  dropped,
  encoded,
  idOf,
  NO_LIMITS,
  openSpool,
  scratch,
  segmentsIn,
  takeAll,
  until,
} from "./records.ts";

const span = (id: number, padding?: number) => encoded("span", id, padding);

describe("Spool", () => {
  it("hands records out in the order in which they came, and only once", async () => {
    const { spool } = openSpool(scratch());
    spool.append([span(1), span(2)]);
    spool.append([span(3)]);
    const batches = await takeAll(spool, { maxRecords: 2, maxBytes: 1e6 });
    expect(batches.map((batch) => batch.records.map(idOf))).toEqual([[1, 2], [3]]);
    expect(await spool.take(NO_LIMITS)).toBeUndefined();
    spool.append([span(4)]);
    expect((await drain(spool)).map(idOf)).toEqual([4]);
  });

  it("gives back exactly the text it was given", async () => {
    const { spool } = openSpool(scratch());
    const texts = ['{"v":1,"x":"\\n\\u0000 \\ud800 é 😀 \\" {\\"v\\":"}', "{}", '"'.repeat(300_000)];
    spool.append(texts);
    expect(await drain(spool)).toEqual(texts);
  });

  it("turns a raw line break between tokens into a space, so that a record stays one line", async () => {
    const { spool } = openSpool(scratch());
    spool.append(['{\n"a": 1\n}', span(2)]);
    expect((await drain(spool))[0]).toBe('{ "a": 1 }');
  });

  it("bounds a batch by count and bytes, and hands out a larger record alone", async () => {
    const { spool } = openSpool(scratch());
    const big = span(3, 200_000);
    spool.append([span(1), span(2), big, span(4), span(5)]);
    const one = Buffer.byteLength(span(1));
    const batches = await takeAll(spool, { maxRecords: 100, maxBytes: one * 2 });
    expect(batches.map((batch) => batch.records.map(idOf))).toEqual([[1, 2], [3], [4, 5]]);
    expect(batches.map((batch) => batch.bytes)).toEqual([one * 2, Buffer.byteLength(big), one * 2]);
  });

  it("counts every type as a record and only spans as spans", async () => {
    const { spool } = openSpool(scratch());
    spool.append([encoded("started", 1), span(1), encoded("interrupted", 2), "{}"]);
    expect([spool.pendingRecords, spool.pendingSpans]).toEqual([4, 1]);
    const [batch] = await takeAll(spool);
    expect(batch?.spans).toBe(1);
    expect(spool.pendingRecords).toBe(4);
    if (batch) spool.settle(batch);
    expect([spool.pendingRecords, spool.pendingSpans]).toEqual([0, 0]);
  });

  it("settles batches in any order, twice without harm, and never a foreign one", async () => {
    const { spool } = openSpool(scratch());
    for (let id = 0; id < 10; id++) spool.append([span(id)]);
    const batches = await takeAll(spool, { maxRecords: 1, maxBytes: 1e6 });
    for (const batch of batches.toReversed()) {
      spool.settle(batch);
      spool.settle(batch);
    }
    spool.settle({ records: [span(1)], spans: 1, bytes: 3 });
    expect([spool.pendingRecords, spool.pendingSpans]).toEqual([0, 0]);
  });

  it("deletes a segment once everything in it is settled, and not before", async () => {
    const { spool } = openSpool(scratch(), { segmentBytes: 2000 });
    for (let id = 0; id < 40; id++) spool.append([span(id)]);
    const before = segmentsIn(spool.dir);
    expect(before.length).toBeGreaterThan(3);
    const [first, ...others] = await takeAll(spool, { maxRecords: 1, maxBytes: 1e6 });
    for (const batch of others) spool.settle(batch);
    expect(segmentsIn(spool.dir)).toEqual(before);
    if (first) spool.settle(first);
    expect(segmentsIn(spool.dir)).toEqual(before.slice(-1));
  });

  it("answers several takes that are asked for at once with different records", async () => {
    const { spool } = openSpool(scratch(), { segmentBytes: 3000 });
    for (let id = 0; id < 60; id++) spool.append([span(id)]);
    const limits = { maxRecords: 7, maxBytes: 1e6 };
    const batches = await Promise.all(Array.from({ length: 12 }, () => spool.take(limits)));
    const ids = [...batches.flatMap((batch) => batch?.records ?? []), ...(await drain(spool))].map(idOf);
    expect(ids).toEqual(Array.from({ length: 60 }, (_, id) => id));
  });

  it("says that something can be read, at once", () => {
    const { spool } = openSpool(scratch());
    let calls = 0;
    spool.onReadable = () => {
      calls += 1;
      expect(spool.unread).toBe(true);
    };
    expect(spool.unread).toBe(false);
    spool.append([span(1)]);
    expect(calls).toBe(1);
  });

  it("knows the age of the oldest record that is not settled", async () => {
    const { spool } = openSpool(scratch());
    expect(spool.oldestPendingMs).toBe(0);
    spool.append([span(1)]);
    const since = performance.now();
    await until(() => performance.now() - since > 20, "a little time");
    expect(spool.oldestPendingMs).toBeGreaterThanOrEqual(20);
    const [batch] = await takeAll(spool);
    if (batch) spool.settle(batch);
    expect(spool.oldestPendingMs).toBe(0);
  });

  it("writes lines that a person can read with cut, and that nobody else can", () => {
    const { spool } = openSpool(scratch());
    spool.append([span(1), span(2)]);
    const [name = ""] = segmentsIn(spool.dir);
    const lines = readFileSync(join(spool.dir, name), "utf8").split("\n");
    expect(lines.map((line) => line.slice(9))).toEqual([span(1), span(2), ""]);
    expect(lines[0]?.slice(0, 9)).toMatch(/^[0-9a-f]{8} $/);
    spool.flushSync();
    expect(statSync(spool.dir).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(spool.dir))
      expect(statSync(join(spool.dir, file)).mode & 0o777).toBe(0o600);
  });

  it("drops the oldest segment past its cap, says so once, and settles what was taken from it", async () => {
    const { spool, drops, warnings } = openSpool(scratch(), { maxBytes: 10_000 });
    for (let id = 0; id < 20; id++) spool.append([span(id)]);
    const taken = await spool.take({ maxRecords: 5, maxBytes: 1e6 });
    for (let id = 20; id < 200; id++) spool.append([span(id)]);
    const bytes = segmentsIn(spool.dir).reduce((sum, name) => sum + statSync(join(spool.dir, name)).size, 0);
    expect(bytes).toBeLessThanOrEqual(10_000);
    expect(warnings).toHaveLength(1);
    if (taken) spool.settle(taken);
    const rest = (await drain(spool)).map(idOf);
    expect(rest.at(-1)).toBe(199);
    expect(rest).toEqual(Array.from({ length: rest.length }, (_, index) => 200 - rest.length + index));
    expect(5 + rest.length + (dropped(drops)["spool-full"] ?? 0)).toBe(200);
    expect(spool.pendingSpans).toBe(rest.length);
  });

  it("keeps dead letters as lines of JSON, with the reason", () => {
    const { spool } = openSpool(scratch());
    spool.deadLetter([{ record: span(1), reason: "22001: too long" }]);
    spool.deadLetter([{ record: "not JSON", reason: "odd" }]);
    const lines = readFileSync(join(spool.dir, "dead-letter.ndjson"), "utf8").trimEnd().split("\n");
    const letters = lines.map((line) => JSON.parse(line));
    expect(letters).toMatchObject([
      { reason: "22001: too long", record: JSON.parse(span(1)) },
      { reason: "odd", record: "not JSON" },
    ]);
    expect(Date.parse(letters[0].time)).not.toBeNaN();
  });

  it("leaves nothing behind when everything is settled, and throws at nothing after it is closed", async () => {
    const root = scratch();
    const { spool, drops } = openSpool(root);
    spool.append([encoded("started", 1), span(1), span(2)]);
    const [batch] = await takeAll(spool);
    if (batch) spool.settle(batch);
    spool.close();
    expect(readdirSync(root)).toEqual([]);
    spool.close();
    spool.append([span(3)]);
    if (batch) spool.settle(batch);
    spool.flushSync();
    spool.deadLetter([{ record: span(3), reason: "late" }]);
    expect(await spool.take(NO_LIMITS)).toBeUndefined();
    expect(await spool.adopt()).toEqual({ spans: 0, interrupted: [], directories: 0 });
    expect(dropped(drops)).toEqual({ disk: 1 });
    expect(readdirSync(root)).toEqual([]);
  });

  it("gives every spool a directory of its own, in worker threads too", async () => {
    const root = scratch();
    const { spool } = openSpool(root);
    const { spool: other } = openSpool(root);
    const worker = new Worker(new URL("./children/holding-thread.ts", import.meta.url), { workerData: root });
    const dir = await new Promise((resolve) => worker.once("message", resolve));
    expect(new Set([spool.dir, other.dir, dir]).size).toBe(3);
    expect((await spool.adopt()).directories).toBe(0);
    await worker.terminate();
    expect((await spool.adopt()).directories).toBe(1);
    expect((await drain(spool)).map(idOf)).toEqual([7]);
  });

  it("refuses sizes that make no sense", () => {
    const callbacks = { onDrop: () => undefined, onWarn: () => undefined };
    expect(() => new Spool({ dir: scratch(), maxBytes: 0, ...callbacks })).toThrow(/maxBytes is 0/);
    expect(() => new Spool({ dir: scratch(), segmentBytes: 1.5, ...callbacks })).toThrow(
      /segmentBytes is 1.5/,
    );
  });
});
