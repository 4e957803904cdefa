import { peekRecord } from "../../record/peek.ts";
import type { EncodedRecord } from "../../record/record.ts";
import { erasedType, payloadType } from "./line.ts";
import { LineCursor } from "./line-cursor.ts";
import type { Segment } from "./segment.ts";

/** The ids stand within so many bytes of a record's beginning. */
const HEAD_BYTES = 160;

export interface TakeLimits {
  maxRecords: number;
  maxBytes: number;
}

/** What was read; nothing is noted in the segment yet. */
export interface ReadRecords {
  records: EncodedRecord[];
  spans: number;
  bytes: number;
  /** Lines that were passed over, since what stood there is erased; and the spans among them. */
  erasedRecords: number;
  erasedSpans: number;
  /** Position behind the last of them, and behind damage that follows at the segment's end. */
  end: number;
  /** Where a line begins of which not all could be read, and which nobody has counted. */
  damagedAt?: number;
}

/** Reads the next records of a segment. @throws when the file cannot be read. */
export async function readRecords(segment: Segment, limits: TakeLimits): Promise<ReadRecords> {
  const { cursor } = segment;
  const fd = segment.enter();
  const read: ReadRecords = {
    records: [],
    spans: 0,
    bytes: 0,
    erasedRecords: 0,
    erasedSpans: 0,
    end: segment.read,
  };
  try {
    for (;;) {
      const line = cursor.next(segment.size);
      if (line === "end") return read;
      if (line === "more") {
        if (await cursor.fill(fd, segment.size)) continue;
        // Shorter than it was: somebody cut it.
        segment.rewind();
        return { ...read, end: segment.size };
      }
      const bytes = line.payloads.reduce((sum, payload) => sum + payload.length, 0);
      const full = read.records.length >= limits.maxRecords || read.bytes + bytes > limits.maxBytes;
      if (full && read.records.length > 0 && bytes > 0) {
        cursor.pushBack(line);
        return read;
      }
      if (line.state === "erased") {
        read.erasedRecords += 1;
        if (erasedType(line.raw) === "span") read.erasedSpans += 1;
      }
      for (const payload of line.payloads) {
        read.records.push(payload.toString("utf8"));
        if (payloadType(payload) === "span") read.spans += 1;
      }
      if (line.state !== "whole" && !segment.knowsDamage(read.end)) read.damagedAt ??= read.end;
      read.bytes += bytes;
      read.end = line.end;
    }
  } catch (error) {
    segment.rewind();
    throw error;
  } finally {
    segment.leave();
  }
}

/**
 * The traces of which records stand between two positions now; undefined when nothing there is erased.
 *
 * @throws when the file cannot be read.
 */
export async function readTracesLeft(
  segment: Segment,
  start: number,
  end: number,
): Promise<Set<string> | undefined> {
  const cursor = new LineCursor(start);
  const fd = segment.enter();
  const left = new Set<string>();
  let erased = false;
  try {
    for (;;) {
      const line = cursor.next(end);
      if (line === "end" || (line === "more" && !(await cursor.fill(fd, end)))) break;
      if (line === "more") continue;
      if (line.state === "erased") erased = true;
      for (const payload of line.payloads) {
        const traceId = peekRecord(payload.toString("latin1", 0, HEAD_BYTES))?.traceId;
        if (traceId !== undefined) left.add(traceId);
      }
    }
  } finally {
    segment.leave();
  }
  return erased ? left : undefined;
}
