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
  return record.output === NOTICE ? undefined : cut(record, NOTICE);
}

/** The record without its content, and with a word about that, JSON text, in `output`. @throws when it is not JSON. */
export function withoutContent(encoded: EncodedRecord, notice: string): EncodedRecord {
  return cut(JSON.parse(encoded) as TraceRecord, notice);
}

function cut(record: TraceRecord, notice: string): EncodedRecord {
  const shrunk: TraceRecord = { ...record };
  for (const name of CONTENT) shrunk[name] = null;
  shrunk.output = notice;
  return JSON.stringify(shrunk);
}
