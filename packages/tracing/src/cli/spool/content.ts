import { readDeadLetters } from "../../collector/spool/dead-letters.ts";
import { readWaitingRecords } from "../../collector/spool/waiting-lines.ts";
import type { EncodedRecord, TraceRecord } from "../../record/record.ts";
import type { SpoolEntry } from "./overview.ts";

/** What of a record tells which one it is; its content is left out. */
export interface RecordHeader {
  type: string | null;
  traceId: string | null;
  spanId: string | null;
  pipelineName: string | null;
  name: string | null;
  startTime: string | null;
}

/** A record that the backend will never take, and what it said; secrets in that were redacted when it was kept. */
export interface LetterHeader extends RecordHeader {
  time: string | null;
  reason: string | null;
}

export interface SpoolContent extends SpoolEntry {
  /** The oldest that wait. */
  waiting: RecordHeader[];
  /** The latest that were given up. */
  letters: LetterHeader[];
}

/** Adds to an entry up to `limit` records that wait, and as many dead letters. */
export function readContent(entry: SpoolEntry, limit: number): SpoolContent {
  return {
    ...entry,
    waiting: readWaitingRecords(entry.directory, limit).map(toHeader),
    letters: readDeadLetters(entry.directory)
      .slice(-limit)
      .map(({ time, reason, record }) => ({ time, reason, ...toHeader(record) })),
  };
}

function toHeader(encoded: EncodedRecord | null): RecordHeader {
  const { type, trace_id, span_id, pipeline, name, start } = parse(encoded);
  return {
    type: type ?? null,
    traceId: trace_id ?? null,
    spanId: span_id ?? null,
    pipelineName: pipeline ?? null,
    name: name ?? null,
    startTime: start ?? null,
  };
}

function parse(encoded: EncodedRecord | null): Partial<TraceRecord> {
  try {
    const value: unknown = JSON.parse(encoded ?? "");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {}; // It is shown as one that cannot be read.
  }
}
