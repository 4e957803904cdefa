import type { EncodedRecord, TraceRecord } from "../../record/record.ts";

/** Longest `started` record that is kept whole for a checkpoint. */
const KEPT_LENGTH = 4096;

/**
 * A `started` record small enough to be kept in a checkpoint: a long one loses its input, and its long texts if that is
 * not enough, and says so in `clamped`.
 */
export function compactStarted(record: EncodedRecord): EncodedRecord {
  if (record.length <= KEPT_LENGTH) return record;
  const parsed = parseRecord(record);
  if (!parsed) return record.length > KEPT_LENGTH * 16 ? "" : record;
  const clamped = new Set(parsed.clamped);
  const without = { ...parsed, input: null, clamped: [...clamped.add("input")] };
  const text = JSON.stringify(without);
  if (text.length <= KEPT_LENGTH) return text;
  for (const field of ["metadata", "attributes", "events", "links", "output"]) clamped.add(field);
  const bare = { metadata: null, attributes: null, events: null, links: null, output: null, tags: [] };
  return JSON.stringify({ ...without, ...bare, clamped: [...clamped] });
}

/**
 * What became of a trace whose process died: its `started` record, ended as `interrupted` at the process's last sign of
 * life. The same record and time always give the same text, and the members keep their order.
 */
export function toInterrupted(started: EncodedRecord, diedAt: string): EncodedRecord | undefined {
  const parsed = parseRecord(started);
  if (!parsed || typeof parsed.start !== "string") return undefined;
  const start = toMicros(parsed.start);
  const died = toMicros(diedAt);
  if (start === undefined) return undefined;
  const lived = died === undefined || died < start ? 0n : died - start;
  const ended = {
    type: "interrupted",
    status: "interrupted",
    end: lived === 0n ? parsed.start : diedAt,
    duration_us: Number(lived),
  };
  return JSON.stringify({ ...parsed, ...ended });
}

/** The `started` record that an interruption was made of, as far as it is told there; the trace counts as open with it. */
export function toStarted(interrupted: EncodedRecord): EncodedRecord | undefined {
  const parsed = parseRecord(interrupted);
  if (parsed?.type !== "interrupted") return undefined;
  return JSON.stringify({ ...parsed, type: "started", status: "running", end: null, duration_us: null });
}

/** ISO 8601 UTC with six digits of fraction. */
export function microsToIso(micros: bigint): string {
  const fraction = String(micros % 1000n).padStart(3, "0");
  return `${new Date(Number(micros / 1000n)).toISOString().slice(0, -1)}${fraction}Z`;
}

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/;

function toMicros(iso: string): bigint | undefined {
  const match = TIME.exec(iso);
  const seconds = match ? Date.parse(`${match[1]}Z`) : Number.NaN;
  return match && Number.isFinite(seconds) ? BigInt(seconds) * 1000n + BigInt(match[2] as string) : undefined;
}

function parseRecord(record: EncodedRecord): Partial<TraceRecord> | undefined {
  try {
    const value: unknown = JSON.parse(record);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
