import assert from "node:assert/strict";
import type { TraceRecord } from "../../record/record.ts";
import { sampleModelCall, sampleRecord, unfinished } from "../sample-record.ts";
import type { Suite } from "./exporter-under-test.ts";
import { assertReason, assertStored, inTime, sampleTrace, send } from "./sending.ts";

/** The most records that the collector puts into a batch, and the most batches it has under way. */
const BATCH_RECORDS = 512;
const BATCHES_IN_FLIGHT = 4;

export function describeStoring(suite: Suite): void {
  const { healthy, storesOnce = true } = suite;
  const { it } = suite.runner;

  it("stores what it is sent", async () => {
    const trace = sampleTrace(3);
    assert.deepEqual(await send(healthy().exporter, trace), { status: "stored" });
    await assertStored(suite, trace);
  });

  const once = storesOnce ? "stores each record once" : "loses no record";
  it(`${once}, sent again, sent in other batches, or sent several times at once`, async () => {
    const trace = sampleTrace(8);
    const { exporter } = healthy();
    const batches = [
      trace,
      trace,
      trace.slice(0, 5),
      trace.slice(3),
      trace.toReversed(),
      [...trace, ...trace],
    ];
    for (const outcome of await Promise.all(batches.map((batch) => send(exporter, batch)))) {
      assert.deepEqual(outcome, { status: "stored" });
    }
    assert.deepEqual(await send(exporter, trace), { status: "stored" });
    await assertStored(suite, trace);
  });

  it(`stores a batch of ${BATCH_RECORDS} records`, async () => {
    const trace = sampleTrace(BATCH_RECORDS - 1);
    assert.deepEqual(await inTime(send(healthy().exporter, trace)), { status: "stored" });
    await assertStored(suite, trace);
  });

  it(`${once} of ${BATCHES_IN_FLIGHT} batches under way that overlap and go through the same traces in opposite orders`, async () => {
    const { exporter } = healthy();
    const records = interleavedTraces(8, 32);
    const length = records.length / 2;
    const batches = Array.from({ length: BATCHES_IN_FLIGHT }, (_, index) => {
      const start = Math.floor((index * (records.length - length)) / (BATCHES_IN_FLIGHT - 1));
      const batch = records.slice(start, start + length);
      return index % 2 === 0 ? batch : batch.toReversed();
    });
    // What the backend could not do at once, because batches were in each other's way, has to succeed in the end.
    for (let left = batches, round = 0; left.length > 0; round++) {
      assert.ok(round < 10, "batches stay in each other's way");
      const outcomes = await inTime(Promise.all(left.map((batch) => send(exporter, batch))));
      for (const { status } of outcomes) assert.ok(["stored", "retry"].includes(status), status);
      left = left.filter((_, index) => outcomes[index]?.status !== "stored");
    }
    await assertStored(suite, records);
  });

  it("takes the beginning of a run before its end, and stores one span of both", async () => {
    const root = sampleRecord();
    const call = sampleModelCall(root);
    const { exporter } = healthy();
    for (const batch of [[unfinished(root).started, call], [root]]) {
      assert.deepEqual(await send(exporter, batch), { status: "stored" });
    }
    await assertStored(suite, [root, call]);
  });

  it("takes the end of a run that was interrupted, and the real one behind it", async () => {
    const root = sampleRecord();
    const { started, interrupted } = unfinished(root);
    const { exporter } = healthy();
    for (const batch of [[started], [interrupted], [interrupted, root]]) {
      assert.deepEqual(await send(exporter, batch), { status: "stored" });
      if (batch[0] !== started) await assertStored(suite, [root]);
    }
  });

  it("has nothing to do for an empty batch", async () => {
    assert.deepEqual(await send(healthy().exporter, []), { status: "stored" });
  });

  it("stores text as it is, whatever is in it", async () => {
    const hostile = sampleRecord({ input: '"\\u0000 \\ud800 \\" \\\\ é 😀 </script> $1 %s"' });
    assert.deepEqual(await send(healthy().exporter, [hostile]), { status: "stored" });
    await assertStored(suite, [hostile]);
  });

  it("is ready, and does its housekeeping", async () => {
    const { exporter } = healthy();
    assert.equal((await exporter.ready?.()) ?? true, true);
    await exporter.maintain?.();
  });

  it("says retry when it is aborted before it begins", async () => {
    const outcome = await send(healthy().exporter, sampleTrace(1), AbortSignal.abort());
    assert.equal(outcome.status, "retry");
    assertReason(outcome);
  });

  it("says what became of a batch that is aborted at any moment, and takes it again", async () => {
    const { exporter } = healthy();
    const trace = sampleTrace(64);
    const aborts = Array.from({ length: 8 }, (_, index) => {
      const abort = new AbortController();
      const sending = inTime(send(exporter, trace, abort.signal));
      setTimeout(() => abort.abort(), index * 3);
      return sending;
    });
    for (const outcome of await Promise.all(aborts)) {
      assert.ok(["stored", "retry"].includes(outcome.status), outcome.status);
      if (outcome.status !== "stored") assertReason(outcome);
    }
    assert.deepEqual(await send(exporter, trace), { status: "stored" });
    await assertStored(suite, trace);
  });
}

/** So many traces, whose records take turns. */
function interleavedTraces(traces: number, calls: number): TraceRecord[] {
  const all = Array.from({ length: traces }, () => sampleTrace(calls));
  return Array.from({ length: calls + 1 }, (_, index) => all.map((trace) => trace[index])).flatMap((turn) =>
    turn.filter((record) => record !== undefined),
  );
}
