import type { EncodedRecord } from "../../record/record.ts";
import { erasedType, payloadType } from "./line.ts";
import type { Segment } from "./segment.ts";

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
