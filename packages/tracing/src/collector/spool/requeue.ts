import { closeSync, fdatasyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EncodedRecord } from "../../record/record.ts";
import { writeAll, writeCheckpoint } from "./checkpoint.ts";
import { DEAD_LETTER_FILE, type KeptLetter, readDeadLetters } from "./dead-letters.ts";
import { encodeLine } from "./line.ts";
import { OpenTraces } from "./open-traces.ts";
import { segmentName } from "./segment.ts";
import { lockIfDead, SpoolDirectory } from "./spool-directory.ts";

/** What was put back. */
export interface Requeued {
  records: number;
  /** Lines that hold no record; they stay dead letters. */
  unreadable: number;
}

/** One record that is larger has a segment of its own. */
const SEGMENT_BYTES = 4 * 1024 * 1024;

/**
 * Makes records of a directory's dead letters that wait again: in a new directory, as a dead process would leave them, for
 * whoever takes over next.
 *
 * It may be done while the owner lives, who goes on with a new file of dead letters: this one is taken away by renaming
 * it, and whoever was about to write to it writes to the new one. Whenever it is cut short, every record is among the
 * dead letters or waits, or both.
 *
 * @throws when the disk refuses.
 */
export function requeueDeadLetters(root: string, name: string): Requeued {
  // Of a dead process's directory nobody else disposes meanwhile; a live one's is its owner's, and stays so.
  const lock = lockIfDead(join(root, name));
  const target = SpoolDirectory.create(root, new OpenTraces());
  try {
    if (!takeAway(join(root, name), target.path)) {
      target.remove();
      return { records: 0, unreadable: 0 };
    }
    const requeued = putBack(target.path);
    target.release();
    return requeued;
  } catch (error) {
    target.release();
    throw error;
  } finally {
    lock?.release();
  }
}

/** Whether there was something to take. */
function takeAway(from: string, to: string): boolean {
  try {
    renameSync(join(from, DEAD_LETTER_FILE), join(to, DEAD_LETTER_FILE));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

function putBack(dir: string): Requeued {
  const letters = readDeadLetters(dir);
  const records = letters.map(({ record }) => record).filter((record) => record !== null);
  const now = new Date().toISOString().replace("Z", "000Z");
  // Says before there are any that nobody died over the runs whose start is among them.
  const inherited = { diedAt: now, interrupted: true };
  writeCheckpoint(dir, { time: now, segment: 1, offset: 0, open: [], ledger: {}, ...inherited }, true);
  for (const [index, lines] of segmentsOf(records).entries())
    writeSynced(join(dir, segmentName(index + 1)), lines);
  keepUnreadable(dir, letters);
  return { records: records.length, unreadable: letters.length - records.length };
}

function segmentsOf(records: readonly EncodedRecord[]): Buffer[][] {
  const segments: Buffer[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const line of records.map(encodeLine)) {
    if (bytes + line.length > SEGMENT_BYTES) {
      segments.push([]);
      bytes = 0;
    }
    segments.at(-1)?.push(line);
    bytes += line.length;
  }
  return segments;
}

function writeSynced(path: string, lines: readonly Buffer[]): void {
  const fd = openSync(path, "wx", 0o600);
  try {
    for (const line of lines) writeAll(fd, line);
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function keepUnreadable(dir: string, letters: readonly KeptLetter[]): void {
  const path = join(dir, DEAD_LETTER_FILE);
  const unreadable = letters.filter(({ record }) => record === null);
  if (unreadable.length === 0) return rmSync(path);
  writeFileSync(`${path}.new`, unreadable.map(({ line }) => `${line}\n`).join(""), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
