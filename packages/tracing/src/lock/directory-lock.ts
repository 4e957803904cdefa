import { chmodSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { loadSqlite } from "./sqlite.ts";

/** Name of the lock's file. Never open it by other means: closing any descriptor of it drops its owner's lock. */
export const LOCK_FILE = "lock";

const SQLITE_BUSY = 5;
const SQLITE_CANTOPEN = 14;

/** What {@link probeDirectoryLock} finds. */
export type LockState = "held" | "free" | "absent";

/** A directory owned by this process (and thread) until it is released or the process ends, however it ends. */
export interface DirectoryLock {
  /** Gives the directory up; calling it again does nothing. */
  release(): void;
}

// A connection that is garbage-collected gives up its lock, so those in force are kept reachable here.
const held = new Set<DatabaseSync>();

/**
 * Takes a directory for this process, or returns undefined when a live owner has it.
 *
 * The lock is SQLite's on an empty file in the directory: the kernel releases it when the process dies, and it tells
 * worker threads of one process apart. It stays in force when the directory is renamed. The directory must exist.
 *
 * @throws when the directory cannot be written to, or its file system has no locks.
 */
export function acquireDirectoryLock(dir: string): DirectoryLock | undefined {
  const path = join(dir, LOCK_FILE);
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(path);
  try {
    // RESERVED first: of any number of contenders exactly one gets it. An exclusive lock outright can fail for all.
    database.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; BEGIN IMMEDIATE; ROLLBACK");
    // A directory that was removed while its lock was being taken leaves us with the lock of a file nobody can find.
    statSync(path);
    chmodSync(path, 0o600);
  } catch (error) {
    database.close();
    if (sqliteCode(error) === SQLITE_BUSY) return undefined;
    throw error;
  }
  excludeReaders(database);
  held.add(database);
  return {
    release() {
      if (held.delete(database)) database.close();
    },
  };
}

/**
 * Whether a live process holds a directory's lock; never takes it away from anyone who is about to.
 *
 * @throws when the lock's file cannot be read.
 */
export function probeDirectoryLock(dir: string): LockState {
  const path = join(dir, LOCK_FILE);
  if (!existsSync(path)) return "absent";
  const { DatabaseSync } = loadSqlite();
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      database.exec("SELECT 1 FROM sqlite_master");
    } finally {
      database.close();
    }
    return "free";
  } catch (error) {
    if (sqliteCode(error) === SQLITE_BUSY) return "held";
    if (sqliteCode(error) === SQLITE_CANTOPEN && !existsSync(path)) return "absent";
    throw error;
  }
}

/** Goes on from RESERVED to EXCLUSIVE, which is what a probe's shared lock collides with. */
function excludeReaders(database: DatabaseSync): void {
  try {
    database.exec("PRAGMA busy_timeout=200; BEGIN EXCLUSIVE");
  } catch (error) {
    // A reader that does not let go keeps probes from seeing the lock, and nothing else: RESERVED is exclusive too.
    if (sqliteCode(error) !== SQLITE_BUSY) throw error;
  }
}

function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error ? (error as Error & { errcode?: unknown }).errcode : undefined;
  return typeof code === "number" ? code & 0xff : undefined;
}
