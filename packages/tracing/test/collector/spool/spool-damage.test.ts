import {
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { encodeLine } from "../../../src/collector/spool/line.ts";
import { drain, dropped, encoded, idOf, openSpool, scratch, segmentsIn, takeAll } from "./records.ts";

const IDS = [1, 2, 3];

interface Dead {
  /** The bytes of its only segment. */
  bytes: Buffer;
  segment: string;
  /** Makes a root with that process's directory in it, and with other bytes in the segment. */
  copy(bytes: Buffer): string;
}

/** What a process left behind that appended three spans. */
function deadProcess(): Dead {
  const { spool } = openSpool(scratch());
  for (const id of IDS) spool.append([encoded("span", id, 10)]);
  spool.close();
  const [segment = ""] = segmentsIn(spool.dir);
  const parent = scratch();
  let copies = 0;
  return {
    bytes: readFileSync(join(spool.dir, segment)),
    segment,
    copy(bytes) {
      copies += 1;
      const root = join(parent, String(copies));
      const dir = join(root, "4242-0-00000000abcd");
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, segment), bytes);
      return root;
    },
  };
}

/** Which of the lines a byte belongs to; its line break included. */
function lineAt(bytes: Buffer, position: number): number {
  return bytes.subarray(0, position).filter((byte) => byte === 10).length;
}

const MUTATIONS: [string, (byte: number, position: number) => number][] = [
  ["a bit flipped", (byte, position) => byte ^ (1 << (position % 8))],
  ["turned into a line break", () => 10],
];

describe("Spool with damaged files", () => {
  for (const [name, mutate] of MUTATIONS) {
    it(`delivers all other records of a dead process when any byte has ${name}`, async () => {
      const dead = deadProcess();
      for (let position = 0; position < dead.bytes.length; position++) {
        const bytes = Buffer.from(dead.bytes);
        const before = bytes[position] as number;
        bytes[position] = mutate(before, position);
        if (bytes[position] === before) continue;
        const { spool, drops } = openSpool(dead.copy(bytes));
        const { spans } = await spool.adopt();
        const hit = before === 10 ? [] : [IDS[lineAt(dead.bytes, position)]];
        expect((await drain(spool)).map(idOf), `byte ${position}`).toEqual(
          IDS.filter((id) => !hit.includes(id)),
        );
        expect(dropped(drops), `byte ${position}`).toEqual(hit.length > 0 ? { damaged: 1 } : {});
        expect(spans).toBe(IDS.length);
        expect(spool.pendingSpans).toBe(IDS.length - hit.length);
        spool.close();
      }
    });
  }

  it.each([
    [[2], [1, 3]],
    [[1], [2, 3]],
    [[1, 2], [3]],
  ])("counts each record that is damaged in a line in which two were run together: %j", async (hit, left) => {
    const dead = deadProcess();
    const bytes = Buffer.from(dead.bytes);
    bytes[bytes.indexOf(10)] = 0x2a;
    for (const id of hit) bytes[bytes.indexOf(`"span_id":"${String(id).padStart(16, "0")}`) + 40] = 0x2a;
    const { spool, drops } = openSpool(dead.copy(bytes));
    const { spans } = await spool.adopt();
    expect((await drain(spool)).map(idOf)).toEqual(left);
    expect([spans, dropped(drops)]).toEqual([IDS.length, { damaged: hit.length }]);
  });

  it("counts exactly what is damaged in the file of a living process", async () => {
    const dead = deadProcess();
    for (let position = 0; position < dead.bytes.length; position += 3) {
      const { spool, drops } = openSpool(scratch());
      for (const id of IDS) spool.append([encoded("span", id, 10)]);
      const fd = openSync(join(spool.dir, dead.segment), "r+");
      writeSync(fd, "\n", position);
      const batches = await takeAll(spool);
      const ids = batches.flatMap((batch) => batch.records.map(idOf));
      const hit = dead.bytes[position] === 10 ? [] : [IDS[lineAt(dead.bytes, position)]];
      expect(ids, `byte ${position}`).toEqual(IDS.filter((id) => !hit.includes(id)));
      expect(dropped(drops)).toEqual(hit.length > 0 ? { damaged: 1 } : {});
      for (const batch of batches) spool.settle(batch);
      expect([spool.pendingRecords, spool.pendingSpans]).toEqual([0, 0]);
      spool.close();
    }
  });

  it("delivers what is whole of a segment that was cut at any byte, and counts the torn line as nothing", async () => {
    const dead = deadProcess();
    const ends = [...dead.bytes.entries()].filter(([, byte]) => byte === 10).map(([index]) => index);
    for (let length = 0; length <= dead.bytes.length; length++) {
      const { spool, drops, warnings } = openSpool(dead.copy(dead.bytes.subarray(0, length)));
      const { spans } = await spool.adopt();
      // A record is whole even when only its line break is missing.
      const whole = IDS.filter((_, index) => (ends[index] as number) <= length);
      expect((await drain(spool)).map(idOf), `length ${length}`).toEqual(whole);
      expect([spans, drops, warnings]).toEqual([whole.length, [], []]);
      spool.close();
    }
  });

  it("counts damage that was passed over, though its process dies before it has come to the segment's end", async () => {
    const root = scratch();
    const { spool: dead } = openSpool(root);
    for (const id of IDS) dead.append([encoded("span", id, 10)]);
    const segment = join(dead.dir, segmentsIn(dead.dir)[0] ?? "");
    writeSync(openSync(segment, "r+"), "#", 40);
    const batch = await dead.take({ maxRecords: 1, maxBytes: 1e6 });
    expect(batch?.records.map(idOf)).toEqual([2]);
    if (batch) dead.settle(batch);
    dead.flushSync();
    const copy = scratch();
    cpSync(dead.dir, join(copy, "1-0-0000000000aa"), {
      recursive: true,
      filter: (path) => !path.endsWith("lock"),
    });
    const { spool, drops } = openSpool(copy);
    await spool.adopt();
    expect(dropped(drops)).toEqual({ damaged: 1 });
    expect((await drain(spool)).map(idOf)).toEqual([2, 3]);
  });

  it("makes a last line that lacks only its line break whole, so that what befalls it later is counted", async () => {
    const dead = deadProcess();
    const root = dead.copy(dead.bytes.subarray(0, -1));
    const { spool: heir } = openSpool(root);
    expect((await heir.adopt()).spans).toBe(IDS.length);
    heir.close();
    const [dir = ""] = readdirSync(root).filter((name) => segmentsIn(join(root, name)).length > 0);
    const path = join(root, dir, dead.segment);
    expect(readFileSync(path)).toEqual(dead.bytes);
    writeSync(openSync(path, "r+"), "#", dead.bytes.length - 20);
    const { spool, drops } = openSpool(root);
    expect((await spool.adopt()).spans).toBe(IDS.length);
    expect((await drain(spool)).map(idOf)).toEqual(IDS.slice(0, -1));
    expect(dropped(drops)).toEqual({ damaged: 1 });
  });

  it("goes on behind zeros, noise and lines without end", async () => {
    const dead = deadProcess();
    const noise = Buffer.concat([
      Buffer.alloc(5000),
      Buffer.from("\n\n\r\n 12345678\nzzzzzzzz {}\n00000000 {\n"),
    ]);
    const endless = Buffer.alloc(40 * 1024 * 1024, "x");
    endless[endless.length - 1] = 10;
    const { spool } = openSpool(
      dead.copy(Buffer.concat([noise, dead.bytes, endless, dead.bytes, Buffer.alloc(4096)])),
    );
    await spool.adopt();
    const batches = await takeAll(spool);
    expect(batches.flatMap((batch) => batch.records.map(idOf))).toEqual([...IDS, ...IDS]);
    for (const batch of batches) spool.settle(batch);
    expect(spool.pendingRecords).toBe(0);
  });

  it("does not stumble over empty and alien files, and leaves alone what is not its own", async () => {
    const dead = deadProcess();
    const root = dead.copy(dead.bytes);
    const [name = ""] = readdirSync(root);
    const dir = join(root, name);
    writeFileSync(join(dir, "segment-0000000000.v1.ndjson"), "");
    writeFileSync(join(dir, "segment-0000000007.v1.ndjson"), "");
    writeFileSync(join(dir, "notes.txt"), "mine");
    mkdirSync(join(root, "somebody-else"));
    mkdirSync(join(root, "1-0-0000000000ff"));
    writeFileSync(join(root, "2-0-0000000000ff"), "a file with the name of a directory");
    const { spool, warnings } = openSpool(root);
    expect(await spool.adopt()).toMatchObject({ spans: IDS.length, directories: 1 });
    const batches = await takeAll(spool);
    expect(batches.flatMap((batch) => batch.records.map(idOf))).toEqual(IDS);
    for (const batch of batches) spool.settle(batch);
    expect(warnings).toHaveLength(1);
    expect((await spool.adopt()).directories).toBe(0);
    spool.close();
    const left = readdirSync(root).filter((entry) =>
      readdirSyncOrEmpty(join(root, entry)).includes("notes.txt"),
    );
    expect(left).toHaveLength(1);
  });

  it("leaves the directory of a newer version to the newer version", async () => {
    const dead = deadProcess();
    const root = dead.copy(dead.bytes);
    const [name = ""] = readdirSync(root);
    writeFileSync(join(root, name, "segment-0000000002.v2.ndjson"), "who knows");
    const { spool, warnings } = openSpool(root);
    expect((await spool.adopt()).directories).toBe(0);
    expect((await spool.adopt()).directories).toBe(0);
    expect(warnings).toEqual([expect.stringContaining("newer version")]);
    expect(readdirSync(join(root, name)).sort()).toEqual([dead.segment, "segment-0000000002.v2.ndjson"]);
  });

  it("counts a segment that disappeared as dropped, and goes on", async () => {
    const root = scratch();
    const { spool: dead } = openSpool(root, { segmentBytes: 1000 });
    for (let id = 0; id < 20; id++) dead.append([encoded("span", id)]);
    dead.close();
    const { spool, drops, warnings } = openSpool(root);
    await spool.adopt();
    const [adopted = ""] = readdirSync(root).filter((name) => name !== basename(spool.dir));
    const [, second = ""] = segmentsIn(join(root, adopted));
    rmSync(join(root, adopted, second));
    const batches = await takeAll(spool);
    const ids = batches.flatMap((batch) => batch.records.map(idOf));
    for (const batch of batches) spool.settle(batch);
    expect(ids.length).toBeLessThan(20);
    expect(ids.at(-1)).toBe(19);
    expect(ids.length + (dropped(drops).disk ?? 0)).toBe(20);
    expect([spool.pendingRecords, spool.pendingSpans]).toEqual([0, 0]);
    expect(warnings).toEqual([expect.stringContaining("disappeared")]);
  });

  it("counts what was cut off a segment as damaged, and goes on", async () => {
    const { spool, drops } = openSpool(scratch(), { segmentBytes: 1000 });
    for (let id = 0; id < 20; id++) spool.append([encoded("span", id)]);
    const [first = ""] = segmentsIn(spool.dir);
    truncateSync(join(spool.dir, first), 400);
    const ids = (await drain(spool)).map(idOf);
    expect(ids.at(-1)).toBe(19);
    expect(ids.length + (dropped(drops).damaged ?? 0)).toBe(20);
  });
});

describe("Spool with a checkpoint that is not to be trusted", () => {
  /** A dead process's root in which ten of twenty records are settled, and a function that spoils it. */
  async function halfSettled(): Promise<{ root: string; dir: string }> {
    const root = scratch();
    const { spool } = openSpool(root, { segmentBytes: 1000 });
    for (let id = 0; id < 20; id++) spool.append([encoded("span", id)]);
    for (let count = 0; count < 10; count++) {
      const batch = await spool.take({ maxRecords: 1, maxBytes: 1e6 });
      if (batch) spool.settle(batch);
    }
    spool.close();
    return { root, dir: spool.dir };
  }

  async function adopted(root: string): Promise<number[]> {
    const { spool } = openSpool(root);
    await spool.adopt();
    const batches = await takeAll(spool);
    for (const batch of batches) spool.settle(batch);
    expect(spool.pendingRecords).toBe(0);
    return batches.flatMap((batch) => batch.records.map(idOf));
  }

  const LAST_TEN = Array.from({ length: 10 }, (_, index) => 10 + index);

  it("goes on where the checkpoint says", async () => {
    const { root } = await halfSettled();
    expect(await adopted(root)).toEqual(LAST_TEN);
  });

  it("sends again what is there when the checkpoint is missing, empty, garbage or of another version", async () => {
    for (const content of [
      undefined,
      "",
      "\0\0\0\0",
      "00000000 {}\n",
      '{"v":1,"segment":1}',
      "x".repeat(10_000),
    ]) {
      const { root, dir } = await halfSettled();
      const file = join(dir, "checkpoint.ndjson");
      rmSync(file);
      if (content !== undefined) writeFileSync(file, content);
      const ids = await adopted(root);
      expect(ids.slice(-10)).toEqual(LAST_TEN);
      expect(ids).toEqual(Array.from({ length: ids.length }, (_, index) => 20 - ids.length + index));
    }
  });

  it("sends again what was settled since, when the checkpoint is stale", async () => {
    const root = scratch();
    const { spool } = openSpool(root);
    for (let id = 0; id < 20; id++) spool.append([encoded("span", id)]);
    spool.flushSync();
    const batch = await spool.take({ maxRecords: 10, maxBytes: 1e6 });
    const crashed = scratch();
    // What a crash between the acknowledgement and its checkpoint leaves.
    if (batch) spool.settle(batch);
    cpSync(spool.dir, join(crashed, "1-0-0000000000aa"), {
      recursive: true,
      filter: (path) => !path.endsWith("lock"),
    });
    expect(await adopted(crashed)).toEqual(Array.from({ length: 20 }, (_, id) => id));
  });

  it("is not led astray by a position that is no line's, or behind the end", async () => {
    const time = new Date().toISOString();
    const cases: [object, number[]][] = [
      [{ segment: 4, offset: 1 }, [9, ...LAST_TEN]],
      [{ segment: 999, offset: 0 }, []],
      [{ segment: -5, offset: -5 }, [9, ...LAST_TEN]],
      [{ segment: 0, offset: Number.MAX_SAFE_INTEGER }, [9, ...LAST_TEN]],
    ];
    for (const [position, expected] of cases) {
      const { root, dir } = await halfSettled();
      expect(Number(segmentsIn(dir)[0]?.slice(8, 18))).toBe(4);
      const text = JSON.stringify({ v: 1, time, open: [], ledger: {}, ...position });
      writeFileSync(join(dir, "checkpoint.ndjson"), encodeLine(text));
      expect(await adopted(root)).toEqual(expected);
    }
  });
});

function readdirSyncOrEmpty(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
