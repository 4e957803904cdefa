import { existsSync, fdatasyncSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { probeDirectoryLock } from "../../lock/directory-lock.ts";
import { peekRecord } from "../../record/peek.ts";
import { listSegments } from "./adoption.ts";
import { CHECKPOINT_FILE, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { DEAD_LETTER_FILE, erasedLetter, lettersIn } from "./dead-letters.ts";
import { forEachDirectory } from "./each-directory.ts";
import { type FileLine, linesOfFile, withFile } from "./file-lines.ts";
import { erasedLine, NEWLINE, payloadType } from "./line.ts";
import { segmentName } from "./segment.ts";
import { lockIfDead } from "./spool-directory.ts";

/** What was erased from spools. */
export interface SpoolErasure {
  /** Records that waited, had been delivered a moment ago, or were kept for the case that a process dies. */
  records: number;
  deadLetters: number;
}

/** The first bytes of a line say whose it is. */
const HEAD_BYTES = 256;
const SPACE = 0x20;
/** `crc32hex` and a space, before the record. */
const PREFIX_BYTES = 9;
/** Cannot occur within a record, whose texts have their quotes escaped. */
const RECORD_HEAD = /\{"v":\d+,"type":"(?:started|span|interrupted)","trace_id":"([0-9a-f]{32})"/g;
/** In a line that is no JSON, or JSON within JSON. */
const TRACE_ID = /\\?"trace_id\\?":\\?"([0-9a-f]{32})/;

/**
 * Erases every record of these traces from a spool: overwrites its line where it stands, so that nothing moves and nobody
 * has to be stopped. A live owner passes over it, and counts the span as dropped for the reason `erased`; what it keeps in
 * memory, and from there in its checkpoint, is beyond reach. It may be cut short and done again.
 *
 * @throws when the disk refuses.
 */
export async function eraseFromSpool(root: string, traceIds: ReadonlySet<string>): Promise<SpoolErasure> {
  const erased: SpoolErasure = { records: 0, deadLetters: 0 };
  if (traceIds.size === 0) return erased;
  await forEachDirectory(root, async (path) => {
    // Nobody writes to a dead process's segments any more, not even whoever takes them over.
    const dead = probeDirectoryLock(path) === "free";
    for (const sequence of listSegments(path)) {
      const segment = join(path, segmentName(sequence));
      erased.records += (await withFile(segment, "r+", (fd) => eraseLines(fd, traceIds, dead))) ?? 0;
    }
    const letters = join(path, DEAD_LETTER_FILE);
    erased.deadLetters += (await withFile(letters, "r+", (fd) => eraseLetters(fd, traceIds, dead))) ?? 0;
    erased.records += eraseOpenTraces(path, traceIds);
  });
  return erased;
}

async function eraseLines(fd: number, traceIds: ReadonlySet<string>, dead: boolean): Promise<number> {
  let erased = 0;
  for await (const placed of linesOfFile(fd)) {
    if (!placed.ended && !dead) break;
    const erase = placed.line.state === "whole" ? eraseWhole : erasePieces;
    erased += erase(fd, placed, traceIds);
  }
  if (erased > 0) fdatasyncSync(fd);
  return erased;
}

function eraseWhole(fd: number, { line, start }: FileLine, traceIds: ReadonlySet<string>): number {
  const [payload] = line.payloads;
  if (!payload || !traceIds.has(peekRecord(payload.toString("latin1", 0, 160))?.traceId ?? "")) return 0;
  overwrite(fd, start, erasedLine(payloadType(payload) ?? "span", line.raw.length));
  return 1;
}

/** A damaged line may hold records of others, which can still be saved. */
function erasePieces(fd: number, { line, start }: FileLine, traceIds: ReadonlySet<string>): number {
  const heads = [...line.raw.toString("latin1").matchAll(RECORD_HEAD)];
  const starts = heads.map(({ index }) => Math.max(0, index - PREFIX_BYTES));
  let erased = 0;
  for (const [index, [, traceId = ""]] of heads.entries()) {
    if (!traceIds.has(traceId)) continue;
    const from = starts[index] as number;
    const to = starts[index + 1] ?? line.raw.length;
    overwrite(fd, start + from, Buffer.alloc(to - from, SPACE));
    erased += 1;
  }
  return erased;
}

function eraseLetters(fd: number, traceIds: ReadonlySet<string>, dead: boolean): number {
  const bytes = readFileSync(fd);
  let erased = 0;
  for (const { line, record, start, end } of lettersIn(bytes)) {
    const traceId = record === null ? TRACE_ID.exec(line)?.[1] : peekRecord(record)?.traceId;
    if (!traceIds.has(traceId ?? "")) continue;
    overwrite(fd, start, erasedLetter(end - start));
    erased += 1;
  }
  // Of a letter that a crash has cut off nobody will write the rest.
  const torn = bytes.subarray(bytes.lastIndexOf(NEWLINE) + 1);
  if (dead && traceIds.has(TRACE_ID.exec(torn.toString("latin1"))?.[1] ?? "")) {
    overwrite(fd, bytes.length - torn.length, Buffer.alloc(torn.length, SPACE));
    erased += 1;
  }
  if (erased > 0) fdatasyncSync(fd);
  return erased;
}

/** Takes traces out of what a dead process's checkpoint keeps; a live one's is written by its owner. */
function eraseOpenTraces(dir: string, traceIds: ReadonlySet<string>): number {
  const lock = lockIfDead(dir);
  if (!lock) return 0;
  try {
    // Left by a crash in the middle of replacing the file; what it was to replace is still there.
    for (const name of [CHECKPOINT_FILE, DEAD_LETTER_FILE]) rmSync(join(dir, `${name}.new`), { force: true });
    const checkpoint = readCheckpoint(dir);
    if (!checkpoint) {
      dropUnreadable(join(dir, CHECKPOINT_FILE), traceIds);
      return 0;
    }
    const open = checkpoint.open.filter((record) => !traceIds.has(peekRecord(record)?.traceId ?? ""));
    const erased = checkpoint.open.length - open.length;
    if (erased > 0) writeCheckpoint(dir, { ...checkpoint, open }, true);
    return erased;
  } finally {
    lock.release();
  }
}

/** A checkpoint that cannot be believed counts as none. */
function dropUnreadable(path: string, traceIds: ReadonlySet<string>): void {
  if (!existsSync(path)) return;
  const text = readFileSync(path, "latin1");
  const named = text.matchAll(new RegExp(TRACE_ID, "g"));
  if ([...named].some(([, traceId = ""]) => traceIds.has(traceId))) rmSync(path, { force: true });
}

/** The head goes last: whoever is cut short in between finds the line again. */
function overwrite(fd: number, position: number, bytes: Buffer): void {
  writeAt(fd, bytes.subarray(HEAD_BYTES), position + HEAD_BYTES);
  writeAt(fd, bytes.subarray(0, HEAD_BYTES), position);
}

function writeAt(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    const count = writeSync(fd, bytes, done, bytes.length - done, position + done);
    if (count === 0) throw new Error("the disk takes no more bytes");
    done += count;
  }
}
