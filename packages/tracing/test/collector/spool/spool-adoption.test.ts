import { cpSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Spool } from "../../../src/collector/spool/spool.ts";
import { peekRecord } from "../../../src/record/peek.ts";
import { drain, dropped, encoded, idOf, openSpool, scratch, segmentsIn, takeAll, typeOf } from "./records.ts";

const span = (id: number) => encoded("span", id);

async function settleAll(spool: Spool): Promise<void> {
  for (const batch of await takeAll(spool)) spool.settle(batch);
}

/** A root with what a process would leave that died at this moment. */
function crashed(spool: Spool, root = scratch()): string {
  const name = `1-0-${Math.random().toString(16).slice(2, 14).padEnd(12, "0")}`;
  cpSync(spool.dir, join(root, name), {
    recursive: true,
    preserveTimestamps: true,
    filter: (path) => !path.endsWith("lock"),
  });
  return root;
}

describe("Spool.adopt", () => {
  it("hands out taken over records before the own ones, from where they were settled, and then removes the directory", async () => {
    const root = scratch();
    const { spool: dead } = openSpool(root, { segmentBytes: 1000 });
    for (let id = 0; id < 10; id++) dead.append([span(id)]);
    const first = await dead.take({ maxRecords: 2, maxBytes: 1e6 });
    if (first) dead.settle(first);
    dead.close();
    const { spool } = openSpool(root);
    spool.append([span(100)]);
    expect(await spool.adopt()).toEqual({ spans: 8, interrupted: [], directories: 1 });
    expect(spool.pendingSpans).toBe(9);
    const batches = await takeAll(spool);
    expect(batches.flatMap((batch) => batch.records.map(idOf))).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 100]);
    expect(readdirSync(root)).toHaveLength(2);
    for (const batch of batches.toReversed()) spool.settle(batch);
    expect(readdirSync(root)).toHaveLength(1);
    expect([spool.pendingRecords, spool.pendingSpans, spool.oldestPendingMs]).toEqual([0, 0, 0]);
  });

  it("lets living processes alone", async () => {
    const root = scratch();
    const { spool: alive } = openSpool(root);
    alive.append([span(1)]);
    const { spool } = openSpool(root);
    expect(await spool.adopt()).toEqual({ spans: 0, interrupted: [], directories: 0 });
    expect((await drain(alive)).map(idOf)).toEqual([1]);
  });

  it("does not adopt a directory twice when it is asked twice at once", async () => {
    const root = scratch();
    const { spool: dead } = openSpool(root);
    dead.append([span(1)]);
    dead.close();
    const { spool } = openSpool(root);
    const adoptions = await Promise.all([spool.adopt(), spool.adopt()]);
    expect(adoptions.map(({ directories }) => directories).sort()).toEqual([0, 1]);
    expect((await drain(spool)).map(idOf)).toEqual([1]);
  });

  it("adopts a directory whose adopter has ended", async () => {
    const root = scratch();
    const { spool: dead } = openSpool(root);
    dead.append([span(1), encoded("started", 2)]);
    dead.close();
    const { spool: middle } = openSpool(root);
    middle.append([span(3)]);
    const { interrupted } = await middle.adopt();
    middle.close();
    const { spool } = openSpool(root);
    expect(await spool.adopt()).toEqual({ spans: 2, interrupted: [], directories: 2 });
    const records = await drain(spool);
    expect(records.filter((record) => typeOf(record) === "interrupted")).toEqual(interrupted);
    expect(records.filter((record) => typeOf(record) === "span").map(idOf)).toEqual([1, 3]);
  });

  it("writes the interrupted record from the started one, up to the last sign of life", async () => {
    const root = scratch();
    const { spool: dead } = openSpool(root);
    dead.append([encoded("started", 5), span(6), encoded("started", 7), span(7)]);
    const copy = crashed(dead);
    const [name = ""] = readdirSync(copy);
    const segment = join(copy, name, segmentsIn(join(copy, name))[0] ?? "");
    utimesSync(segment, new Date(), new Date("2026-11-24T08:00:02.500Z"));
    const { spool } = openSpool(copy);
    const { interrupted } = await spool.adopt();
    const expected = {
      ...JSON.parse(encoded("started", 5)),
      type: "interrupted",
      status: "interrupted",
      end: "2026-11-24T08:00:02.500000Z",
      duration_us: 2_499_999,
    };
    // The order of the members is part of what is expected.
    expect(interrupted).toEqual([JSON.stringify(expected)]);
    expect(peekRecord(interrupted[0] ?? "")?.type).toBe("interrupted");
    expect((await drain(spool)).at(-1)).toBe(interrupted[0]);
  });

  it("never lets an interrupted trace end before it started", async () => {
    const { spool: dead } = openSpool(scratch());
    dead.append([encoded("started", 5)]);
    const copy = crashed(dead);
    const [name = ""] = readdirSync(copy);
    const segment = join(copy, name, segmentsIn(join(copy, name))[0] ?? "");
    utimesSync(segment, new Date(), new Date("2020-01-01T00:00:00Z"));
    const { spool } = openSpool(copy);
    const [record = "{}"] = (await spool.adopt()).interrupted;
    const { start, end, duration_us } = JSON.parse(record);
    expect([end, duration_us]).toEqual([start, 0]);
  });

  it("emits the same interrupted record again when the crash came before the list was cleared", async () => {
    const { spool: dead } = openSpool(scratch());
    dead.append([encoded("started", 5)]);
    const copies = [crashed(dead), crashed(dead)];
    const [first, second] = await Promise.all(copies.map((copy) => openSpool(copy).spool.adopt()));
    expect(first?.interrupted).toHaveLength(1);
    expect(first?.interrupted).toEqual(second?.interrupted);
  });

  it("remembers an open trace whose segment is delivered and deleted, in bounded form", async () => {
    const { spool: dead } = openSpool(scratch(), { segmentBytes: 1000 });
    dead.append([encoded("started", 1), encoded("started", 2, 50_000), encoded("started", 3)]);
    for (let id = 10; id < 30; id++) dead.append([span(id)]);
    await settleAll(dead);
    dead.append([span(3)]);
    expect(segmentsIn(dead.dir).at(0)).not.toBe("segment-0000000001.v1.ndjson");
    dead.flushSync();
    const { spool } = openSpool(crashed(dead));
    const { interrupted } = await spool.adopt();
    expect(interrupted.map(idOf)).toEqual([1, 2]);
    const [small, large] = interrupted.map((record) => JSON.parse(record));
    expect(small.input).toHaveLength(20);
    expect([large.input, large.clamped]).toEqual([null, ["input"]]);
    expect(peekRecord(interrupted[1] ?? "")?.type).toBe("interrupted");
  });

  it("keeps the directory for the open traces alone when it is closed, and interrupts nothing that has ended", async () => {
    const root = scratch();
    const { spool: dead } = openSpool(root);
    dead.append([encoded("started", 1), encoded("started", 2), span(2)]);
    await settleAll(dead);
    dead.close();
    const { spool } = openSpool(root);
    const { interrupted, spans } = await spool.adopt();
    expect([interrupted.map(idOf), spans]).toEqual([[1], 0]);
    await settleAll(spool);
    spool.close();
    expect(readdirSync(root)).toEqual([]);
  });

  it("merges the dead letters of dead processes into its own", async () => {
    const root = scratch();
    for (const id of [1, 2]) {
      const { spool: dead } = openSpool(root);
      dead.deadLetter([{ record: span(id), reason: `reason ${id}` }]);
      dead.close();
    }
    const { spool } = openSpool(root);
    spool.deadLetter([{ record: span(3), reason: "reason 3" }]);
    expect((await spool.adopt()).directories).toBe(2);
    spool.close();
    expect(readdirSync(root)).toHaveLength(1);
    const text = readFileSync(join(spool.dir, "dead-letter.ndjson"), "utf8").trimEnd();
    const reasons = text.split("\n").map((line) => JSON.parse(line).reason);
    expect(reasons.sort()).toEqual(["reason 1", "reason 2", "reason 3"]);
  });

  it("lets taken over segments go first when the cap is reached", async () => {
    const root = scratch();
    const { spool: dead } = openSpool(root, { segmentBytes: 1000 });
    for (let id = 0; id < 20; id++) dead.append([span(id)]);
    dead.close();
    const { spool, drops } = openSpool(root, { maxBytes: 5000 });
    for (let id = 100; id < 110; id++) spool.append([span(id)]);
    const { spans } = await spool.adopt();
    expect(spans).toBe(20);
    const ids = (await drain(spool)).map(idOf);
    expect(ids.filter((id) => id >= 100)).toHaveLength(10);
    expect(ids.length + (dropped(drops)["spool-full"] ?? 0)).toBe(30);
    expect(spool.pendingSpans).toBe(ids.length);
  });
});
