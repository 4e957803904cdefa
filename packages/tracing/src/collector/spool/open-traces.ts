import { readSync } from "node:fs";
import { peekRecord } from "../../record/peek.ts";
import type { EncodedRecord, RecordType } from "../../record/record.ts";
import { compactStarted } from "./interrupted.ts";
import { decodeLine, recordType } from "./line.ts";
import type { Segment } from "./segment.ts";

/** Past so many, the oldest open traces whose segment is gone are forgotten: something starts traces and never ends them. */
const MAX_HELD = 10_000;

interface Place {
  segment: Segment;
  start: number;
  end: number;
}

/**
 * The traces that were started and have not ended. For most the `started` record stands in a segment, and only its place
 * is known here; when that segment goes, the record itself is kept for the checkpoint.
 */
export class OpenTraces {
  readonly #places = new Map<string, Place>();
  readonly #held = new Map<string, EncodedRecord>();
  #forgotten = 0;

  get size(): number {
    return this.#places.size + this.#held.size;
  }

  /** How many were forgotten because there were too many. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** The records that stand in no segment. */
  held(): EncodedRecord[] {
    return [...this.#held.values()];
  }

  /** Every open trace's `started` record, read from its segment where it stands in one. */
  *records(): Generator<EncodedRecord> {
    yield* this.#held.values();
    for (const place of this.#places.values()) {
      const record = readRecord(place);
      if (record !== undefined) yield record;
    }
    for (const { segment } of this.#places.values()) segment.close();
  }

  clear(): void {
    this.#places.clear();
    this.#held.clear();
  }

  /** Notes a record that was written at a place, or kept in memory when there is none; returns its type. */
  note(record: EncodedRecord, segment?: Segment, start = 0, end = 0): RecordType | undefined {
    const type = recordType(record);
    if (type !== "started" && (type === undefined || this.size === 0)) return type;
    const head = peekRecord(record);
    if (!head) return type;
    const key = head.traceId + head.spanId;
    this.#places.delete(key);
    this.#held.delete(key);
    if (type === "started" && segment) this.#places.set(key, { segment, start, end });
    else if (type === "started") this.#hold(key, record);
    return type;
  }

  /** Keeps the records that stand in `segment`, which is about to go. */
  leaveSegment(segment: Segment): void {
    for (const [key, place] of this.#places) {
      if (place.segment !== segment) continue;
      this.#places.delete(key);
      const record = readRecord(place);
      if (record !== undefined) this.#hold(key, record);
    }
  }

  #hold(key: string, record: EncodedRecord): void {
    const compact = compactStarted(record);
    if (compact !== "") this.#held.set(key, compact);
    if (this.#held.size <= MAX_HELD) return;
    const oldest = this.#held.keys().next();
    if (!oldest.done) this.#held.delete(oldest.value);
    this.#forgotten += 1;
  }
}

/** The record at a place; undefined when it cannot be read, and then nobody can say any more what was started. */
function readRecord({ segment, start, end }: Place): EncodedRecord | undefined {
  const line = Buffer.allocUnsafe(end - start - 1);
  try {
    const fd = segment.enter();
    try {
      if (readSync(fd, line, 0, line.length, start) < line.length) return undefined;
    } finally {
      segment.leave();
    }
  } catch {
    return undefined;
  }
  return decodeLine(line)?.toString("utf8");
}
