import { existsSync, lstatSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { acquireDirectoryLock, type DirectoryLock, LOCK_FILE } from "../../lock/directory-lock.ts";
import { isAlien } from "../../lock/private-files.ts";
import type { EncodedRecord } from "../../record/record.ts";
import { CHECKPOINT_FILE, readCheckpoint } from "./checkpoint.ts";
import { DEAD_LETTER_FILE } from "./dead-letters.ts";
import { microsToIso, toInterrupted } from "./interrupted.ts";
import { OpenTraces } from "./open-traces.ts";
import { parseSegmentName, SEGMENT_FORMAT, segmentName } from "./segment.ts";
import { scanSegment } from "./segment-scan.ts";
import { directoryName, isDirectoryName, SpoolDirectory } from "./spool-directory.ts";
import { reasonOf } from "./trouble.ts";

/** A dead process's directory that is ours now. */
export interface Adopted {
  directory: SpoolDirectory;
  /** Spans that were in lines which cannot be read any more. */
  damagedSpans: number;
  /** What became of the traces that the dead process left open; none when somebody has dealt with them already. */
  interrupted: EncodedRecord[];
}

/** The names of directories below `root` that may be a process's; an absent root holds none. */
export function listDirectories(root: string): string[] {
  if (!existsSync(root)) return [];
  const entries = readdirSync(root, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && isDirectoryName(entry.name))
    .map((entry) => entry.name);
}

/**
 * Takes over one directory if its owner is dead: lock it, rename it, read it.
 *
 * Whoever dies in the middle leaves a directory that the next one takes over in the same way. Returns undefined when it
 * is not to be had: its owner lives, somebody else was first, or it holds nothing of ours.
 */
export async function adoptDirectory(
  root: string,
  name: string,
  warn: (message: string) => void,
): Promise<Adopted | undefined> {
  const claimed = claim(root, name, warn);
  if (!claimed) return undefined;
  try {
    return await readDirectory(claimed.path, claimed.lock);
  } catch (error) {
    claimed.lock.release();
    warn(
      `The spool directory ${name} of a dead process cannot be read (${reasonOf(error)}); it stays where it is.`,
    );
    return undefined;
  }
}

function claim(
  root: string,
  name: string,
  warn: (message: string) => void,
): { path: string; lock: DirectoryLock } | undefined {
  const path = join(root, name);
  let lock: DirectoryLock | undefined;
  try {
    const names = readdirSync(path);
    if (!names.some(isOurs)) return undefined;
    if (names.some((file) => (parseSegmentName(file)?.format ?? SEGMENT_FORMAT) > SEGMENT_FORMAT)) {
      warn(
        `The spool directory ${name} was written by a newer version of this library; it stays where it is.`,
      );
      return undefined;
    }
    if (isAlien(path, root)) {
      warn(
        `The spool directory ${name} may have been written by other users; it stays where it is. If it is yours, make it private with chmod -R go= ${path}, and give it to the user of ${root}.`,
      );
      return undefined;
    }
    lock = acquireDirectoryLock(path);
    if (!lock) return undefined;
    const target = join(root, directoryName());
    // Whoever opened the lock's file under the old name and gets the lock later finds that the name is gone.
    renameSync(path, target);
    return { path: target, lock };
  } catch (error) {
    lock?.release();
    if (existsSync(path))
      warn(`The spool directory ${name} cannot be taken over (${reasonOf(error)}); it stays where it is.`);
    return undefined;
  }
}

function isOurs(name: string): boolean {
  return (
    [LOCK_FILE, CHECKPOINT_FILE, DEAD_LETTER_FILE].includes(name) || parseSegmentName(name) !== undefined
  );
}

async function readDirectory(path: string, lock: DirectoryLock): Promise<Adopted> {
  const checkpoint = readCheckpoint(path);
  const sequences = listSegments(path);
  const diedAt = checkpoint?.diedAt ?? lastSignOfLife(path, sequences, checkpoint?.time);
  const interrupted = checkpoint?.interrupted ?? false;
  const directory = new SpoolDirectory(path, lock, new OpenTraces(diedAt), { diedAt, interrupted });
  for (const record of checkpoint?.open ?? []) directory.openTraces.note(record);
  directory.nextSequence = Math.max(checkpoint?.segment ?? 1, ...sequences.map((sequence) => sequence + 1));
  let damagedSpans = 0;
  for (const sequence of sequences) {
    if (checkpoint && sequence < checkpoint.segment) {
      rmSync(join(path, segmentName(sequence)), { force: true });
      continue;
    }
    const start = sequence === checkpoint?.segment ? checkpoint.offset : 0;
    const scanned = await scanSegment(path, sequence, start, directory.openTraces);
    directory.segments.push(scanned.segment);
    damagedSpans += scanned.damagedSpans;
  }
  // A line that was damaged since may be the end of one that nobody had to deal with; saying it of all again is harmless.
  if (interrupted && damagedSpans === 0) directory.openTraces.clear();
  return { directory, damagedSpans, interrupted: await interruptedOf(directory, diedAt) };
}

async function interruptedOf(directory: SpoolDirectory, diedAt: string): Promise<EncodedRecord[]> {
  const interrupted: EncodedRecord[] = [];
  let count = 0;
  for (const started of directory.openTraces.records()) {
    const record = toInterrupted(started, diedAt);
    if (record !== undefined) interrupted.push(record);
    count += 1;
    if (count % 64 === 0) await nextTurn();
  }
  return interrupted;
}

/** The newest of what the dead process wrote. */
function lastSignOfLife(
  path: string,
  sequences: readonly number[],
  checkpointTime: string | undefined,
): string {
  const newest = sequences.at(-1);
  const written =
    newest === undefined ? 0n : lstatSync(join(path, segmentName(newest)), { bigint: true }).mtimeNs / 1000n;
  const noted = BigInt(Date.parse(checkpointTime ?? "") || 0) * 1000n;
  const last = written > noted ? written : noted;
  return microsToIso(last > 0n ? last : BigInt(Date.now()) * 1000n);
}

/** Sequences of the segments in a directory, ascending. */
export function listSegments(path: string): number[] {
  const parsed = readdirSync(path).map(parseSegmentName);
  return parsed
    .filter((name) => name?.format === SEGMENT_FORMAT)
    .map((name) => name?.sequence ?? 0)
    .sort((a, b) => a - b);
}
