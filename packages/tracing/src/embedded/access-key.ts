import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The key that requests to a directory's endpoint carry, made on first use.
 *
 * It is in a file that only the user can read: who can connect to the socket by other ways still cannot use it.
 */
export function readOrCreateAccessKey(dataDir: string): string {
  const path = join(dataDir, "key");
  const existing = readKey(path);
  if (existing) return existing;
  // Linked into place, so that of several processes one wins and nobody reads half a key.
  const draft = join(dataDir, `key.${process.pid}.${randomBytes(4).toString("hex")}`);
  writeFileSync(draft, `ik_${randomBytes(24).toString("hex")}`, { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(path, "utf8");
}

function readKey(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
