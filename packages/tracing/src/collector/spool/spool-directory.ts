import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, rmdirSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { acquireDirectoryLock, type DirectoryLock, LOCK_FILE } from "../../lock/directory-lock.ts";
import { makeDirectory } from "../../lock/make-directory.ts";
import { CHECKPOINT_FILE, type Checkpoint, writeCheckpoint } from "./checkpoint.ts";
import { countDeadLetters, DEAD_LETTER_FILE } from "./dead-letters.ts";
import type { LostEnd, OpenTraces } from "./open-traces.ts";
import type { Segment } from "./segment.ts";

const ATTEMPTS = 5;

/** A name that no other spool has or ever had: process, thread, chance. */
export function directoryName(): string {
  return `${process.pid}-${threadId}-${randomBytes(6).toString("hex")}`;
}

/** Whether a directory's name is one that {@link directoryName} gives. */
export function isDirectoryName(name: string): boolean {
  return /^\d+-\d+-[0-9a-f]{12}$/.test(name);
}

/** What a checkpoint holds only for readers outside of this process. */
export type ToldOutside = Pick<Checkpoint, "ledger" | "maxBytes">;

/** What is known of a directory that was taken over from a dead process. */
export interface Inheritance {
  /** The dead process's last sign of life. */
  diedAt: string;
  /** Whether its open traces are dealt with; until then its checkpoint keeps them. */
  interrupted: boolean;
}

/** One locked directory of segments with its checkpoint: the process's own, or one taken over. */
export class SpoolDirectory {
  readonly path: string;
  readonly segments: Segment[] = [];
  readonly openTraces: OpenTraces;
  readonly inheritance: Inheritance | undefined;
  /** Sequence of the segment that comes next. */
  nextSequence = 1;
  /** Something changed since the last checkpoint. */
  dirty = false;
  readonly #lock: DirectoryLock;

  constructor(path: string, lock: DirectoryLock, openTraces: OpenTraces, inheritance?: Inheritance) {
    this.path = path;
    this.openTraces = openTraces;
    this.#lock = lock;
    this.inheritance = inheritance;
  }

  /** Makes and locks a directory below `root`. @throws when the disk refuses. */
  static create(root: string, openTraces: OpenTraces): SpoolDirectory {
    makeDirectory(root);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const path = join(root, directoryName());
      mkdirSync(path, { mode: 0o700 });
      // Until it is locked, a process that looks for dead owners may take it for one of theirs.
      const lock = lockNewborn(path);
      if (lock) return new SpoolDirectory(path, lock, openTraces);
    }
    throw new Error("every new spool directory was taken by another process");
  }

  /** Bytes of all its segments. */
  get bytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.size, 0);
  }

  /** Segments at the front that nobody needs any more. */
  doneSegments(): Segment[] {
    const live = this.segments.findIndex((segment) => !segment.done);
    return this.segments.slice(0, live < 0 ? this.segments.length : live);
  }

  /** Writes what the next owner has to know. @throws when the disk refuses. */
  checkpoint(told: ToldOutside, sync: boolean): void {
    const first = this.segments[0];
    const checkpoint: Checkpoint = {
      time: new Date().toISOString(),
      segment: first?.sequence ?? this.nextSequence,
      offset: first?.dealtWith ?? 0,
      open: this.openTraces.held(),
      ...told,
    };
    writeCheckpoint(this.path, { ...checkpoint, ...this.inheritance }, sync);
    this.dirty = false;
  }

  /**
   * Takes a segment out of the list, keeping what is still needed of it; {@link discard} then deletes the file. Returns the
   * ends of traces that are lost with it.
   */
  detach(segment: Segment): LostEnd[] {
    const index = this.segments.indexOf(segment);
    if (index < 0) return [];
    this.segments.splice(index, 1);
    this.dirty = true;
    return this.openTraces.leaveSegment(segment);
  }

  /** Deletes a segment's file. @throws when the disk refuses. */
  discard(segment: Segment): void {
    segment.removed = true;
    segment.close();
    rmSync(segment.path, { force: true });
  }

  /** Deletes the directory if nothing but its own files is in it, then gives up the lock. @throws when the disk refuses. */
  remove(): void {
    try {
      for (const name of [CHECKPOINT_FILE, `${CHECKPOINT_FILE}.new`])
        rmSync(join(this.path, name), { force: true });
      // All that it may still hold is erased.
      if (countDeadLetters(this.path) === 0) rmSync(join(this.path, DEAD_LETTER_FILE), { force: true });
      unlinkSync(join(this.path, LOCK_FILE));
      rmdirSync(this.path);
    } finally {
      this.#lock.release();
    }
  }

  /** Gives up the lock and leaves the files to whoever comes next. */
  release(): void {
    for (const segment of this.segments) segment.close();
    this.#lock.release();
  }
}

/** The lock of a directory whose owner is dead; undefined while it lives, or when there is nothing to lock. */
export function lockIfDead(path: string): DirectoryLock | undefined {
  try {
    return acquireDirectoryLock(path);
  } catch {
    return undefined; // Gone, or not to be locked: whatever is done next says which.
  }
}

function lockNewborn(path: string): DirectoryLock | undefined {
  try {
    return acquireDirectoryLock(path);
  } catch (error) {
    // Taken, found empty and removed again by another process, all in between.
    if (!existsSync(path)) return undefined;
    throw error;
  }
}
