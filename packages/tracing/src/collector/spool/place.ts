import { readSync } from "node:fs";
import { peekRecord, type RecordHead } from "../../record/peek.ts";
import type { EncodedRecord } from "../../record/record.ts";
import { compactStarted } from "./interrupted.ts";
import { decodeLine } from "./line.ts";
import { LineCursor } from "./line-cursor.ts";
import type { Segment } from "./segment.ts";

/** Where a record's line stands. */
export interface Place {
  segment: Segment;
  start: number;
  end: number;
}

/** The record at a place; undefined when it cannot be read any more. */
export function readPlace({ segment, start, end }: Place): EncodedRecord | undefined {
  const line = Buffer.allocUnsafe(end - start - 1);
  try {
    const fd = segment.enter();
    try {
      if (readSync(fd, line, 0, line.length, start) < line.length) return undefined;
    } finally {
      segment.leave();
    }
  } catch {
    return undefined; // The file is gone, and with it what stood there.
  }
  return decodeLine(line)?.toString("utf8");
}

interface FoundEnd {
  /** Of trace and span. */
  key: string;
  started: EncodedRecord;
  /** None when no end can be read in this segment; it may stand in another. */
  end: EncodedRecord | undefined;
  position: number;
}

/** Ends that are not settled, of traces whose start stands in this segment and was handed out. */
export function endsInside(segment: Segment): FoundEnd[] {
  const told = new Map<string, EncodedRecord>();
  const found: FoundEnd[] = [];
  for (const { payload, position, key, type } of linesOf(segment)) {
    if (type === "started") {
      if (position < segment.read) told.set(key, compactStarted(payload.toString("utf8")));
      continue;
    }
    const started = told.get(key);
    told.delete(key);
    if (started && position >= segment.settled)
      found.push({ key, started, end: payload.toString("utf8"), position });
  }
  for (const [key, started] of told) found.push({ key, started, end: undefined, position: segment.size });
  return found;
}

/** The `started` records in this segment, by trace and span, of which no end can be read in it. */
export function startsWithoutEnd(segment: Segment): Map<string, EncodedRecord> {
  const open = new Map<string, EncodedRecord>();
  for (const { payload, key, type } of linesOf(segment)) {
    if (type === "started") open.set(key, compactStarted(payload.toString("utf8")));
    else open.delete(key);
  }
  return open;
}

/** A whole record in a segment; its bytes are valid until the next one is asked for. */
interface ReadLine extends Pick<RecordHead, "type"> {
  payload: Buffer;
  position: number;
  /** Of trace and span. */
  key: string;
}

/** The whole records of a segment, read again from its beginning; none when it cannot be read. */
function* linesOf(segment: Segment): Generator<ReadLine> {
  let fd: number;
  try {
    fd = segment.enter();
  } catch {
    return; // The file is gone, and with it what stood there.
  }
  try {
    const cursor = new LineCursor(0);
    for (let position = 0; ; ) {
      const line = cursor.next(segment.size);
      if (line === "end" || (line === "more" && !cursor.fillSync(fd, segment.size))) return;
      if (line === "more") continue;
      for (const payload of line.payloads) {
        const head = peekRecord(payload.toString("latin1", 0, 160));
        if (head) yield { payload, position, key: head.traceId + head.spanId, type: head.type };
      }
      position = line.end;
    }
  } finally {
    segment.leave();
  }
}
