import { appendFileSync, closeSync, fstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { erasedType, payloadType } from "./line.ts";
import { type Line, LineCursor } from "./line-cursor.ts";
import type { OpenTraces } from "./open-traces.ts";
import { Segment, segmentName } from "./segment.ts";

const TYPE = /"type":"([a-z]+)"/g;

/** What is counted in a dead process's segment. */
export class SegmentScan {
  records = 0;
  spans = 0;
  /** Lines whose record is erased, and the spans among them. */
  erasedRecords = 0;
  erasedSpans = 0;
  /** Age of the oldest record that waits, by the wall clock. */
  oldestAgeMs = 0;
  /** Where the first line that is not settled begins. */
  start: number | undefined;
  #damagedSpans = 0;
  /** Lines in a row that cannot be read, and the spans among them. */
  #run: Heads | undefined;

  /**
   * Spans that cannot be read. An estimate where it is not clear what a line was: damage can make two lines of one, and
   * one of two, so lines in a row count by the heads of records among them, and as one span when there is none.
   */
  get damagedSpans(): number {
    if (!this.#run) return this.#damagedSpans;
    return this.#damagedSpans + (this.#run.heads > 0 ? this.#run.spans : 1);
  }

  /** Counts a line that is not settled. */
  add(line: Line): void {
    if (line.state === "erased") return this.#addErased(line);
    const lost = line.state === "damaged" ? lostIn(line) : NONE;
    if (line.payloads.length === 0) {
      this.#run = {
        heads: (this.#run?.heads ?? 0) + lost.heads,
        spans: (this.#run?.spans ?? 0) + lost.spans,
      };
      return;
    }
    this.#damagedSpans = this.damagedSpans + lost.spans;
    this.#run = undefined;
    for (const payload of line.payloads) {
      if (this.records === 0) this.oldestAgeMs = ageOf(payload);
      this.records += 1;
      if (payloadType(payload) === "span") this.spans += 1;
    }
  }

  #addErased({ raw }: Line): void {
    this.#damagedSpans = this.damagedSpans;
    this.#run = undefined;
    this.erasedRecords += 1;
    if (erasedType(raw) === "span") this.erasedSpans += 1;
  }
}

/** Heads of records, and those of spans among them. */
interface Heads {
  heads: number;
  spans: number;
}

const NONE: Heads = { heads: 0, spans: 0 };

/** What can be told of the records in a damaged line that cannot be read any more. */
function lostIn({ raw, payloads }: Line): Heads {
  const lost = headsIn(raw);
  for (const payload of payloads) {
    const { heads, spans } = headsIn(payload);
    lost.heads -= heads;
    lost.spans -= spans;
  }
  return lost;
}

/** A head cannot occur within a record, whose texts have their quotes escaped. */
function headsIn(bytes: Buffer): Heads {
  const types = [...bytes.toString("latin1").matchAll(TYPE)].map(([, type]) => type);
  const spans = types.filter((type) => type !== "started" && type !== "interrupted");
  return { heads: types.length, spans: spans.length };
}

/**
 * Reads a dead process's segment: counts what waits from `start` on, and follows the open traces through all of it.
 *
 * A torn line at the end is what a crash in the middle of a write leaves: its call never returned, nobody was told that
 * it is safe, and it counts as nothing. A whole last line that lacks only its line break counts as what it is, and gets
 * one: if it is damaged later, nobody takes it for a torn one.
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
      const end = lacksLineBreak(line, segment.size) && addLineBreak(segment.path) ? line.end + 1 : line.end;
      for (const payload of line.payloads) noteOpen(openTraces, payload, segment, { ...line, end });
      if (line.end > start) {
        scan.start ??= segment.size;
        scan.add(line);
        if (line.state !== "whole") segment.knowDamage(segment.size);
      }
      segment.size = end;
    }
  } finally {
    closeSync(fd);
  }
  segment.sealed = true;
  // Whoever reads on counts what was erased as dropped, so it counts among what is taken over.
  segment.records = scan.records + scan.erasedRecords;
  segment.spans = scan.spans + scan.erasedSpans;
  segment.settled = scan.start ?? segment.size;
  segment.read = segment.settled;
  segment.ages.add(0, performance.now() - scan.oldestAgeMs);
  return { segment, damagedSpans: scan.damagedSpans };
}

function lacksLineBreak({ state, raw, end }: Line, start: number): boolean {
  return state === "whole" && raw.length === end - start;
}

/** Whether the disk takes it; the line can be read without. */
function addLineBreak(path: string): boolean {
  try {
    appendFileSync(path, "\n");
    return true;
  } catch {
    return false;
  }
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
