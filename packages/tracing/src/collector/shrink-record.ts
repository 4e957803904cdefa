import type { EncodedRecord, TraceRecord } from "../record/record.ts";

const CONTENT = ["input", "output", "attributes", "events", "links", "metadata", "error_stack"] as const;
const NOTICE = JSON.stringify("[left out: the backend refused the record for its size]");

/**
 * The record without its content, which says so in `output`; undefined when it had already been cut.
 *
 * The span's identity, times, usage and error stay.
 */
export function shrinkRecord(encoded: EncodedRecord): EncodedRecord | undefined {
  const record = JSON.parse(encoded) as TraceRecord;
  if (record.output === NOTICE) return undefined;
  const shrunk: TraceRecord = { ...record };
  for (const name of CONTENT) shrunk[name] = null;
  shrunk.output = NOTICE;
  return JSON.stringify(shrunk);
}
