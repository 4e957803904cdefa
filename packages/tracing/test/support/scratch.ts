import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where the system has one, files in memory. */
const MEMORY_DISK = "/dev/shm";

/** A directory for files that come and go by the thousand; whoever makes it removes it. */
export function makeScratch(): string {
  return mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), "spool-"));
}
