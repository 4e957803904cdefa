import {
  cpSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Spool } from "../../../src/collector/spool/spool.ts";
import { sampleRecord } from "../../support/sample-record.ts";
import { drain, dropped, encoded, idOf, openSpool, scratch, segmentsIn, takeAll, typeOf } from "./records.ts";

const LARGE = 2_000;
const started = (id: number) => encoded("started", id);
const ended = (id: number) => encoded("span", id, LARGE);

/** Fills a spool with spans of no trace that anybody asks about. */
function fill(spool: Spool, count: number, first = 1_000): void {
  for (let id = first; id < first + count; id++) spool.append([encoded("span", id, LARGE)]);
}

async function settleAll(spool: Spool): Promise<void> {
  for (const batch of await takeAll(spool)) spool.settle(batch);
}

/** A root with what a process would leave that died at this moment. */
function crashed(spool: Spool): { root: string; dir: string } {
  const root = scratch();
  const dir = join(root, "1-0-0000000000aa");
  cpSync(spool.dir, dir, { recursive: true, filter: (path) => !path.endsWith("lock") });
  return { root, dir };
}

/** Damages the line of a record, wherever it stands. */
function damage(dir: string, record: string): void {
  const found = segmentsIn(dir).flatMap((name) => {
    const at = readFileSync(join(dir, name), "utf8").indexOf(record);
    return at < 0
      ? []
      : [{ name, at: Buffer.from(readFileSync(join(dir, name), "utf8").slice(0, at)).length }];
  });
  const [place] = found;
  if (!place || found.length > 1) throw new Error(`the record stands in ${found.length} segments`);
  writeSync(openSync(join(dir, place.name), "r+"), "#", place.at + 200);
}

/** The records about one trace among all that are handed out. */
async function about(spool: Spool, id: number) {
  const records = (await drain(spool)).filter((record) => idOf(record) === id);
  return records.map((record) => ({ type: typeOf(record), output: JSON.parse(record).output ?? null }));
}

const CUT = '"[left out: the spool had no room for it]"';

describe("the end of a trace whose start the backend has been told", () => {
  for (const where of ["in a segment that is gone", "in the segment of the end"]) {
    const segmentBytes = where.includes("gone") ? 6_000 : 1_000_000;

    it(`is replaced by an interruption when a dead process's line of it is damaged, its start ${where}`, async () => {
      const { spool: dead } = openSpool(scratch(), { segmentBytes });
      dead.append([started(1), started(2)]);
      fill(dead, 5);
      await settleAll(dead);
      dead.append([ended(1), ended(2)]);
      dead.flushSync();
      const { root, dir } = crashed(dead);
      damage(dir, ended(1));
      const { spool, drops } = openSpool(root);
      const { interrupted } = await spool.adopt();
      expect(interrupted.map(idOf)).toEqual([1]);
      expect(dropped(drops)).toEqual({ damaged: 1 });
      expect((await drain(spool)).map((record) => [typeOf(record), idOf(record)])).toEqual(
        expect.arrayContaining([
          ["span", 2],
          ["interrupted", 1],
        ]),
      );
    });

    it(`is replaced by an interruption when it is damaged under a living process, its start ${where}`, async () => {
      const { spool, drops } = openSpool(scratch(), { segmentBytes });
      spool.append([started(1), started(2), started(3)]);
      fill(spool, 5);
      await settleAll(spool);
      spool.append([ended(1), ended(2)]);
      damage(spool.dir, ended(1));
      expect(await about(spool, 1)).toEqual([{ type: "interrupted", output: null }]);
      expect(dropped(drops)).toEqual({ damaged: 1 });
      expect(spool.pendingSpans).toBe(1);
    });

    it(`is kept without its content when its segment has to go, its start ${where}`, async () => {
      const { spool, drops } = openSpool(scratch(), { segmentBytes, maxBytes: 40_000 });
      spool.append([started(1), started(2)]);
      fill(spool, 2);
      await settleAll(spool);
      spool.append([ended(1)]);
      fill(spool, 60, 2_000);
      spool.append([ended(2)]);
      const records = await drain(spool);
      const ends = records
        .filter((record) => idOf(record) < 3)
        .map((record) => [idOf(record), JSON.parse(record)]);
      expect(ends).toEqual([
        [
          1,
          expect.objectContaining({
            type: "span",
            status: "ok",
            duration_us: 1_000_000,
            output: CUT,
            input: null,
          }),
        ],
        [2, expect.objectContaining({ type: "span", input: "é".repeat(LARGE / 2) })],
      ]);
      // Appended since it was settled, and in the books once each.
      expect(records.length + (dropped(drops)["spool-full"] ?? 0)).toBe(62);
      expect(spool.pendingSpans).toBe(records.length);
    });
  }

  it("is replaced by an interruption when its line lacked a line break as it was taken over, and is damaged then", async () => {
    const { spool: dead } = openSpool(scratch());
    dead.append([started(1)]);
    await settleAll(dead);
    dead.append([ended(1)]);
    dead.flushSync();
    const { root, dir } = crashed(dead);
    const [segment = ""] = segmentsIn(dir);
    truncateSync(join(dir, segment), readFileSync(join(dir, segment)).length - 1);
    const { spool: heir } = openSpool(root);
    expect((await heir.adopt()).interrupted).toEqual([]);
    heir.close();
    const [taken = ""] = readdirSync(root).filter((name) => segmentsIn(join(root, name)).length > 0);
    damage(join(root, taken), ended(1));
    const { spool } = openSpool(root);
    expect((await spool.adopt()).interrupted.map(idOf)).toEqual([1]);
  });

  it("is kept through any number of rounds, and a crash, for as long as the outage lasts", async () => {
    const { spool } = openSpool(scratch(), { segmentBytes: 6_000, maxBytes: 40_000 });
    spool.append([started(1)]);
    await settleAll(spool);
    spool.append([ended(1)]);
    fill(spool, 300);
    spool.flushSync();
    expect(await about(spool, 1)).toEqual([{ type: "span", output: CUT }]);
    const { spool: successor } = openSpool(crashed(spool).root);
    expect((await successor.adopt()).interrupted).toEqual([]);
    expect(await about(successor, 1)).toEqual([{ type: "span", output: CUT }]);
  });

  it("leaves its trace open for the case of a crash while it is delivered from memory alone", async () => {
    const { spool } = openSpool(scratch(), { segmentBytes: 6_000, maxBytes: 40_000 });
    spool.append([started(1)]);
    await settleAll(spool);
    spool.append([ended(1)]);
    const inFlight = await spool.take({ maxRecords: 1, maxBytes: 1e6 });
    fill(spool, 60);
    spool.flushSync();
    const { spool: successor } = openSpool(crashed(spool).root);
    expect((await successor.adopt()).interrupted.map(idOf)).toEqual([1]);
    if (inFlight) spool.settle(inFlight);
    spool.flushSync();
    const { spool: later } = openSpool(crashed(spool).root);
    expect((await later.adopt()).interrupted).toEqual([]);
  });

  it("is kept when the segment of a dead process has to go", async () => {
    const root = scratch();
    const { spool: dead } = openSpool(root, { segmentBytes: 6_000 });
    dead.append([started(1), started(2)]);
    await settleAll(dead);
    fill(dead, 5);
    dead.append([ended(1)]);
    dead.close();
    const { spool, drops } = openSpool(root, { segmentBytes: 6_000, maxBytes: 40_000 });
    const { spans, interrupted } = await spool.adopt();
    expect([spans, interrupted.map(idOf)]).toEqual([6, [2]]);
    fill(spool, 60, 2_000);
    const records = await drain(spool);
    expect(
      records.filter((record) => idOf(record) < 3).map((record) => [typeOf(record), idOf(record)]),
    ).toEqual(
      expect.arrayContaining([
        ["span", 1],
        ["interrupted", 2],
      ]),
    );
    expect(records.length - 1 + (dropped(drops)["spool-full"] ?? 0)).toBe(66);
  });

  it.each([
    ["of a trace that began elsewhere", [encoded("interrupted", 1)], []],
    ["of a trace that began there", [started(1)], [ended(1)]],
  ])("is not lost in a crash before it is written again, %s", async (_, first, second) => {
    const root = scratch();
    const { spool: dead } = openSpool(root, { segmentBytes: 6_000 });
    dead.append(first);
    if (second.length > 0) await settleAll(dead);
    dead.append(second);
    fill(dead, 5);
    dead.close();
    const { spool } = openSpool(root, { segmentBytes: 6_000, maxBytes: 40_000 });
    await spool.adopt();
    let rescued = "";
    for (let id = 2_000; rescued === "" && id < 2_060; id++) {
      fill(spool, 1, id);
      const newest = join(spool.dir, segmentsIn(spool.dir).at(-1) ?? "");
      const last = readFileSync(newest, "utf8").trimEnd().split("\n").at(-1) ?? "";
      if (idOf(last) === 1) rescued = last;
    }
    expect(rescued).not.toBe("");
    const { root: copy, dir } = crashed(spool);
    const newest = join(dir, segmentsIn(dir).at(-1) ?? "");
    truncateSync(newest, readFileSync(newest).length - 20);
    const { spool: successor } = openSpool(copy);
    expect((await successor.adopt()).interrupted.map(idOf)).toEqual([1]);
  });

  it("is replaced by an interruption when its file disappears", async () => {
    const root = scratch();
    const { spool: dead } = openSpool(root, { segmentBytes: 6_000 });
    dead.append([started(1)]);
    fill(dead, 5);
    await settleAll(dead);
    dead.append([ended(1)]);
    fill(dead, 5, 2_000);
    dead.close();
    const { spool } = openSpool(root);
    expect((await spool.adopt()).interrupted).toEqual([]);
    const files = readdirSync(root, { recursive: true, encoding: "utf8" });
    const segments = files.filter((name) => name.endsWith("v1.ndjson")).map((name) => join(root, name));
    const [holding = ""] = segments.filter((path) => readFileSync(path, "utf8").includes(ended(1)));
    rmSync(holding);
    expect(await about(spool, 1)).toEqual([{ type: "interrupted", output: null }]);
  });

  it("is not kept when its start goes with it: then the backend knows of neither", async () => {
    const { spool } = openSpool(scratch(), { segmentBytes: 6_000, maxBytes: 40_000 });
    spool.append([started(1)]);
    fill(spool, 5);
    spool.append([ended(1)]);
    fill(spool, 60, 2_000);
    expect(await about(spool, 1)).toEqual([]);
    expect(segmentsIn(spool.dir).length).toBeLessThan(10);
  });

  it("is kept in memory without its content when neither disk nor memory has room", async () => {
    const parent = join(scratch(), "parent");
    writeFileSync(parent, "");
    const { spool, drops } = openSpool(join(parent, "spool"), { memoryBytes: 40_000 });
    const root = JSON.stringify(sampleRecord({ input: JSON.stringify("x".repeat(LARGE)) }));
    spool.append([root]);
    fill(spool, 30);
    const records = await drain(spool);
    const kept = records.find((record) => idOf(record) === idOf(root)) ?? "{}";
    expect(JSON.parse(kept)).toMatchObject({ type: "span", status: "ok", output: CUT });
    expect(records.length + (dropped(drops).disk ?? 0)).toBe(31);
    expect(spool.pendingSpans).toBe(records.length);
  });

  it("is left to whoever comes next when there are more of them than there is room for", async () => {
    const { spool, drops } = openSpool(scratch(), { segmentBytes: 30_000, maxBytes: 120_000 });
    const ids = Array.from({ length: 100 }, (_, index) => 1 + index);
    spool.append(ids.map(started));
    fill(spool, 12);
    await settleAll(spool);
    spool.append(ids.map((id) => encoded("span", id)));
    fill(spool, 60, 2_000);
    spool.flushSync();
    const records = await drain(spool);
    const kept = records.map(idOf).filter((id) => id <= 100);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(100);
    expect(records.length + (dropped(drops)["spool-full"] ?? 0)).toBe(160);
    const { spool: successor } = openSpool(crashed(spool).root);
    const { interrupted } = await successor.adopt();
    expect([...kept, ...interrupted.map(idOf)].toSorted((a, b) => a - b)).toEqual(ids);
    expect(readdirSync(spool.dir)).toContain("checkpoint.ndjson");
  });
});
