import { closeSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import type { EncodedRecord } from "../../record/record.ts";
import { listSegments } from "./adoption.ts";
import { type Checkpoint, readCheckpoint } from "./checkpoint.ts";
import { type Line, LineCursor } from "./line-cursor.ts";
import { segmentName } from "./segment.ts";

/** The first records of a directory that its checkpoint does not count as dealt with; disturbs nobody. */
export function readWaitingRecords(path: string, limit: number): EncodedRecord[] {
  const records: EncodedRecord[] = [];
  for (const { payloads } of waitingLines(path, readCheckpoint(path))) {
    for (const payload of payloads) if (records.length < limit) records.push(payload.toString("utf8"));
    if (records.length >= limit) break;
  }
  return records;
}

/** The lines behind a checkpoint, oldest first; each is valid until the next one is asked for. */
export function* waitingLines(path: string, checkpoint: Checkpoint | undefined): Generator<Line> {
  for (const sequence of listSegments(path)) {
    if (checkpoint && sequence < checkpoint.segment) continue;
    const segment = join(path, segmentName(sequence));
    const size = statSync(segment, { throwIfNoEntry: false })?.size ?? 0;
    const start = sequence === checkpoint?.segment ? Math.min(checkpoint.offset, size) : 0;
    if (size > start) yield* linesOf(segment, start, size);
  }
}

function* linesOf(path: string, start: number, size: number): Generator<Line> {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return; // Delivered and deleted since it was listed.
    throw error;
  }
  try {
    const cursor = new LineCursor(start);
    for (;;) {
      const line = cursor.next(size);
      if (line === "end" || (line === "more" && !cursor.fillSync(fd, size))) return;
      if (line !== "more" && line.state !== "torn") yield line;
    }
  } finally {
    closeSync(fd);
  }
}
