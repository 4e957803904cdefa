import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/** A record's line as the documentation describes it, a character a byte: 8 hex digits of CRC-32, a space, JSON. */
export function toLine(record: string): string {
  const crc = crc32(record).toString(16).padStart(8, "0");
  return Buffer.from(`${crc} ${record}`).toString("latin1");
}

/** Where a record's bytes stand. */
export interface FoundLine {
  /** Name of the directory. */
  dir: string;
  segment: number;
  start: number;
  end: number;
  /** Its line break included. */
  whole: boolean;
}

export interface SegmentFile {
  dir: string;
  segment: number;
  path: string;
  bytes: Buffer;
}

/** All segments below a root, by directory, oldest first. */
export function readSegments(root: string): SegmentFile[] {
  return readdirSync(root)
    .sort()
    .flatMap((dir) => {
      const names = readdirSync(join(root, dir)).filter((name) => /^segment-\d{10}\.v1\.ndjson$/.test(name));
      return names.sort().map((name) => {
        const path = join(root, dir, name);
        return { dir, segment: Number(name.slice(8, 18)), path, bytes: readFileSync(path) };
      });
    });
}

/** Replaces one byte of a file that others have open. */
export function spoilByte({ path, bytes }: SegmentFile, at: number, change: (byte: number) => number): void {
  const fd = openSync(path, "r+");
  writeSync(fd, Buffer.from([change(bytes[at] as number)]), 0, 1, at);
  closeSync(fd);
}

/** Finds records, by the text of each, by their bytes alone: a reader that shares nothing with the library's. */
export function findLines(
  segments: readonly SegmentFile[],
  ids: ReadonlyMap<string, number>,
): Map<number, FoundLine> {
  const found = new Map<number, FoundLine>();
  for (const { dir, segment, bytes } of segments) {
    const text = bytes.toString("latin1");
    for (let start = 0, end = 0; start < text.length; start = end + 1) {
      const next = text.indexOf("\n", start);
      end = next < 0 ? text.length : next;
      const piece = text.slice(start, end);
      for (const [id, at, length] of recordsIn(piece, ids)) {
        if (found.has(id)) throw new Error(`record ${id} stands twice on the disk`);
        const whole = next >= 0 && at + length === piece.length;
        found.set(id, { dir, segment, start: start + at, end: start + at + length + 1, whole });
      }
    }
  }
  return found;
}

/** Id, place and length of what stands between two line breaks: a record, or several if a line break was spoiled. */
function recordsIn(piece: string, ids: ReadonlyMap<string, number>): [number, number, number][] {
  const id = ids.get(piece);
  if (id !== undefined) return [[id, 0, piece.length]];
  const contained = [...ids].filter(([line]) => piece.includes(line));
  return contained.map(([line, each]) => [each, piece.indexOf(line), line.length]);
}

export interface Position {
  segment: number;
  offset: number;
}

/** Where a directory's checkpoint says that reading goes on; undefined when it has none that is intact. */
export function readPosition(dir: string): Position | undefined {
  const path = join(dir, "checkpoint.ndjson");
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, "latin1").replace(/\n$/, "");
  const json = Buffer.from(text.slice(9), "latin1");
  if (text.slice(0, 8) !== crc32(json).toString(16).padStart(8, "0")) return undefined;
  const { segment, offset } = JSON.parse(json.toString("utf8"));
  return { segment, offset };
}

/** Whether a line reaches beyond a position; all do where there is none. */
export function isBeyond({ segment, end }: FoundLine, position: Position | undefined): boolean {
  if (position === undefined || segment > position.segment) return true;
  return segment === position.segment && end > position.offset;
}

/** In the order in which a directory is read. */
export function byPlace(a: FoundLine, b: FoundLine): number {
  return a.segment - b.segment || a.start - b.start;
}
