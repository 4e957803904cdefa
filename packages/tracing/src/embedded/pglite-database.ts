import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { makePrivate } from "../lock/private-files.ts";

const SETTINGS = {
  // Most of the default of 128 MB would only sit in this process's memory; the kernel caches the files all the same.
  shared_buffers: "16MB",
  // With more, WebAssembly's own stack is used up first, and nothing reports that.
  max_stack_depth: "400kB",
  min_wal_size: "16MB",
  max_wal_size: "64MB",
  timezone: "UTC",
};

/** Size of the worker's stack that goes with `max_stack_depth` above. */
export const WORKER_STACK_MB = 16;

/** PGlite could not be opened; `reason` is what PostgreSQL printed last. */
export class OpenFailure extends Error {
  readonly code: "missing-dependency" | "store-failed";
  readonly reason: string;
  constructor(code: "missing-dependency" | "store-failed", reason: string, cause: unknown) {
    super(reason, { cause });
    this.code = code;
    this.reason = reason;
  }
}

/** PGlite came back with neither a result nor an error, as it does when there was one that it could not report. */
export class SwallowedError extends Error {
  constructor() {
    super("The database answered with nothing.");
  }
}

/**
 * Opens a database that is there.
 *
 * @throws {OpenFailure}
 */
export async function openDatabase(dir: string): Promise<PGlite> {
  // PGlite would take such a directory for a new one, and write a new database over what is left.
  if (!existsSync(join(dir, "PG_VERSION"))) {
    throw new OpenFailure("store-failed", "it has no PG_VERSION", undefined);
  }
  // PGlite leaves what it makes open to everybody; here that is behind a private directory, and elsewhere it may not be.
  makePrivate(dir);
  return startDatabase(dir);
}

async function startDatabase(dir: string): Promise<PGlite> {
  const pglite = await loadPglite();
  const printed: string[] = [];
  const keep = (line: string): true => {
    if (printed.push(line) > 50) printed.shift();
    return true;
  };
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  try {
    return await pglite.create(dir, {
      // Only for a new database: one of the usual 16 MB would be most of what it takes on disk.
      initDbStartParams: ["--wal-segsize=4"],
      startParams: [...pglite.defaultStartParams, ...settings],
      onStdout: keep,
      onStderr: keep,
    });
  } catch (cause) {
    const fatal = printed.map((line) => /\b(?:FATAL|PANIC|ERROR):\s*(.+)/.exec(line)?.[1]).findLast(Boolean);
    throw new OpenFailure("store-failed", fatal ?? String(cause), cause);
  }
}

/**
 * Makes a new database in `dir`. A crash on the way leaves nothing there.
 *
 * @throws {OpenFailure}
 */
export async function initialiseDatabase(dir: string): Promise<void> {
  const unfinished = `${dir}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  const database = await startDatabase(unfinished);
  await database.close();
  makePrivate(unfinished);
  renameSync(unfinished, dir);
}

export function isInitialised(dir: string): boolean {
  return existsSync(dir);
}

async function loadPglite(): Promise<typeof PGlite> {
  try {
    return (await import("@electric-sql/pglite")).PGlite;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const missing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
    throw new OpenFailure(missing ? "missing-dependency" : "store-failed", String(cause), cause);
  }
}
