import { closeSync, fstatSync, openSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { peekRecord } from "../../record/peek.ts";
import type { EncodedRecord } from "../../record/record.ts";
import { writeAll } from "./checkpoint.ts";
import { NEWLINE } from "./line.ts";

export const DEAD_LETTER_FILE = "dead-letter.ndjson";

const ERASED = Buffer.from("erased");
/** Or nothing. */
const ERASED_LINE = /^(?:erased)? *$/;

/** Past this size no more dead letters are kept; they are still counted. */
const MAX_BYTES = 64 * 1024 * 1024;

/** A record that no backend will ever take, and why. */
export interface DeadLetter {
  record: EncodedRecord;
  reason: string;
}

/** Appends one line `{ time, reason, record }` each; returns false when the file is full. @throws when the disk refuses. */
export function writeDeadLetters(dir: string, letters: readonly DeadLetter[]): boolean {
  const time = new Date().toISOString();
  const lines = letters.map(
    ({ record, reason }) => `${JSON.stringify({ time, reason, record: asJson(record) })}\n`,
  );
  return appendBytes(dir, Buffer.from(lines.join("")));
}

/** Moves a dead owner's letters to `dir`; a crash in the middle leaves them twice rather than not at all. @throws when the disk refuses. */
export function inheritDeadLetters(from: string, dir: string): boolean {
  const source = join(from, DEAD_LETTER_FILE);
  const size = fileSize(source);
  if (size === 0) return true;
  if (countDeadLetters(from) === 0) {
    rmSync(source, { force: true });
    return true;
  }
  if (fileSize(join(dir, DEAD_LETTER_FILE)) === 0) {
    renameSync(source, join(dir, DEAD_LETTER_FILE));
    return true;
  }
  if (!appendBytes(dir, readFileSync(source))) return false;
  // Somebody may have taken them away to be sent again, in the same moment.
  rmSync(source, { force: true });
  return true;
}

/** A line of a file of dead letters. */
export interface KeptLetter {
  /** As it stands there. */
  line: string;
  /** When it was given up, ISO 8601; null when the line cannot be read, as are the others then. */
  time: string | null;
  reason: string | null;
  record: EncodedRecord | null;
}

/** A line of a file of dead letters and where it stands, without its line break. */
export interface PlacedLetter extends KeptLetter {
  start: number;
  end: number;
}

/** The lines of a file of dead letters that are ended, but for those that are erased. */
export function* lettersIn(bytes: Buffer): Generator<PlacedLetter> {
  for (const { start, end } of lineRanges(bytes)) {
    yield { ...toKeptLetter(bytes.toString("utf8", start, end)), start, end };
  }
}

/** What stands in the place of a dead letter that was erased. */
export function erasedLetter(length: number): Buffer {
  const bytes = Buffer.alloc(length, " ");
  ERASED.copy(bytes);
  return bytes;
}

/** The dead letters of a directory in the order in which they were given up; disturbs nobody. */
export function readDeadLetters(dir: string): KeptLetter[] {
  if (fileSize(join(dir, DEAD_LETTER_FILE)) === 0) return [];
  const lines = readFileSync(join(dir, DEAD_LETTER_FILE), "utf8").split("\n");
  return lines.filter((line) => !ERASED_LINE.test(line)).map(toKeptLetter);
}

function toKeptLetter(line: string): KeptLetter {
  const unreadable = { line, time: null, reason: null, record: null };
  const letter = parse(line);
  if (typeof letter !== "object" || letter === null) return unreadable;
  const { time, reason, record } = letter as Record<string, unknown>;
  if (typeof time !== "string" || typeof reason !== "string") return unreadable;
  const encoded = typeof record === "string" ? record : JSON.stringify(record);
  return { line, time, reason, record: peekRecord(encoded ?? "") ? encoded : null };
}

/** How many dead letters a directory holds. */
export function countDeadLetters(dir: string): number {
  if (fileSize(join(dir, DEAD_LETTER_FILE)) === 0) return 0;
  return [...lineRanges(readFileSync(join(dir, DEAD_LETTER_FILE)))].length;
}

function* lineRanges(bytes: Buffer): Generator<{ start: number; end: number }> {
  for (let start = 0, end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    if (!bytes.subarray(start, start + ERASED.length).equals(ERASED)) yield { start, end };
    start = end + 1;
  }
}

function appendBytes(dir: string, bytes: Buffer): boolean {
  const path = join(dir, DEAD_LETTER_FILE);
  if (fileSize(path) + bytes.length > MAX_BYTES) return false;
  const fd = openSync(path, "a", 0o600);
  let moved: boolean;
  try {
    writeAll(fd, bytes);
    moved = statSync(path, { throwIfNoEntry: false })?.ino !== fstatSync(fd).ino;
  } finally {
    closeSync(fd);
  }
  // Taken away to be sent again before it was written to, and perhaps after it was read.
  return moved ? appendBytes(dir, bytes) : true;
}

function fileSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The record as JSON where it is JSON, so that a person can read it. */
function asJson(record: EncodedRecord): unknown {
  return parse(record) ?? record;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
