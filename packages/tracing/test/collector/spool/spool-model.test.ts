import { cpSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Spool, SpoolBatch } from "../../../src/collector/spool/spool.ts";
import { encoded, idOf, openSpool, scratch, takeAll } from "./records.ts";

interface Step {
  do: "append" | "take" | "settle" | "close" | "crash" | "flush";
  size: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom("append", "append", "take", "settle", "settle", "close", "crash", "flush"),
  size: fc.nat(12),
});

/** The spool and what it must hold: ids appended and not settled, and those that a crash may bring back. */
class Run {
  spool: Spool;
  root = scratch();
  waiting: number[] = [];
  unread: number[] = [];
  outstanding: SpoolBatch[] = [];
  maybe = new Set<number>();
  #next = 1;

  constructor() {
    this.spool = this.#open();
  }

  #open(): Spool {
    return openSpool(this.root, { segmentBytes: 1500 }).spool;
  }

  async apply({ do: what, size }: Step): Promise<void> {
    if (what === "append") this.#append(size);
    else if (what === "take") await this.#take(size);
    else if (what === "settle") this.#settle(size);
    else if (what === "flush") this.spool.flushSync();
    else await this.#reopen(what);
    expect(this.spool.pendingSpans).toBe(this.waiting.length);
    expect(this.spool.unread).toBe(this.unread.length > 0);
  }

  #append(size: number): void {
    const ids = Array.from({ length: size }, () => this.#next++);
    this.spool.append(ids.map((id) => encoded("span", id, (id % 7) * 100)));
    this.waiting.push(...ids);
    this.unread.push(...ids);
  }

  async #take(size: number): Promise<void> {
    const batch = await this.spool.take({ maxRecords: size + 1, maxBytes: 3000 });
    const ids = batch?.records.map(idOf) ?? [];
    expect(ids.length > 0).toBe(this.unread.length > 0);
    expect(ids).toEqual(this.unread.splice(0, ids.length));
    if (batch) this.outstanding.push(batch);
  }

  #settle(size: number): void {
    const [batch] = this.outstanding.splice(size % Math.max(1, this.outstanding.length), 1);
    if (!batch) return;
    this.spool.settle(batch);
    const ids = new Set(batch.records.map(idOf));
    this.waiting = this.waiting.filter((id) => !ids.has(id));
    for (const id of ids) this.maybe.add(id);
  }

  /** Whoever comes next gets all that waits, and of what was settled only what no checkpoint had noted. */
  async #reopen(how: "close" | "crash"): Promise<void> {
    if (how === "crash") {
      const root = scratch();
      cpSync(this.root, root, { recursive: true, filter: (path) => !path.endsWith("/lock") });
      this.spool.close();
      this.root = root;
    } else this.spool.close();
    this.spool = this.#open();
    const { spans } = await this.spool.adopt();
    const ids = (await takeAll(this.spool)).flatMap((batch) => batch.records.map(idOf));
    expect(ids.length).toBe(spans);
    expect(new Set(ids).size).toBe(ids.length);
    expect(this.waiting.filter((id) => !ids.includes(id))).toEqual([]);
    expect(ids.filter((id) => !this.waiting.includes(id) && !this.maybe.has(id))).toEqual([]);
    // Reading them was a look only: close and open once more, to have them unread.
    this.spool.close();
    this.spool = this.#open();
    await this.spool.adopt();
    this.outstanding = [];
    this.waiting = [...ids];
    this.unread = [...ids];
    for (const id of ids) this.maybe.delete(id);
  }
}

describe("Spool against a model", () => {
  it("holds what was appended and not settled, in order, through closes and crashes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const run = new Run();
        for (const next of steps) await run.apply(next);
        run.spool.close();
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
