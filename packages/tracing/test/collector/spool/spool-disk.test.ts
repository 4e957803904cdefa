import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { output, startLimited } from "./children/child.ts";
import { drain, dropped, encoded, idOf, openSpool, scratch, segmentsIn, takeAll, until } from "./records.ts";

interface Result {
  taken: number[];
  dropped: number;
  warnings: string[];
  pendingAtFirst: number;
  pendingSpans: number;
}

const upTo = (count: number) => Array.from({ length: count }, (_, id) => id);
const span = (id: number, padding?: number) => encoded("span", id, padding);

/** A root that cannot be made, since there is a file in the way, for root too. */
function blockedRoot(): { root: string; unblock: () => void; block: () => void } {
  const parent = join(scratch(), "parent");
  writeFileSync(parent, "");
  const root = join(parent, "spool");
  return { root, unblock: () => unlinkSync(parent), block: () => writeFileSync(parent, "") };
}

describe("Spool on a disk that refuses", () => {
  it("takes a short write back and goes on in a new segment when files may not grow", async () => {
    const root = scratch();
    const child = startLimited("ulimit -f 64", "limited", [root, "600", "1000"]);
    const result = await output<Result>(child);
    expect(result).toMatchObject({ taken: upTo(600), dropped: 0, warnings: [], pendingSpans: 0 });
    expect(readdirSync(root)).toEqual([]);
  });

  it("keeps what the disk refuses in memory, bounded, warns once and counts what has to go", async () => {
    const child = startLimited("ulimit -f 1", "limited", [scratch(), "200", "4000", "100000"]);
    const result = await output<Result>(child);
    expect(result.dropped).toBeGreaterThan(100);
    expect(result.taken.length + result.dropped).toBe(200);
    expect(result.pendingAtFirst).toBe(result.taken.length);
    expect(result.taken).toEqual(upTo(200).slice(-result.taken.length));
    expect(result.warnings.filter((warning) => warning.includes("disk refuses"))).toHaveLength(1);
    expect(result.warnings[0]).toMatch(/EFBIG/);
  });

  it("survives without descriptors, and loses nothing when they come back", async () => {
    const child = startLimited("ulimit -n 128", "limited", [scratch(), "600", "1000", "10000000", "starved"]);
    const result = await output<Result>(child);
    expect(result).toMatchObject({ taken: upTo(600), dropped: 0, pendingSpans: 0 });
    expect(result.warnings).toEqual([
      expect.stringMatching(/disk refuses.*EMFILE/),
      expect.stringMatching(/again/),
    ]);
  });

  it("works from memory when it cannot make its directory, and moves to disk in order once it can", async () => {
    const { root, unblock } = blockedRoot();
    const { spool, drops, warnings } = openSpool(root);
    expect(warnings).toEqual([expect.stringContaining("disk refuses")]);
    for (const id of upTo(10)) spool.append([span(id)]);
    const [first, second] = [
      await spool.take({ maxRecords: 2, maxBytes: 1e6 }),
      await spool.take({ maxRecords: 3, maxBytes: 1e6 }),
    ];
    expect([first, second].map((batch) => batch?.records.map(idOf))).toEqual([
      [0, 1],
      [2, 3, 4],
    ]);
    if (second) spool.settle(second);
    unblock();
    await until(
      () => existsSync(spool.dir) && segmentsIn(spool.dir).length > 0,
      "the disk to be tried again",
    );
    expect(warnings).toHaveLength(2);
    // What is being delivered has moved too: it is not settled.
    const lines = readFileSync(join(spool.dir, segmentsIn(spool.dir)[0] ?? ""), "utf8")
      .trimEnd()
      .split("\n");
    expect(lines.map(idOf)).toEqual(upTo(10));
    spool.append([span(10)]);
    expect(spool.pendingSpans).toBe(8);
    const rest = await takeAll(spool, { maxRecords: 4, maxBytes: 1e6 });
    expect(rest.flatMap((batch) => batch.records.map(idOf))).toEqual([5, 6, 7, 8, 9, 10]);
    for (const batch of [first, ...rest]) if (batch) spool.settle(batch);
    expect([spool.pendingRecords, spool.pendingSpans, drops]).toEqual([0, 0, []]);
    spool.close();
    expect(readdirSync(root)).toEqual([]);
  });

  it("delivers from memory alone as long as the disk refuses", async () => {
    const { root } = blockedRoot();
    const { spool, drops } = openSpool(root);
    for (const id of upTo(5)) spool.append([span(id)]);
    spool.append([encoded("started", 9)]);
    const batches = await takeAll(spool, { maxRecords: 2, maxBytes: 1e6 });
    expect(batches.flatMap((batch) => batch.records.map(idOf))).toEqual([...upTo(5), 9]);
    for (const batch of batches.toReversed()) spool.settle(batch);
    expect([spool.pendingRecords, spool.oldestPendingMs, spool.unread, drops]).toEqual([0, 0, false, []]);
    spool.append([span(6), span(7)]);
    spool.close();
    expect([spool.pendingSpans, dropped(drops)]).toEqual([0, { disk: 2 }]);
  });

  it("makes a new directory when somebody deletes it, and keeps what it can", async () => {
    const root = scratch();
    const { spool, drops, warnings } = openSpool(root);
    for (const id of upTo(5)) spool.append([span(id)]);
    const first = await spool.take({ maxRecords: 2, maxBytes: 1e6 });
    const before = spool.dir;
    rmSync(root, { recursive: true });
    spool.append([span(5)]);
    await until(() => spool.dir !== before, "the loss to be noticed");
    spool.append([span(6)]);
    expect(warnings).toEqual([expect.stringContaining("deleted")]);
    const lines = segmentsIn(spool.dir).map((name) => readFileSync(join(spool.dir, name), "utf8"));
    expect(lines.join("").trimEnd().split("\n").map(idOf)).toEqual(upTo(7));
    const rest = await takeAll(spool);
    expect(rest.flatMap((batch) => batch.records.map(idOf))).toEqual([2, 3, 4, 5, 6]);
    for (const batch of [first, ...rest]) if (batch) spool.settle(batch);
    expect([spool.pendingRecords, spool.pendingSpans, drops]).toEqual([0, 0, []]);
  });

  it("writes the newest segment again when somebody deletes only that", async () => {
    const { spool, drops } = openSpool(scratch());
    for (const id of upTo(5)) spool.append([span(id)]);
    const [name = ""] = segmentsIn(spool.dir);
    unlinkSync(join(spool.dir, name));
    await until(() => existsSync(join(spool.dir, name)), "the loss to be noticed");
    spool.append([span(5)]);
    expect((await drain(spool)).map(idOf)).toEqual(upTo(6));
    expect(drops).toEqual([]);
  });

  it("goes on delivering and deleting when its checkpoint cannot be written", async () => {
    const { spool, warnings } = openSpool(scratch(), { segmentBytes: 1000 });
    mkdirSync(join(spool.dir, "checkpoint.ndjson.new"));
    for (const id of upTo(20)) spool.append([span(id)]);
    for (const batch of await takeAll(spool)) spool.settle(batch);
    expect(segmentsIn(spool.dir)).toHaveLength(1);
    expect(warnings).toEqual([expect.stringContaining("checkpoint")]);
  });

  it("waits for the disk on every append when it is told to", async () => {
    const { spool } = openSpool(scratch(), { fsync: "always" });
    spool.append([span(1)]);
    expect(statSync(join(spool.dir, segmentsIn(spool.dir)[0] ?? "")).size).toBeGreaterThan(0);
    expect((await drain(spool)).map(idOf)).toEqual([1]);
  });
});
