import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { Spool } from "../../../src/collector/spool/spool.ts";
import { drain, dropped, encoded, idOf, openSpool, scratch, segmentsIn, takeAll } from "./records.ts";

const span = (id: number, padding?: number) => encoded("span", id, padding);

describe("Spool", () => {
  it("turns a raw line break between tokens into a space, so that a record stays one line", async () => {
    const { spool } = openSpool(scratch());
    spool.append(['{\n"a": 1\n}', span(2)]);
    expect((await drain(spool))[0]).toBe('{ "a": 1 }');
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

  it("stays below its cap on disk by dropping the oldest segment, and says so once", async () => {
    const { spool, drops, warnings } = openSpool(scratch(), { maxBytes: 10_000 });
    for (let id = 0; id < 200; id++) spool.append([span(id)]);
    const bytes = segmentsIn(spool.dir).reduce((sum, name) => sum + statSync(join(spool.dir, name)).size, 0);
    expect(bytes).toBeLessThanOrEqual(10_000);
    expect(warnings).toEqual([expect.stringContaining("cap of 10000 bytes")]);
    expect(dropped(drops)).toEqual({ "spool-full": 200 - (await drain(spool)).length });
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

  it("leaves nothing behind when everything is settled, whatever comes after it is closed", async () => {
    const root = scratch();
    const { spool } = openSpool(root);
    spool.append([encoded("started", 1), span(1), span(2)]);
    const [batch] = await takeAll(spool);
    if (batch) spool.settle(batch);
    spool.close();
    expect(readdirSync(root)).toEqual([]);
    spool.append([span(3)]);
    spool.deadLetter([{ record: span(3), reason: "late" }]);
    spool.flushSync();
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
