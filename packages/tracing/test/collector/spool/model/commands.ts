import { basename } from "node:path";
import type fc from "fast-check";
import { expect } from "vitest";
import { spoilByte } from "./disk.ts";
import type { SpoolModel } from "./model.ts";
import type { SpoolWorld } from "./world.ts";

const SEGMENT_BYTES = 1_500;
const CAP_BYTES = 8_000;
/** A record that is longer has a segment of its own. */
const FULL_SEGMENT = 2_000;
const TAKE_BYTES = 3_000;

export const NAMES = ["first", "second"] as const;

type SpoolCommand = fc.AsyncCommand<SpoolModel, SpoolWorld>;

/** A step of a process that lives, or of any when there is none of that name; afterwards all books must balance. */
function step(
  label: string,
  possible: (model: SpoolModel) => boolean,
  run: (model: SpoolModel, world: SpoolWorld) => Promise<void> | void,
): SpoolCommand {
  return {
    check: possible,
    async run(model, world) {
      const before = world.dropped("spool-full");
      await run(model, world);
      const vanished = model.dropVanished(world);
      const counted = world.dropped("spool-full") - before;
      // Until it is read, a damaged line counts as what it was.
      if (model.damaged.size > 0) expect(counted).toBeGreaterThanOrEqual(vanished);
      else expect(counted, "spans dropped for the cap").toBe(vanished);
      checkBooks(model, world);
    },
    toString: () => label,
  };
}

/** Every span that a process was given or took over is settled, pending or dropped; what stands on its disk can be had. */
function checkBooks(model: SpoolModel, world: SpoolWorld): void {
  const found = model.find(world);
  for (const [name, { appended, settled }] of model.live) {
    const { spool, adopted, drops } = world.process(name);
    const dropped = [...drops.values()].reduce((sum, spans) => sum + spans, 0);
    expect(settled + spool.pendingSpans + dropped, `the books of ${name}`).toBe(appended + adopted);
    const unread = model.ownedBy(name).flatMap((directory) => model.sure(directory.unread, found));
    if (unread.length > 0) expect(spool.unread, `what ${name} may still take`).toBe(true);
  }
}

const lives = (name: string) => (model: SpoolModel) => model.live.has(name);
const isDead = (name: string) => (model: SpoolModel) => !model.live.has(name);
const always = () => true;

export const open = (name: string, capped: boolean): SpoolCommand =>
  step(`${name} starts${capped ? " with little room" : ""}`, isDead(name), (model, world) => {
    const maxBytes = capped ? { maxBytes: CAP_BYTES } : {};
    const { spool } = world.open(name, { segmentBytes: SEGMENT_BYTES, ...maxBytes });
    model.begin(name, basename(spool.dir), capped);
  });

export const append = (name: string, count: number, padding: number): SpoolCommand =>
  step(`${name} appends ${count} of ${padding}`, lives(name), (model, world) => {
    world.process(name).spool.append(model.append(name, count, padding));
  });

export const rotate = (name: string): SpoolCommand => append(name, 1, FULL_SEGMENT);

export const take = (name: string, maxRecords: number): SpoolCommand =>
  step(`${name} takes ${maxRecords}`, lives(name), async (model, world) => {
    const { spool, taken } = world.process(name);
    const found = model.find(world);
    const batch = await spool.take({ maxRecords, maxBytes: TAKE_BYTES });
    if (batch) {
      expect(batch.records.length).toBeGreaterThan(0);
      expect(batch.records.length).toBeLessThanOrEqual(maxRecords);
      for (const record of batch.records) model.hand(name, record, found);
      taken.push(batch);
    } else {
      for (const directory of model.ownedBy(name)) model.pass(directory, found);
      expect(spool.pendingSpans).toBe(taken.reduce((sum, { spans }) => sum + spans, 0));
    }
  });

export const settle = (name: string, index: number): SpoolCommand =>
  step(`${name} settles ${index}`, lives(name), (model, world) => {
    const { spool, taken } = world.process(name);
    const [batch] = taken.splice(index % Math.max(1, taken.length), 1);
    if (!batch) return;
    spool.settle(batch);
    model.settle(name, batch.records);
  });

export const flush = (name: string): SpoolCommand =>
  step(`${name} flushes`, lives(name), (model, world) => {
    world.process(name).spool.flushSync();
    model.note(name, world);
  });

export const close = (name: string): SpoolCommand =>
  step(`${name} closes`, lives(name), (model, world) => {
    world.process(name).spool.flushSync();
    model.note(name, world);
    world.close(name);
    model.finish(name, world);
  });

export const crash = (name: string, cut?: number): SpoolCommand =>
  step(
    `${name} crashes${cut === undefined ? "" : `, its newest segment cut at ${cut}`}`,
    lives(name),
    (model, world) => {
      const standing = [...model.damaged, ...model.find(world)];
      const dir = basename(world.process(name).spool.dir);
      world.crash(name, cut);
      const newest = world.segments().findLast((segment) => segment.dir === dir);
      for (const [id, line] of standing) {
        const isCut = line.dir === dir && line.segment === newest?.segment && line.end > newest.bytes.length;
        if (isCut) model.cut.add(id);
      }
      model.finish(name, world);
    },
  );

/** A process ends, and another one of its name begins. */
export const restart = (ending: SpoolCommand, beginning: SpoolCommand): SpoolCommand => ({
  check: ending.check,
  async run(model, world) {
    await ending.run(model, world);
    await beginning.run(model, world);
  },
  toString: () => `${ending}, ${beginning}`,
});

/** The directories of all dead processes go to one of these, whichever is first. */
export const adopt = (...names: readonly string[]): SpoolCommand =>
  step(
    `${names.join(" and ")} adopt${names.length > 1 ? "" : "s"}`,
    (model) => names.every((name) => model.live.has(name)),
    async (model, world) => {
      const dead = world.dead();
      const found = model.find(world);
      const inherited = model.inherit(world);
      const before = world.dropped("damaged");
      const adoptions = await Promise.all(names.map((name) => world.process(name).spool.adopt()));
      expect(adoptions.reduce((sum, { directories }) => sum + directories, 0)).toBe(dead.length);
      const damaged = world.dropped("damaged") - before;
      const spans = adoptions.reduce((sum, adoption) => sum + adoption.spans, 0) - damaged;
      const ids = [...inherited.values()].flat();
      expect(spans).toBeGreaterThanOrEqual(model.sure(ids, found).length);
      expect(spans).toBeLessThanOrEqual(ids.length);
      model.takeOver(names, inherited, world);
    },
  );

/** Where a line says of what type it is, from its beginning. */
const HEAD_BYTES = 40;

/** Flips a bit of any segment, or turns a byte into a line break. */
export const corrupt = (where: number, bit: number | "line break"): SpoolCommand =>
  step(`byte ${where} has ${bit} flipped`, always, (model, world) => {
    const segments = world.segments();
    const total = segments.reduce((sum, { bytes }) => sum + bytes.length, 0);
    let at = where % Math.max(1, total);
    const segment = segments.find(({ bytes }) => {
      if (at < bytes.length) return true;
      at -= bytes.length;
      return false;
    });
    if (!segment) return;
    const before = model.find(world);
    const byte = segment.bytes[at] as number;
    spoilByte(segment, at, () => (bit === "line break" ? 0x0a : byte ^ (1 << bit)));
    const after = model.find(world);
    for (const [id, line] of before) {
      if (after.get(id)?.whole === line.whole) continue;
      model.damaged.set(id, line);
      if (at - line.start < HEAD_BYTES || byte === 0x0a) model.obscured += 1;
    }
  });

/** A checkpoint disappears, is damaged, or is replaced by one that was written before. */
export const spoilCheckpoint = (where: number, how: "deleted" | "damaged" | number): SpoolCommand =>
  step(
    `checkpoint ${where} is ${typeof how === "number" ? `rolled back by ${how}` : how}`,
    always,
    (model, world) => {
      const directory = model.directories[where % Math.max(1, model.directories.length)];
      const now = directory && world.checkpoint(directory.name);
      if (!directory || !now) return;
      const { copies, name } = directory;
      const copy = typeof how === "number" ? copies.at(-1 - (how % Math.max(1, copies.length))) : undefined;
      if (how === "deleted") world.setCheckpoint(name, undefined);
      else if (how === "damaged") world.setCheckpoint(name, spoiled(now, where));
      else if (copy) world.setCheckpoint(name, copy.bytes);
      else return;
      directory.noted = new Set(copy?.noted);
    },
  );

/** A byte is another, or what it says leads astray. */
function spoiled(bytes: Buffer, where: number): Buffer {
  const text = bytes.toString("latin1").replace(/"offset":\d+/, '"offset":99999999');
  if (where % 2 === 0) return Buffer.from(text, "latin1");
  const at = where % (bytes.length - 1);
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from([(bytes[at] as number) ^ 1]),
    bytes.subarray(at + 1),
  ]);
}

/** All that is left comes out and is settled, by several processes one after the other. */
export async function finish(model: SpoolModel, world: SpoolWorld): Promise<void> {
  for (const name of [...model.live.keys()]) await crash(name).run(model, world);
  for (let round = 0; round < 2; round++) {
    await open("last", false).run(model, world);
    await adopt("last").run(model, world);
    while (world.process("last").spool.unread) await take("last", 20).run(model, world);
    while (world.process("last").taken.length > 0) await settle("last", 0).run(model, world);
    await close("last").run(model, world);
  }
  expect(world.segments().map(({ path }) => path)).toEqual([]);
}
