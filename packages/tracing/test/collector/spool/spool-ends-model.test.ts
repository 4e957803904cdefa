import { closeSync, cpSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { SpoolBatch } from "../../../src/collector/spool/spool.ts";
import type { EncodedRecord } from "../../../src/record/record.ts";
import { encoded, idOf, openSpool, scratch, segmentsIn, takeAll, typeOf } from "./records.ts";

type Sized = { do: "start" | "end" | "fill" | "deliver" | "take" | "settle"; size: number };
type Damage = { do: "damage"; where: number; bit: number };
type Crash = { do: "crash"; flushed: boolean };
type Step = Sized | Damage | Crash;

const sized: fc.Arbitrary<Sized> = fc.record({
  do: fc.constantFrom("start", "end", "end", "fill", "deliver", "take", "settle"),
  size: fc.nat(6),
});
const damage: fc.Arbitrary<Damage> = fc.record({
  do: fc.constant("damage"),
  where: fc.nat(),
  bit: fc.nat(7),
});
const crash: fc.Arbitrary<Crash> = fc.record({ do: fc.constant("crash"), flushed: fc.boolean() });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: sized },
  { weight: 2, arbitrary: damage },
  { weight: 1, arbitrary: crash },
);

/** A spool through the lives of several processes, and a backend that knows which traces began and which ended. */
class Run {
  readonly begun = new Set<number>();
  readonly ended = new Set<number>();
  #spool: ReturnType<typeof openSpool>["spool"];
  #root = scratch();
  #open: number[] = [];
  #taken: SpoolBatch[] = [];
  #next = 1;

  constructor() {
    this.#spool = this.#begin();
  }

  async apply(step: Step): Promise<void> {
    if ("flushed" in step) await this.crash(step.flushed);
    else if ("where" in step) this.#damage(step.where, step.bit);
    else if (step.do === "start") this.#append("started", this.#ids(step.size));
    else if (step.do === "end") this.#append("span", this.#open.splice(0, step.size));
    else if (step.do === "fill") this.#fill(step.size);
    else if (step.do === "deliver") await this.#deliver();
    else if (step.do === "take") await this.#take(step.size + 1);
    else this.#settle(step.size);
  }

  /** The process dies, and the next one takes over what it left. */
  async crash(flushed: boolean): Promise<void> {
    if (flushed) this.#spool.flushSync();
    const root = scratch();
    cpSync(this.#root, root, { recursive: true, filter: (path) => !path.endsWith("/lock") });
    this.#spool.close();
    this.#root = root;
    this.#spool = this.#begin();
    this.#open = [];
    this.#taken = [];
    await this.#spool.adopt();
  }

  /** Everything goes to the backend, by several processes: what one may have left is for the next. */
  async finish(): Promise<void> {
    for (let process = 0; process < 5; process++) {
      await this.#spool.adopt();
      await this.#deliver();
      this.#spool.close();
      this.#spool = this.#begin();
    }
    this.#spool.close();
  }

  #begin() {
    return openSpool(this.#root, { segmentBytes: 3_000 }).spool;
  }

  #ids(count: number): number[] {
    const ids = Array.from({ length: count }, () => this.#next++);
    this.#open.push(...ids);
    return ids;
  }

  #append(type: "started" | "span", ids: readonly number[]): void {
    if (ids.length > 0) this.#spool.append(ids.map((id) => encoded(type, id, 200)));
  }

  /** Spans of no trace that began here, which put the others into segments apart. */
  #fill(size: number): void {
    for (let count = 0; count < size * 3; count++) {
      this.#spool.append([encoded("span", 1_000_000 + this.#next++, 400)]);
    }
  }

  async #deliver(): Promise<void> {
    for (const batch of await takeAll(this.#spool, { maxRecords: 5, maxBytes: 1e6 })) this.#store(batch);
  }

  async #take(maxRecords: number): Promise<void> {
    const batch = await this.#spool.take({ maxRecords, maxBytes: 1e6 });
    if (batch) this.#taken.push(batch);
  }

  #settle(index: number): void {
    const [batch] = this.#taken.splice(index % Math.max(1, this.#taken.length), 1);
    if (batch) this.#store(batch);
  }

  #store(batch: SpoolBatch): void {
    for (const record of batch.records) this.#receive(record);
    this.#spool.settle(batch);
  }

  #receive(record: EncodedRecord): void {
    (typeOf(record) === "started" ? this.begun : this.ended).add(idOf(record));
  }

  /** Flips a bit of one line that ends a trace. */
  #damage(where: number, bit: number): void {
    const dirs = readdirSync(this.#root).map((name) => join(this.#root, name));
    const lines = dirs.flatMap((dir) => segmentsIn(dir).flatMap((name) => endingLines(join(dir, name))));
    const line = lines[where % Math.max(1, lines.length)];
    if (!line) return;
    const at = line.start + (where % (line.end - line.start));
    const fd = openSync(line.path, "r+");
    writeSync(fd, Buffer.from([(readFileSync(line.path)[at] as number) ^ (1 << bit)]), 0, 1, at);
    closeSync(fd);
  }
}

function endingLines(path: string): { path: string; start: number; end: number }[] {
  const found: { path: string; start: number; end: number }[] = [];
  const bytes = readFileSync(path);
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start);
    if (end < 0) break;
    const text = bytes.toString("utf8", start, end);
    if (text.includes('"type":"span"') && idOf(text) < 1_000_000) found.push({ path, start, end });
    start = end + 1;
  }
  return found;
}

it("leaves no trace running: what the backend knows to have begun ends, whatever is damaged or cut short", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 50 }), async (steps) => {
      const run = new Run();
      for (const next of steps) await run.apply(next);
      await run.crash(false);
      await run.finish();
      expect([...run.begun].filter((id) => !run.ended.has(id))).toEqual([]);
    }),
    { numRuns: 40 },
  );
}, 60_000);
