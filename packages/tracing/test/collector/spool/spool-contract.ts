import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Spool, SpoolBatch } from "../../../src/collector/spool/spool.ts";
import {
  drain,
  dropped,
  encoded,
  idOf,
  NO_LIMITS,
  type OpenedSpool,
  openSpool,
  takeAll,
  until,
} from "./records.ts";

const span = (id: number, padding?: number) => encoded("span", id, padding);
const upTo = (count: number) => Array.from({ length: count }, (_, id) => id);
const given = (batches: readonly (SpoolBatch | undefined)[]) =>
  batches.map((batch) => batch?.records.map(idOf) ?? []);

/** What the spool does wherever it keeps its records; `root` makes a place for one test. */
export function describeSpoolContract(where: string, root: () => string): void {
  const open = (options: { maxBytes?: number } = {}): OpenedSpool =>
    openSpool(root(), { ...options, memoryBytes: options.maxBytes ?? 16 * 2 ** 20 });

  describe(`the spool contract: ${where}`, () => {
    it("hands records out in the order in which they came, and only once", async () => {
      const { spool } = open();
      spool.append([span(1), span(2)]);
      spool.append([span(3)]);
      expect(given(await takeAll(spool, { maxRecords: 2, maxBytes: 1e6 }))).toEqual([[1, 2], [3]]);
      expect(await spool.take(NO_LIMITS)).toBeUndefined();
      spool.append([span(4)]);
      expect((await drain(spool)).map(idOf)).toEqual([4]);
    });

    it("gives back exactly the text it was given", async () => {
      const { spool } = open();
      const texts = ['{"v":1,"x":"\\n\\u0000 \\ud800 é 😀 \\" {\\"v\\":"}', "{}", '"'.repeat(300_000)];
      spool.append(texts);
      expect(await drain(spool)).toEqual(texts);
    });

    it("bounds a batch by count and bytes, and hands out a larger record alone", async () => {
      const { spool } = open();
      const big = span(3, 200_000);
      spool.append([span(1), span(2), big, span(4), span(5)]);
      const one = Buffer.byteLength(span(1));
      const batches = await takeAll(spool, { maxRecords: 100, maxBytes: one * 2 });
      expect(given(batches)).toEqual([[1, 2], [3], [4, 5]]);
      expect(batches.map((batch) => batch.bytes)).toEqual([one * 2, Buffer.byteLength(big), one * 2]);
    });

    it("counts every type as a record and only spans as spans", async () => {
      const { spool } = open();
      spool.append([encoded("started", 1), span(1), encoded("interrupted", 2), "{}"]);
      expect([spool.pendingRecords, spool.pendingSpans]).toEqual([4, 1]);
      const [batch] = await takeAll(spool);
      expect(batch?.spans).toBe(1);
      expect(spool.pendingRecords).toBe(4);
      if (batch) spool.settle(batch);
      expect([spool.pendingRecords, spool.pendingSpans]).toEqual([0, 0]);
    });

    it("settles batches in any order, twice without harm, and never a foreign one", async () => {
      const { spool } = open();
      for (const id of upTo(10)) spool.append([span(id)]);
      const batches = await takeAll(spool, { maxRecords: 1, maxBytes: 1e6 });
      for (const batch of batches.toReversed()) {
        spool.settle(batch);
        spool.settle(batch);
      }
      spool.settle({ records: [span(1)], spans: 1, bytes: 3 });
      expect([spool.pendingRecords, spool.pendingSpans]).toEqual([0, 0]);
    });

    it("answers several takes that are asked for at once with different records", async () => {
      const { spool } = open();
      for (const id of upTo(60)) spool.append([span(id)]);
      const batches = await Promise.all(upTo(12).map(() => spool.take({ maxRecords: 4, maxBytes: 1e6 })));
      const ids = [...given(batches).flat(), ...(await drain(spool)).map(idOf)];
      expect(ids).toEqual(upTo(60));
    });

    it("says that something can be read, at once", () => {
      const { spool } = open();
      let calls = 0;
      spool.onReadable = () => {
        calls += 1;
        expect(spool.unread).toBe(true);
      };
      expect(spool.unread).toBe(false);
      spool.append([span(1)]);
      expect(calls).toBe(1);
    });

    it("knows the age of the oldest record that is not settled", async () => {
      const { spool } = open();
      expect(spool.oldestPendingMs).toBe(0);
      spool.append([span(1)]);
      const since = performance.now();
      await until(() => performance.now() - since > 20, "a little time");
      expect(spool.oldestPendingMs).toBeGreaterThanOrEqual(20);
      const [batch] = await takeAll(spool);
      if (batch) spool.settle(batch);
      expect(spool.oldestPendingMs).toBe(0);
    });

    it("lets the oldest go past its cap, counted, and settles what was taken of them", async () => {
      const { spool, drops } = open({ maxBytes: 10_000 });
      for (const id of upTo(20)) spool.append([span(id)]);
      const taken = await spool.take({ maxRecords: 5, maxBytes: 1e6 });
      for (let id = 20; id < 200; id++) spool.append([span(id)]);
      if (taken) spool.settle(taken);
      const rest = (await drain(spool)).map(idOf);
      expect(rest.at(-1)).toBe(199);
      expect(rest).toEqual(upTo(rest.length).map((index) => 200 - rest.length + index));
      expect(rest.length).toBeGreaterThan(10);
      const given = drops.reduce((sum, { spans }) => sum + spans, 0);
      expect(5 + rest.length + given).toBe(200);
      expect(spool.pendingSpans).toBe(rest.length);
    });

    it("leaves what is not settled to whoever comes next, or says that it is lost", async () => {
      const place = root();
      const { spool: first, drops } = openSpool(place);
      for (const id of upTo(30)) first.append([span(id)]);
      for (let count = 0; count < 2; count++) {
        const batch = await first.take({ maxRecords: 6, maxBytes: 1e6 });
        if (batch) first.settle(batch);
      }
      first.close();
      const { spool: next } = openSpool(place);
      const { spans } = await next.adopt();
      expect((await drain(next)).map(idOf)).toEqual(spans === 0 ? [] : upTo(30).slice(12));
      expect(spans + (dropped(drops).disk ?? 0)).toBe(18);
    });

    it("throws at nothing after it is closed, and counts what comes too late", async () => {
      const { spool, drops } = open();
      spool.append([span(1)]);
      const [batch] = await takeAll(spool);
      if (batch) spool.settle(batch);
      spool.close();
      spool.close();
      spool.append([span(3), encoded("started", 4)]);
      if (batch) spool.settle(batch);
      spool.flushSync();
      spool.deadLetter([{ record: span(3), reason: "late" }]);
      expect(await spool.take(NO_LIMITS)).toBeUndefined();
      expect(await spool.adopt()).toEqual({ spans: 0, interrupted: [], directories: 0 });
      expect(dropped(drops)).toEqual({ disk: 1 });
      expect([spool.pendingRecords, spool.pendingSpans]).toEqual([0, 0]);
    });

    it("has every span in its books at any time: settled, pending or dropped", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
          const { spool, drops } = open({ maxBytes: 8_000 });
          await balanced(spool, drops, steps);
          spool.close();
        }),
        { numRuns: 25 },
      );
    });
  });
}

type Step = { do: "append" | "take" | "settle"; size: number };

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom("append", "append", "take", "settle"),
  size: fc.nat(9),
});

async function balanced(spool: Spool, drops: OpenedSpool["drops"], steps: readonly Step[]): Promise<void> {
  const taken: SpoolBatch[] = [];
  let last = -1;
  let appended = 0;
  let settled = 0;
  for (const { do: what, size } of steps) {
    if (what === "append") {
      spool.append(upTo(size).map((index) => span(appended + index, index * 60)));
      appended += size;
    } else if (what === "take") {
      const batch = await spool.take({ maxRecords: size + 1, maxBytes: 3_000 });
      for (const id of batch?.records.map(idOf) ?? []) {
        expect(id).toBeGreaterThan(last);
        last = id;
      }
      if (batch) taken.push(batch);
    } else {
      const [batch] = taken.splice(size % Math.max(1, taken.length), 1);
      const before = spool.pendingSpans;
      if (batch) spool.settle(batch);
      settled += before - spool.pendingSpans;
    }
    const lost = drops.reduce((sum, { spans }) => sum + spans, 0);
    expect(settled + spool.pendingSpans + lost).toBe(appended);
    expect(spool.unread || spool.pendingSpans <= taken.reduce((sum, { spans }) => sum + spans, 0)).toBe(true);
  }
}
