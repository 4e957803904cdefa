import { crc32 } from "node:zlib";
import type { EncodedRecord, RecordType } from "../../record/record.ts";

/** `crc32hex`, space. */
const PREFIX_BYTES = 9;
const SPACE = 0x20;
export const NEWLINE = 0x0a;

/** Longest line that is read; what claims to be longer is damage, and is passed over without being held in memory. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;

const INITIAL_BYTES = 64 * 1024;
const KEPT_BYTES = 1024 * 1024;

/** Lines of one call, ready to be written; valid until the next call. */
export interface EncodedLines {
  bytes: Buffer;
  /** Where each line ends. */
  ends: number[];
}

/** Writes records as lines into one buffer that is reused between calls. */
export class LineEncoder {
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);

  encode(records: readonly EncodedRecord[]): EncodedLines {
    let room = 0;
    for (const record of records) room += PREFIX_BYTES + 1 + record.length * 3;
    if (this.#buffer.length < room) this.#buffer = Buffer.allocUnsafeSlow(room);
    const buffer = this.#buffer;
    const ends: number[] = [];
    let end = 0;
    for (const record of records) {
      end = writeLine(buffer, end, record);
      ends.push(end);
    }
    // One huge burst must not be paid for ever after.
    if (buffer.length > KEPT_BYTES) this.#buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
    return { bytes: buffer.subarray(0, end), ends };
  }
}

/** One record as one line, for files that are written whole. */
export function encodeLine(record: EncodedRecord): Buffer {
  const buffer = Buffer.allocUnsafe(PREFIX_BYTES + 1 + record.length * 3);
  return buffer.subarray(0, writeLine(buffer, 0, record));
}

function writeLine(buffer: Buffer, at: number, record: EncodedRecord): number {
  const start = at + PREFIX_BYTES;
  // JSON allows a raw line break only between tokens, where a space means the same.
  const text = record.includes("\n") ? record.replaceAll("\n", " ") : record;
  const end = start + buffer.write(text, start, "utf8");
  const crc = crc32(buffer.subarray(start, end));
  buffer.write(crc.toString(16).padStart(8, "0"), at, 8, "latin1");
  buffer[at + 8] = SPACE;
  buffer[end] = NEWLINE;
  return end + 1;
}

/** The JSON bytes of a line (without its line break), or undefined when the line is damaged. */
export function decodeLine(line: Buffer): Buffer | undefined {
  if (line.length <= PREFIX_BYTES || line[8] !== SPACE) return undefined;
  let expected = 0;
  for (let index = 0; index < 8; index++) {
    const digit = hexDigit(line[index] as number);
    if (digit < 0) return undefined;
    expected = expected * 16 + digit;
  }
  const payload = line.subarray(PREFIX_BYTES);
  return crc32(payload) === expected ? payload : undefined;
}

const LINE_HEAD = /[0-9a-f]{8} \{"v":/g;

/**
 * What a damaged line still holds whole: a damaged line break joins two lines, and both are intact.
 *
 * Inside a record every quote of a text value is escaped, so the head of a line cannot occur within one.
 */
export function salvage(line: Buffer): Buffer[] {
  const found: Buffer[] = [];
  const heads = [...line.toString("latin1").matchAll(LINE_HEAD)].map((match) => match.index);
  for (const [index, head] of heads.entries()) {
    const piece = line.subarray(head, heads[index + 1] ?? line.length);
    const whole = decodeLine(piece) ?? decodeLine(piece.subarray(0, -1));
    if (whole) found.push(whole);
  }
  return found;
}

const ERASED = "erased";
const ERASED_LINE = /^erased (started|span|interrupted) *$/;

/**
 * What stands in the place of an erased line, without its line break: of the same length, so that nothing moves. It is
 * never a line of a record, and not taken for damage.
 */
export function erasedLine(type: RecordType, length: number): Buffer {
  return Buffer.from(`${ERASED} ${type}`.padEnd(length).slice(0, length), "latin1");
}

/** The type of the record that was erased from a line; undefined when the line is something else. */
export function erasedType(line: Buffer): RecordType | undefined {
  if (line.toString("latin1", 0, ERASED.length) !== ERASED) return undefined;
  return ERASED_LINE.exec(line.toString("latin1"))?.[1] as RecordType | undefined;
}

const TYPE = /^\{"v":\d+,"type":"(started|span|interrupted)"/;

/** The type of a record, which is all that is counted; cheaper than reading the ids too. */
export function recordType(record: EncodedRecord): RecordType | undefined {
  return TYPE.exec(record.length > 48 ? record.slice(0, 48) : record)?.[1] as RecordType | undefined;
}

/** The same for a record's bytes. */
export function payloadType(payload: Buffer): RecordType | undefined {
  return recordType(payload.toString("latin1", 0, 48));
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  return -1;
}
