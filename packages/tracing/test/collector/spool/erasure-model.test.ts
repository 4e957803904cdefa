import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { eraseFromSpool } from "../../../src/collector/spool/erasure.ts";
import type { SpoolBatch } from "../../../src/collector/spool/spool.ts";
import { peekRecord } from "../../../src/record/peek.ts";
import { encoded, idOf, type OpenedSpool, openSpool, scratch, takeAll, typeOf } from "./records.ts";

const TRACES = 6;
const traceOf = (id: number) => peekRecord(encoded("span", id))?.traceId ?? "";

type Step =
  | { do: "append"; ids: number[]; padding: number }
  | { do: "take" | "settle" | "restart" }
  | { do: "erase"; ids: number[]; own: boolean };

const ids = fc.array(fc.integer({ min: 1, max: TRACES }), { minLength: 1, maxLength: 5 });
const appending = fc.record({
  do: fc.constant("append" as const),
  ids,
  padding: fc.constantFrom(40, 900, 6_000),
});
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    appending,
    appending,
    fc.record({ do: fc.constantFrom("take" as const, "settle" as const, "restart" as const) }),
    fc.record({ do: fc.constant("erase" as const), ids, own: fc.boolean() }),
  ),
  { maxLength: 40, size: "max" },
);

/** What is in which files, and what must come out of them. */
class World {
  readonly root = scratch();
  readonly delivered: number[] = [];
  readonly #expected: number[] = [];
  #opened: OpenedSpool = this.#open();
  #out: SpoolBatch[] = [];
  /** Spans of the process that lives. */
  #ended = 0;
  #settled = 0;

  #open(): OpenedSpool {
    return openSpool(this.root, {
      maxBytes: 64 * 1024 * 1024,
      segmentBytes: 8_192,
      onAdopt: (spans) => (this.#ended += spans),
    });
  }

  async run(step: Step): Promise<void> {
    const { spool } = this.#opened;
    switch (step.do) {
      case "append":
        spool.append(step.ids.map((id) => encoded("span", id, step.padding)));
        this.#ended += step.ids.length;
        this.#expected.push(...step.ids);
        break;
      case "take": {
        const batch = await spool.take({ maxRecords: 3, maxBytes: 20_000 });
        if (batch) this.#out.push(batch);
        break;
      }
      case "settle": {
        const batch = this.#out.shift();
        if (batch) this.#settle(batch);
        break;
      }
      case "restart":
        spool.close();
        this.#expectBalance();
        this.#out = [];
        this.#ended = 0;
        this.#settled = 0;
        this.#opened = this.#open();
        await this.#opened.spool.adopt();
        break;
      case "erase": {
        const traces = new Set(step.ids.map(traceOf));
        await eraseFromSpool(this.root, traces);
        if (step.own) spool.forget(traces);
        for (let index = this.#expected.length - 1; index >= 0; index -= 1) {
          if (step.ids.includes(this.#expected[index] ?? 0)) this.#expected.splice(index, 1);
        }
        this.#expectGone(traces);
      }
    }
    this.#expectBalance();
  }

  /** Everything that is not erased comes out, and nothing that is, unless it was on its way. */
  async finish(): Promise<void> {
    for (const batch of [...this.#out.splice(0), ...(await takeAll(this.#opened.spool))]) this.#settle(batch);
    const { spool, warnings } = this.#opened;
    expect([spool.pendingRecords, spool.pendingSpans, warnings]).toEqual([0, 0, []]);
    this.#expectBalance();
    for (const id of new Set(this.#expected)) {
      const count = (all: number[]) => all.filter((one) => one === id).length;
      expect(count(this.delivered)).toBeGreaterThanOrEqual(count(this.#expected));
    }
    spool.close();
    expect(readdirSync(this.root)).toEqual([]);
  }

  #settle(batch: SpoolBatch): void {
    this.delivered.push(...batch.records.map(idOf));
    expect(batch.records.map(typeOf)).toEqual(batch.records.map(() => "span"));
    this.#settled += batch.spans;
    this.#opened.spool.settle(batch);
  }

  #expectBalance(): void {
    const { spool, drops } = this.#opened;
    expect(drops.every(({ reason }) => reason === "erased")).toBe(true);
    const dropped = drops.reduce((sum, { spans }) => sum + spans, 0);
    expect(this.#ended).toBe(this.#settled + dropped + spool.pendingSpans);
  }

  #expectGone(traces: ReadonlySet<string>): void {
    const files = readdirSync(this.root, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    for (const { parentPath, name } of files) {
      const text = readFileSync(join(parentPath, name), "latin1");
      for (const trace of traces) expect(text.includes(trace)).toBe(false);
    }
  }
}

it("leaves nothing of what is erased and everything else, whenever it happens", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const world = new World();
      for (const step of all) await world.run(step);
      await world.finish();
    }),
    { numRuns: 60 },
  );
}, 120_000);
