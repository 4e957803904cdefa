import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { readCheckpoint } from "../../../src/collector/spool/checkpoint.ts";
import { DEAD_LETTER_FILE, readDeadLetters } from "../../../src/collector/spool/dead-letters.ts";
import { eraseFromSpool } from "../../../src/collector/spool/erasure.ts";
import { encodeLine } from "../../../src/collector/spool/line.ts";
import { requeueDeadLetters } from "../../../src/collector/spool/requeue.ts";
import { readSpoolStatus } from "../../../src/collector/spool/spool.ts";
import { surveySpool } from "../../../src/collector/spool/survey.ts";
import { peekRecord } from "../../../src/record/peek.ts";
import { sampleRecord, unfinished } from "../../support/sample-record.ts";
import { drain, dropped, encoded, idOf, openSpool, scratch, segmentsIn, takeAll } from "./records.ts";

/** The trace of `encoded(type, id)`. */
const traceOf = (id: number) => peekRecord(encoded("span", id))?.traceId ?? "";
const traces = (...ids: number[]) => new Set(ids.map(traceOf));

/** Every byte of every file below a root. */
function contentOf(root: string): string {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1")).join("\n");
}

/** A directory that a process left behind when it died: what was appended, and nothing that it knew besides. */
async function leaveBehind(root: string, records: readonly string[], settled = 0): Promise<void> {
  const { spool } = openSpool(root);
  spool.append(records);
  for (let left = settled; left > 0; left -= 1) {
    const batch = await spool.take({ maxRecords: 1, maxBytes: 1e6 });
    if (batch) spool.settle(batch);
  }
  spool.close();
}

it("erases the lines of a live owner, who goes on with the others and counts what is gone", async () => {
  const root = scratch();
  const { spool, drops } = openSpool(root);
  spool.append([1, 2, 3, 4].map((id) => encoded("span", id)));
  spool.append([encoded("started", 2), encoded("started", 5)]);
  const [first] = segmentsIn(spool.dir);
  const segment = join(spool.dir, first ?? "");
  const { size } = statSync(segment);
  expect(await eraseFromSpool(root, traces(2, 3))).toEqual({ records: 3, deadLetters: 0 });
  expect(statSync(segment).size).toBe(size);
  expect(contentOf(root)).not.toMatch(new RegExp(`${traceOf(2)}|${traceOf(3)}`));
  expect(readSpoolStatus(root)).toMatchObject([{ pendingRecords: 3, pendingSpans: 2, damagedSpans: 0 }]);

  spool.append([encoded("span", 6)]);
  const batches = await takeAll(spool);
  expect(batches.flatMap(({ records }) => records).map(idOf)).toEqual([1, 4, 5, 6]);
  expect(dropped(drops)).toEqual({ erased: 2 });
  expect([spool.pendingRecords, spool.pendingSpans]).toEqual([4, 3]);
  for (const batch of batches) spool.settle(batch);
  expect([spool.pendingRecords, spool.pendingSpans, spool.oldestPendingMs]).toEqual([0, 0, 0]);
  expect(await eraseFromSpool(root, traces(2, 3))).toEqual({ records: 0, deadLetters: 0 });
});

it("erases what a live owner has read ahead of what it delivers", async () => {
  const root = scratch();
  const { spool, drops } = openSpool(root);
  spool.append([1, 2, 3].map((id) => encoded("span", id)));
  const batch = await spool.take({ maxRecords: 1, maxBytes: 1e6 });
  await eraseFromSpool(root, traces(1, 2));
  spool.forget(traces(1, 2));
  expect(batch?.records.map(idOf)).toEqual([1]);
  expect((await drain(spool)).map(idOf)).toEqual([3]);
  expect(dropped(drops)).toEqual({ erased: 1 });
});

it("tells of a batch that is held which of its traces have been erased since", async () => {
  const root = scratch();
  const { spool } = openSpool(root);
  spool.append([1, 2, 3, 2, 4].map((id) => encoded("span", id)));
  const [first, second] = await takeAll(spool, { maxRecords: 3, maxBytes: 1e6 });
  if (!first || !second) throw new Error("two batches were expected");
  expect(await spool.findErased(first)).toEqual(new Set());
  await eraseFromSpool(root, traces(2, 4, 5));
  expect(await spool.findErased(first)).toEqual(traces(2));
  expect(await spool.findErased(second)).toEqual(traces(2, 4));
});

it("erases what a dead process left, and nothing is said of its open runs", async () => {
  const root = scratch();
  const records = [encoded("started", 1), encoded("started", 2), encoded("span", 3), encoded("span", 4)];
  await leaveBehind(root, records);
  expect(await eraseFromSpool(root, traces(1, 3))).toEqual({ records: 2, deadLetters: 0 });
  const adopted: number[] = [];
  const { spool, drops } = openSpool(root, { onAdopt: (spans) => adopted.push(spans) });
  const { interrupted, spans } = await spool.adopt();
  expect([interrupted.map(idOf), spans, adopted]).toEqual([[2], 2, [2]]);
  expect((await drain(spool)).map(idOf)).toEqual([2, 4, 2]);
  expect(dropped(drops)).toEqual({ erased: 1 });
});

it("erases an open run from the checkpoint of a dead process", async () => {
  const root = scratch();
  const { spool } = openSpool(root, { maxBytes: 40_000 });
  spool.append([encoded("started", 1), encoded("started", 2)]);
  for (let id = 10; id < 40; id += 1) spool.append([encoded("span", id, 1_000)]);
  for (const batch of await takeAll(spool)) spool.settle(batch);
  const { dir } = spool;
  spool.close();
  expect(readCheckpoint(dir)?.open.map(idOf)).toEqual([1, 2]);
  writeFileSync(join(dir, "checkpoint.ndjson.new"), encodeLine(encoded("started", 1)));
  expect(await eraseFromSpool(root, traces(1))).toMatchObject({ records: 1 });
  expect(contentOf(root)).not.toContain(traceOf(1));
  const next = openSpool(root);
  expect((await next.spool.adopt()).interrupted.map(idOf)).toEqual([2]);
});

it("keeps an ended run out of a live owner's checkpoint once its end is delivered", async () => {
  const root = scratch();
  const { spool } = openSpool(root, { maxBytes: 40_000 });
  spool.append([encoded("started", 1)]);
  for (let id = 10; id < 40; id += 1) spool.append([encoded("span", id, 1_000)]);
  for (const batch of await takeAll(spool)) spool.settle(batch);
  spool.append([encoded("span", 1)]);
  const [end] = await takeAll(spool);
  spool.flushSync();
  expect(readCheckpoint(spool.dir)?.open.map(idOf)).toEqual([1]);
  if (end) spool.settle(end);
  spool.flushSync();
  expect(readCheckpoint(spool.dir)?.open).toEqual([]);
});

it("forgets an open run of its own process, so that nothing is written of it again", async () => {
  const root = scratch();
  const { spool } = openSpool(root);
  spool.append([encoded("started", 1), encoded("started", 2)]);
  await eraseFromSpool(root, traces(1));
  spool.forget(traces(1));
  spool.close();
  const next = openSpool(root);
  expect((await next.spool.adopt()).interrupted.map(idOf)).toEqual([2]);
});

it("erases what waits in memory while the disk refuses", async () => {
  const file = join(scratch(), "file");
  writeFileSync(file, "");
  const { spool, drops } = openSpool(join(file, "spool"));
  spool.append([1, 2, 3].map((id) => encoded("span", id)));
  spool.forget(traces(2));
  expect([spool.pendingSpans, dropped(drops)]).toEqual([2, { erased: 1 }]);
  expect((await drain(spool)).map(idOf)).toEqual([1, 3]);
});

it("erases one of two records that a damaged line break has made one line of", async () => {
  const root = scratch();
  await leaveBehind(
    root,
    [1, 2, 3].map((id) => encoded("span", id)),
  );
  const [name = ""] = readdirSync(root);
  const [segment = ""] = segmentsIn(join(root, name));
  const path = join(root, name, segment);
  const bytes = readFileSync(path);
  bytes[bytes.indexOf(10)] = 0x41;
  writeFileSync(path, bytes);
  expect(await eraseFromSpool(root, traces(1))).toMatchObject({ records: 1 });
  expect(contentOf(root)).not.toContain(traceOf(1));
  const { spool } = openSpool(root);
  await spool.adopt();
  expect((await drain(spool)).map(idOf)).toEqual([2, 3]);
});

it("erases a record that a crash has cut off, and one that was cut off in being erased", async () => {
  const root = scratch();
  await leaveBehind(
    root,
    [1, 2].map((id) => encoded("span", id, 1_000)),
  );
  const [name = ""] = readdirSync(root);
  const [segment = ""] = segmentsIn(join(root, name));
  const path = join(root, name, segment);
  const bytes = readFileSync(path);
  bytes.fill(" ", 256, bytes.indexOf(10));
  writeFileSync(path, bytes);
  appendFileSync(path, encodeLine(encoded("span", 3, 1_000)).subarray(0, 700));
  expect(await eraseFromSpool(root, traces(1, 3))).toMatchObject({ records: 2 });
  expect(contentOf(root)).not.toMatch(new RegExp(`${traceOf(1)}|${traceOf(3)}`));
  const { spool } = openSpool(root);
  await spool.adopt();
  expect((await drain(spool)).map(idOf)).toEqual([2]);
});

it("erases dead letters, and leaves the others and the file to a live owner", async () => {
  const root = scratch();
  const { spool } = openSpool(root);
  const letter = (id: number) => ({ record: encoded("span", id), reason: "refused" });
  spool.deadLetter([letter(1), letter(2), { record: `no JSON ${encoded("span", 1)}`, reason: "refused" }]);
  expect(await eraseFromSpool(root, traces(1))).toEqual({ records: 0, deadLetters: 2 });
  spool.deadLetter([letter(3)]);
  const kept = () => readDeadLetters(spool.dir).map(({ record }) => idOf(record ?? ""));
  expect(kept()).toEqual([2, 3]);
  expect(readSpoolStatus(root)).toMatchObject([{ deadLetters: 2 }]);
  expect(contentOf(root)).not.toContain(traceOf(1));
  expect(requeueDeadLetters(root, basename(spool.dir))).toEqual({ records: 2, unreadable: 0 });
});

it("leaves no directory for the sake of letters that are all erased", async () => {
  const root = scratch();
  const { spool } = openSpool(root);
  spool.deadLetter([{ record: encoded("span", 1), reason: "refused" }]);
  await eraseFromSpool(root, traces(1));
  spool.close();
  expect(readdirSync(root)).toEqual([]);

  const left = openSpool(root);
  left.spool.append([encoded("span", 3)]);
  left.spool.deadLetter([{ record: encoded("span", 1), reason: "refused" }]);
  left.spool.close();
  appendFileSync(join(left.spool.dir, DEAD_LETTER_FILE), JSON.stringify({ trace_id: traceOf(2) }));
  expect(await eraseFromSpool(root, traces(1, 2))).toEqual({ records: 0, deadLetters: 2 });
  const next = openSpool(root);
  await next.spool.adopt();
  for (const batch of await takeAll(next.spool)) next.spool.settle(batch);
  next.spool.close();
  expect(readdirSync(root)).toEqual([]);
});

it("erases what another process takes over at the same moment", async () => {
  const root = scratch();
  for (let id = 1; id <= 20; id += 1) await leaveBehind(root, [encoded("span", id), encoded("span", 100)]);
  const { spool } = openSpool(root);
  await Promise.all([
    spool.adopt(),
    eraseFromSpool(root, traces(...Array.from({ length: 20 }, (_, id) => id + 1))),
  ]);
  expect(new Set((await drain(spool)).map(idOf))).toEqual(new Set([100]));
  expect(contentOf(root)).not.toMatch(
    new RegExp(Array.from({ length: 20 }, (_, id) => traceOf(id + 1)).join("|")),
  );
});

it("finds a trace's owner in whatever says it most strongly, wherever that stands", async () => {
  const root = scratch();
  const { spool } = openSpool(root);
  const [mine, theirs, refused] = [
    sampleRecord({ user_id: "7" }),
    sampleRecord({ user_id: "8" }),
    sampleRecord({ user_id: "7" }),
  ] as const;
  const nested = sampleRecord({
    trace_id: theirs.trace_id,
    root: 2,
    user_id: "7",
    start: "2025-01-01T00:00:00.000000Z",
  });
  const child = sampleRecord({ root: 0, parent_span_id: "1".repeat(16), user_id: "7" });
  spool.append(
    [unfinished(mine).started, mine, nested, theirs, child].map((record) => JSON.stringify(record)),
  );
  spool.deadLetter([{ record: JSON.stringify(refused), reason: "refused" }]);
  const surveyed = await surveySpool(root, ({ user_id }) => user_id === "7");
  expect(
    Object.fromEntries([...surveyed].map(([id, { owned, root, records }]) => [id, [owned, root, records]])),
  ).toEqual({
    [mine.trace_id]: [true, 3, 2],
    [theirs.trace_id]: [false, 3, 2],
    [child.trace_id]: [false, 0, 1],
    [refused.trace_id]: [true, 3, 1],
  });
});
