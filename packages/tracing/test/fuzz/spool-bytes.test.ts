import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Spool, type SpoolBatch } from "../../src/collector/spool/spool.ts";
import { findLines, type SegmentFile, toLine } from "../collector/spool/model/disk.ts";
import { PROPERTY_TIMEOUT_MS, runs } from "../support/property-runs.ts";
import { makeScratch } from "../support/scratch.ts";
import { damage, inPlace, spoil } from "./damage.ts";

const SEGMENT = "segment-0000000001.v1.ndjson";

/** Records that differ in their ids, and hold any text and any JSON. */
const records = fc
  .array(fc.record({ name: fc.string({ unit: "binary", maxLength: 30 }), input: fc.json() }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((contents) =>
    contents.map((content, index) => {
      const id = (index + 1).toString(16);
      const ids = { trace_id: id.padStart(32, "0"), span_id: id.padStart(16, "0") };
      return JSON.stringify({ v: 1, type: "span", ...ids, ...content });
    }),
  );

interface Opened {
  spool: Spool;
  /** Spans reported as damaged so far. */
  damaged(): number;
}

function openSpool(dir: string): Opened {
  let damaged = 0;
  const onDrop = (reason: string, spans: number) => {
    expect(reason).toBe("damaged");
    damaged += spans;
  };
  return { spool: new Spool({ dir, onDrop, onWarn: () => undefined }), damaged: () => damaged };
}

async function drain(spool: Spool): Promise<string[]> {
  const out: string[] = [];
  for (let batch: SpoolBatch | undefined; ; ) {
    batch = await spool.take({ maxRecords: 3, maxBytes: 10_000 });
    if (batch === undefined) return out;
    out.push(...batch.records);
    spool.settle(batch);
  }
}

/** A place that is gone when `run` has ended. */
async function within<T>(run: (root: string) => Promise<T>): Promise<T> {
  const root = makeScratch();
  try {
    return await run(root);
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** The bytes that a spool writes for records. */
function written(texts: readonly string[]): Promise<Buffer> {
  return within(async (root) => {
    const { spool } = openSpool(root);
    for (const text of texts) spool.append([text]);
    const bytes = readFileSync(join(spool.dir, SEGMENT));
    spool.close();
    return bytes;
  });
}

const HEAD_BYTES = '00000000 {"v":1,"type":"span"'.length;

/** What a file holds by its bytes: records that are untouched, those that stand in it at all, and how many lines are neither. */
function judge(bytes: Buffer, texts: readonly string[]) {
  const file: SegmentFile = { dir: "", segment: 1, path: "", bytes };
  const lines = texts.map(toLine);
  const found = findLines([file], new Map(lines.map((line, index) => [line, index])));
  const inOrder = [...found].sort(([, a], [, b]) => a.start - b.start);
  const heads = lines.filter((_, index) => !found.has(index)).map((line) => line.slice(0, HEAD_BYTES));
  const pieces = bytes.toString("latin1").split("\n").slice(0, -1);
  let rubbish = 0;
  let recognisable = 0;
  let inRun: number | undefined;
  for (const piece of [...pieces, undefined]) {
    const headsHere = heads.filter((head) => piece?.includes(head)).length;
    if (piece === undefined || lines.some((line) => piece.includes(line))) {
      recognisable += headsHere + (inRun === undefined ? 0 : Math.max(1, inRun));
      inRun = undefined;
    } else {
      rubbish += 1;
      inRun = (inRun ?? 0) + headsHere;
    }
  }
  return {
    untouched: inOrder.filter(([, { whole }]) => whole).map(([index]) => texts[index] as string),
    standing: inOrder.map(([index]) => texts[index] as string),
    rubbish,
    /** Lost records that can be told by their heads, and one for lines in a row in which none can be. */
    recognisable,
  };
}

describe("the bytes of a spool", () => {
  it("are a line a record, and give back exactly what was written", {
    timeout: PROPERTY_TIMEOUT_MS,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(records, async (texts) => {
        const bytes = await written(texts);
        expect(bytes.toString("latin1")).toBe(texts.map((text) => `${toLine(text)}\n`).join(""));
        await within(async (root) => {
          const { spool } = openSpool(root);
          spool.append(texts);
          expect(await drain(spool)).toEqual(texts);
          spool.close();
        });
      }),
      runs(100),
    );
  });

  it("of a dead process give back what is untouched, in order, whatever else is in the file, and count the rest", {
    timeout: PROPERTY_TIMEOUT_MS,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.array(damage, { minLength: 1, maxLength: 3 }), async (texts, damages) => {
        const bytes = damages.reduce(spoil, await written(texts));
        const { untouched, standing, rubbish, recognisable } = judge(bytes, texts);
        await within(async (root) => {
          mkdirSync(join(root, "1-0-0000000000aa"));
          writeFileSync(join(root, "1-0-0000000000aa", SEGMENT), bytes);
          const { spool, damaged } = openSpool(root);
          const { spans } = await spool.adopt();
          const pending = spool.pendingSpans;
          expect(spans).toBe(pending + damaged());
          const out = await drain(spool);
          expect(out).toHaveLength(pending);
          expect(out).toEqual(standing.filter((text) => out.includes(text)));
          expect(untouched.filter((text) => !out.includes(text))).toEqual([]);
          const lost = texts.length - out.length;
          expect(damaged()).toBeGreaterThanOrEqual(recognisable);
          expect(damaged()).toBeLessThanOrEqual(lost + rubbish);
          expect([spool.pendingRecords, spool.unread]).toEqual([0, false]);
          spool.close();
        });
      }),
      runs(300),
    );
  });

  it("of a living process do the same, and what is lost of them is counted exactly", {
    timeout: PROPERTY_TIMEOUT_MS,
  }, async () => {
    const taken = fc.nat(12);
    await fc.assert(
      fc.asyncProperty(
        records,
        taken,
        fc.array(inPlace, { minLength: 1, maxLength: 3 }),
        async (texts, first, damages) => {
          await within(async (root) => {
            const { spool, damaged } = openSpool(root);
            const before = texts.slice(0, first);
            spool.append(before);
            const out = await drain(spool);
            expect(out).toEqual(before);
            const after = texts.slice(first);
            spool.append(after);
            if (after.length === 0) return spool.close();
            const path = join(spool.dir, SEGMENT);
            const bytes = damages.reduce(spoil, readFileSync(path));
            writeFileSync(path, bytes);
            const { untouched } = judge(bytes, after);
            const rest = await drain(spool);
            expect(untouched.filter((text) => !rest.includes(text))).toEqual([]);
            expect(rest).toEqual(after.filter((text) => rest.includes(text)));
            expect(rest.length + damaged()).toBe(after.length);
            expect([spool.pendingRecords, spool.pendingSpans]).toEqual([0, 0]);
            spool.close();
          });
        },
      ),
      runs(150),
    );
  });
});
