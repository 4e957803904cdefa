import assert from "node:assert/strict";
import type { Outcome, RecordExporter } from "../../collector/record-exporter.ts";
import type { TraceRecord } from "../../record/record.ts";
import { sampleModelCall, sampleRecord } from "../sample-record.ts";
import type { Suite } from "./exporter-under-test.ts";

/** How long anything may take that ought to end by itself; far above what it does take. */
const PATIENCE_MS = 15_000;

export function send(
  exporter: RecordExporter,
  records: readonly TraceRecord[],
  signal?: AbortSignal,
): Promise<Outcome> {
  const encoded = records.map((record) => JSON.stringify(record));
  return exporter.send(encoded, signal ? { signal } : undefined);
}

/** Its root, and so many model calls under it. */
export function sampleTrace(
  calls: number,
  overrides: Partial<TraceRecord> = {},
): [TraceRecord, ...TraceRecord[]] {
  const root = sampleRecord(overrides);
  const { input } = root;
  return [root, ...Array.from({ length: calls }, () => sampleModelCall(root, { input }))];
}

/** What is stored of each trace that these records belong to is these records, as often as the backend promises. */
export async function assertStored(
  { healthy, storesOnce = true }: Suite,
  records: readonly TraceRecord[],
): Promise<void> {
  for (const [traceId, ids] of Map.groupBy(records, ({ trace_id }) => trace_id)) {
    const found = (await healthy().storedSpans(traceId)).toSorted();
    const expected = [...new Set(ids.map(({ span_id }) => span_id))].sort();
    assert.deepEqual(storesOnce ? found : [...new Set(found)], expected);
  }
}

export async function assertNothingStored({ healthy }: Suite, { trace_id }: TraceRecord): Promise<void> {
  assert.deepEqual(await healthy().storedSpans(trace_id), []);
}

/** Every outcome but success says why, in words that repeat nothing of a record. */
export function assertReason(outcome: Outcome, secret?: string): void {
  assert.ok("reason" in outcome && outcome.reason.trim() !== "", "an outcome other than stored has a reason");
  if (secret !== undefined) assert.ok(!outcome.reason.includes(secret), "the reason repeats a record");
}

/** @throws when it takes far longer than it may. */
export async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It takes longer than ${PATIENCE_MS} ms.`)), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
