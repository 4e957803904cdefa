import { closeSync, fdatasyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { EncodedRecord } from "../../record/record.ts";
import { decodeLine, encodeLine, NEWLINE } from "./line.ts";

/** Has the form of a segment's line, so that damage is seen. */
export const CHECKPOINT_FILE = "checkpoint.ndjson";
const CHECKPOINT_FORMAT = 1;

/** What the next owner of a directory has to know. */
export interface Checkpoint {
  /** When it was written, ISO 8601. */
  time: string;
  /** Everything before this position is dealt with. */
  segment: number;
  offset: number;
  /** `started` records of open traces that stand in no segment any more. */
  open: EncodedRecord[];
  /** What became of every span, as far as the owner of the spool says. */
  ledger: Record<string, unknown>;
  /** Bytes the whole spool of its owner may take. */
  maxBytes?: number;
  /** Last sign of life of the process that wrote the segments; set when somebody else has taken them over. */
  diedAt?: string;
  /** `interrupted` records of its open traces are in somebody's spool already. */
  interrupted?: boolean;
}

/** Replaces the checkpoint in one step. @throws when the disk refuses. */
export function writeCheckpoint(dir: string, checkpoint: Checkpoint, sync: boolean): void {
  const line = encodeLine(JSON.stringify({ v: CHECKPOINT_FORMAT, ...checkpoint }));
  const path = join(dir, CHECKPOINT_FILE);
  const temporary = `${path}.new`;
  const fd = openSync(temporary, "w", 0o600);
  try {
    writeAll(fd, line);
    if (sync) fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
}

// For want of these a checkpoint that is there would be taken for none, and its open traces would be forgotten.
const PASSING = ["EMFILE", "ENFILE", "EACCES", "EIO"];

/**
 * The checkpoint of a directory; undefined when there is none, or none that can be believed.
 *
 * @throws when it cannot be read for a reason that may pass.
 */
export function readCheckpoint(dir: string): Checkpoint | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(dir, CHECKPOINT_FILE));
  } catch (error) {
    if (PASSING.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return undefined;
  }
  const payload = decodeLine(bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes);
  const value = payload && parse(payload.toString("utf8"));
  return isCheckpoint(value) ? value : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes all of `bytes`, going on after short writes. @throws when the disk refuses the rest. */
export function writeAll(fd: number, bytes: Buffer): void {
  let done = 0;
  while (done < bytes.length) {
    const count = writeSync(fd, bytes, done, bytes.length - done);
    if (count === 0) throw new Error("the disk takes no more bytes");
    done += count;
  }
}

function isCheckpoint(value: unknown): value is Checkpoint {
  if (typeof value !== "object" || value === null) return false;
  const { v, segment, offset, open } = value as Partial<Checkpoint> & { v?: unknown };
  return (
    v === CHECKPOINT_FORMAT &&
    Number.isSafeInteger(segment) &&
    Number.isSafeInteger(offset) &&
    Array.isArray(open) &&
    open.every((record) => typeof record === "string")
  );
}
