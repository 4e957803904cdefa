import type { EncodedRecord, RecordType } from "../../../src/record/record.ts";

/** A record with everything the spool looks at; `id` makes trace and span ids. */
export function encoded(type: RecordType, id: number, padding = 40): EncodedRecord {
  return JSON.stringify({
    v: 1,
    type,
    trace_id: id.toString(16).padStart(32, "0"),
    span_id: id.toString(16).padStart(16, "0"),
    status: type === "started" ? "running" : "ok",
    start: "2026-11-24T08:00:00.000001Z",
    end: type === "started" ? null : "2026-11-24T08:00:01.000001Z",
    duration_us: type === "started" ? null : 1_000_000,
    metadata: null,
    input: "é".repeat(padding / 2),
    clamped: null,
  });
}

export function idOf(record: EncodedRecord): number {
  return Number.parseInt(/"span_id":"([0-9a-f]{16})"/.exec(record)?.[1] ?? "", 16);
}

export function typeOf(record: EncodedRecord): string | undefined {
  return /"type":"([a-z]+)"/.exec(record)?.[1];
}
