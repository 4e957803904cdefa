import { closeSync, fstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { payloadType } from "./line.ts";
import { type Line, LineCursor } from "./line-cursor.ts";
import type { OpenTraces } from "./open-traces.ts";
import { Segment, segmentName } from "./segment.ts";

const TYPE = /"type":"([a-z]+)"/g;

/** What is counted in a dead process's segment. */
export class SegmentScan {
  records = 0;
  spans = 0;
  /** Age of the oldest record that waits, by the wall clock. */
  oldestAgeMs = 0;
  /** Where the first line that is not settled begins. */
  start: number | undefined;
  #damagedSpans = 0;
  /** Lines in a row that cannot be read, and the spans among them. */
  #run: { heads: number; spans: number } | undefined;

  /**
   * Spans in lines that cannot be read. An estimate where it is not clear what a line was: damage can make two lines of
   * one, so lines in a row count by the heads of records among them, and as one span when there is none.
   */
  get damagedSpans(): number {
    if (!this.#run) return this.#damagedSpans;
    return this.#damagedSpans + (this.#run.heads > 0 ? this.#run.spans : 1);
  }

  /** Counts a line that is not settled. */
  add(line: Line): void {
    if (line.payloads.length === 0) {
      this.#addDamaged(line);
      return;
    }
    this.#damagedSpans = this.damagedSpans;
    this.#run = undefined;
    for (const payload of line.payloads) {
      if (this.records === 0) this.oldestAgeMs = ageOf(payload);
      this.records += 1;
      if (payloadType(payload) === "span") this.spans += 1;
    }
  }

  #addDamaged(line: Line): void {
    this.#run ??= { heads: 0, spans: 0 };
    for (const [, type] of line.raw.toString("latin1", 0, 64).matchAll(TYPE)) {
      this.#run.heads += 1;
      if (type !== "started" && type !== "interrupted") this.#run.spans += 1;
    }
  }
}

/**
 * Reads a dead process's segment: counts what waits from `start` on, and follows the open traces through all of it.
 *
 * A torn line at the end is what a crash in the middle of a write leaves: its call never returned, nobody was told that
 * it is safe, and it counts as nothing. A whole last line that lacks only its line break counts as what it is.
 */
export async function scanSegment(
  dir: string,
  sequence: number,
  start: number,
  openTraces: OpenTraces,
): Promise<{ segment: Segment; damagedSpans: number }> {
  const scan = new SegmentScan();
  const segment = new Segment(dir, sequence);
  const fd = openSync(join(dir, segmentName(sequence)), "r");
  try {
    const fileSize = fstatSync(fd).size;
    const cursor = new LineCursor(0);
    for (;;) {
      const line = cursor.next(fileSize);
      if (line === "end") break;
      if (line === "more") {
        if (await cursor.fill(fd, fileSize)) continue;
        break;
      }
      if (line.state === "torn") break;
      for (const payload of line.payloads) noteOpen(openTraces, payload, segment, line);
      if (line.end > start) {
        scan.start ??= segment.size;
        scan.add(line);
      }
      segment.size = line.end;
    }
  } finally {
    closeSync(fd);
  }
  segment.sealed = true;
  segment.records = scan.records;
  segment.spans = scan.spans;
  segment.settled = scan.start ?? segment.size;
  segment.read = segment.settled;
  segment.ages.add(0, performance.now() - scan.oldestAgeMs);
  return { segment, damagedSpans: scan.damagedSpans };
}

function noteOpen(openTraces: OpenTraces, payload: Buffer, segment: Segment, line: Line): void {
  const type = payloadType(payload);
  if (type === "span" && openTraces.size === 0) return;
  // Only a line that stands in the file as it was written can be read again by its place.
  const regular = line.state === "whole" && line.raw.length + 1 === line.end - segment.size;
  const text = type === "started" ? payload.toString("utf8") : payload.toString("latin1", 0, 160);
  openTraces.note(text, regular ? segment : undefined, segment.size, line.end);
}

/** How long ago a record's span ended, or began where it has not ended; 0 when its clock is ahead of ours. */
function ageOf(payload: Buffer): number {
  const text = payload.toString("latin1", 0, 4096);
  const time = /"end":"([^"]{20,30})"/.exec(text)?.[1] ?? /"start":"([^"]{20,30})"/.exec(text)?.[1];
  const age = Date.now() - Date.parse(time ?? "");
  return Number.isNaN(age) ? 0 : Math.max(0, age);
}
