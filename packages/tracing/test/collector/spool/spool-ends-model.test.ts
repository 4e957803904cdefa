import { basename } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { SpoolBatch } from "../../../src/collector/spool/spool.ts";
import { PROPERTY_TIMEOUT_MS, runs } from "../../support/property-runs.ts";
import { type SegmentFile, spoilByte } from "./model/disk.ts";
import { SpoolWorld } from "./model/world.ts";
import { encoded, idOf, takeAll, typeOf } from "./records.ts";

const NAMES = ["first", "second"];
const SEGMENT_BYTES = 3_000;
const CAP_BYTES = 16_000;
/** Ids from here on are of spans that belong to no trace which began here. */
const FILLING = 1_000_000;

/** What the backend has been told, and what the processes that live have open. */
class Traces {
  readonly begun = new Set<number>();
  readonly ended = new Set<number>();
  readonly open = new Map<string, number[]>();
  /** Whose start was told by a process that crashed: whether it was, its successor may not know, and the cap take its trace. */
  readonly unsure = new Set<number>();
  readonly #told = new Map<string, number[]>();
  #next = 1;

  store(name: string, { records }: SpoolBatch): void {
    for (const record of records) (typeOf(record) === "started" ? this.begun : this.ended).add(idOf(record));
    const told = records.filter((record) => typeOf(record) === "started").map(idOf);
    this.#told.set(name, [...(this.#told.get(name) ?? []), ...told]);
  }

  crash(name: string): void {
    for (const id of this.#told.get(name) ?? []) this.unsure.add(id);
    this.finish(name);
  }

  finish(name: string): void {
    this.#told.delete(name);
    this.open.delete(name);
  }

  /** Records for a process to append. */
  start(name: string, count: number): string[] {
    const ids = Array.from({ length: count }, () => this.#next++);
    this.open.get(name)?.push(...ids);
    return ids.map((id) => encoded("started", id, 200));
  }

  end(name: string, count: number): string[] {
    const ids = this.open.get(name)?.splice(0, count) ?? [];
    return ids.map((id) => encoded("span", id, 200));
  }

  fill(count: number): string[] {
    return Array.from({ length: count }, () => encoded("span", FILLING + this.#next++, 400));
  }
}

type Writing = (traces: Traces, name: string, count: number) => string[];
type EndsCommand = fc.AsyncCommand<Traces, SpoolWorld>;

const WRITINGS: Readonly<Record<string, Writing>> = {
  start: (traces, name, count) => traces.start(name, count),
  end: (traces, name, count) => traces.end(name, count),
  fill: (traces, _, count) => traces.fill(count * 3),
};

function step(
  label: string,
  possible: (traces: Traces) => boolean,
  run: (traces: Traces, world: SpoolWorld) => Promise<void> | void,
): EndsCommand {
  return { check: possible, run: async (traces, world) => run(traces, world), toString: () => label };
}

const lives = (name: string) => (traces: Traces) => traces.open.has(name);

const open = (name: string, capped: boolean) =>
  step(
    `${name} starts${capped ? " with little room" : ""}`,
    (traces) => !traces.open.has(name),
    (traces, world) => {
      world.open(name, { segmentBytes: SEGMENT_BYTES, ...(capped && { maxBytes: CAP_BYTES }) });
      traces.open.set(name, []);
    },
  );

const write = (name: string, what: string, count: number) =>
  step(`${name} writes ${what} ${count}`, lives(name), (traces, world) => {
    world.process(name).spool.append(WRITINGS[what]?.(traces, name, count) ?? []);
  });

const deliver = (name: string) =>
  step(`${name} delivers`, lives(name), async (traces, world) => {
    const { spool, taken } = world.process(name);
    for (const batch of [...taken.splice(0), ...(await takeAll(spool, { maxRecords: 5, maxBytes: 1e6 }))]) {
      traces.store(name, batch);
      spool.settle(batch);
    }
  });

const take = (name: string, maxRecords: number) =>
  step(`${name} takes ${maxRecords}`, lives(name), async (_, world) => {
    const { spool, taken } = world.process(name);
    const batch = await spool.take({ maxRecords, maxBytes: 1e6 });
    if (batch) taken.push(batch);
  });

/** The backend stores a batch, and the process may die before it learns of it. */
const settle = (name: string, index: number, acknowledged: boolean) =>
  step(`${name} has ${index} stored${acknowledged ? "" : ", unheard"}`, lives(name), (traces, world) => {
    const { spool, taken } = world.process(name);
    const [batch] = taken.splice(index % Math.max(1, taken.length), 1);
    if (!batch) return;
    traces.store(name, batch);
    if (acknowledged) spool.settle(batch);
    else taken.push(batch);
  });

const close = (name: string) =>
  step(`${name} closes`, lives(name), (traces, world) => {
    world.close(name);
    traces.finish(name);
  });

const crash = (name: string, flushed: boolean) =>
  step(`${name} crashes${flushed ? " after a flush" : ""}`, lives(name), (traces, world) => {
    if (flushed) world.process(name).spool.flushSync();
    world.crash(name);
    traces.crash(name);
  });

/** The process dies in the middle of its last write: of the last line that it writes, only a part stands. */
const tear = (name: string, what: string, count: number, cut: number) =>
  step(`${name} dies in the middle of ${what} ${count} at ${cut}`, lives(name), (traces, world) => {
    const { spool } = world.process(name);
    const sizeOf = ({ segment, bytes }: SegmentFile) => [segment, bytes.length] as const;
    const segmentsOf = () => world.segments().filter(({ dir }) => dir === basename(spool.dir));
    const before = new Map(segmentsOf().map(sizeOf));
    spool.append(WRITINGS[what]?.(traces, name, count) ?? []);
    const newest = segmentsOf().at(-1);
    const size = newest?.bytes.length ?? 0;
    // What an append drags along, such as room for it, is written on its own.
    const start = (newest?.bytes.lastIndexOf(0x0a, size - 2) ?? 0) + 1;
    const isNew = newest !== undefined && size > (before.get(newest.segment) ?? 0);
    world.crash(name, isNew ? start + (cut % (size - start)) : undefined);
    traces.crash(name);
  });

/** A process ends, and another one of its name begins. */
const restart = (ending: EndsCommand, beginning: EndsCommand): EndsCommand => ({
  check: ending.check,
  async run(traces, world) {
    await ending.run(traces, world);
    await beginning.run(traces, world);
  },
  toString: () => `${ending}, ${beginning}`,
});

const adopt = (...names: string[]) =>
  step(
    `${names.join(" and ")} adopt`,
    (traces) => names.every((name) => traces.open.has(name)),
    async (_, world) => {
      await Promise.all(names.map((name) => world.process(name).spool.adopt()));
    },
  );

/** Flips a bit of one line that ends a trace. */
const damage = (where: number, bit: number) =>
  step(
    `end ${where} is damaged at ${bit}`,
    () => true,
    (_, world) => {
      const lines = world.segments().flatMap((segment) => {
        const found = segment.bytes.toString("latin1").matchAll(/[^\n]*"type":"span"[^\n]*/g);
        return [...found].map(({ 0: line, index }) => ({ segment, line, start: index }));
      });
      const ends = lines.filter(({ line }) => idOf(line) < FILLING);
      const end = ends[where % Math.max(1, ends.length)];
      if (end) spoilByte(end.segment, end.start + (where % end.line.length), (byte) => byte ^ (1 << bit));
    },
  );

const name = fc.constantFrom(...NAMES);
const what = fc.constantFrom("start", "end", "end", "fill");
const size = fc.nat(6);
const writing = fc.tuple(name, what, size).map((args) => write(...args));
const damaging = fc.tuple(fc.nat(), fc.nat(7)).map((args) => damage(...args));
const settling = fc.tuple(name, size, fc.boolean()).map((args) => settle(...args));
const ending = fc.oneof(
  name.map((who) => [who, close(who)] as const),
  fc.tuple(name, fc.boolean()).map(([who, flushed]) => [who, crash(who, flushed)] as const),
  fc.tuple(name, what, size, fc.nat(4_000)).map(([who, ...torn]) => [who, tear(who, ...torn)] as const),
);
const restarting = fc
  .tuple(ending, fc.constantFrom(false, false, true))
  .map(([[who, end], capped]) => restart(end, open(who, capped)));
const steps = fc.commands(
  [
    ...[writing, writing, writing, writing, writing],
    ...[name.map(deliver), name.map(deliver), settling, settling],
    fc.tuple(name, fc.integer({ min: 1, max: 7 })).map((args) => take(...args)),
    ...[restarting, restarting],
    name.map((who) => adopt(who)),
    fc.constant(adopt(...NAMES)),
    ...[damaging, damaging],
  ],
  { maxCommands: 60, size: "max" },
);

/** All processes die, and everything goes to the backend: what one of the last may have left is for the next. */
async function finish(traces: Traces, world: SpoolWorld): Promise<void> {
  for (const living of [...traces.open.keys()]) await crash(living, false).run(traces, world);
  for (let process = 0; process < 5; process++) {
    await open("last", false).run(traces, world);
    await adopt("last").run(traces, world);
    await deliver("last").run(traces, world);
    await close("last").run(traces, world);
  }
}

it("leaves no trace running: what the backend knows to have begun ends, whatever is damaged or cut short", {
  timeout: PROPERTY_TIMEOUT_MS,
}, async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (commands) => {
      const traces = new Traces();
      const world = new SpoolWorld();
      try {
        for (const each of NAMES) await open(each, false).run(traces, world);
        await fc.asyncModelRun(() => ({ model: traces, real: world }), commands);
        await finish(traces, world);
        const excused = world.dropped("spool-full") > 0 ? traces.unsure : new Set();
        const running = [...traces.begun].filter((id) => !traces.ended.has(id));
        expect(running.filter((id) => !excused.has(id))).toEqual([]);
      } finally {
        world.end();
      }
    }),
    runs(60),
  );
});
