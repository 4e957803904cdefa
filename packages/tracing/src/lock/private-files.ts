import { chmodSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Takes every other user's rights away from a directory and all that is in it; what a symbolic link leads to stays as it is. */
export function makePrivate(dir: string): void {
  chmodSync(dir, 0o700);
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) makePrivate(path);
    else if (entry.isFile()) chmodSync(path, 0o600);
  }
}

const WRITABLE_BY_ALL = 0o002;
const STICKY = 0o1000;

/** Whether any user of the machine may rename or remove what others have put into a directory; false when it is absent. */
export function isOpenToAll(dir: string): boolean {
  const mode = statSync(dir, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & WRITABLE_BY_ALL) !== 0 && (mode & STICKY) === 0;
}

/**
 * Whether what a directory holds may be somebody's who is not to be trusted with it, where `root` is the directory that
 * it was found in: any user may write to it; or this is the superuser, who is kept from nothing, and the directory
 * belongs to neither the superuser nor the owner of `root`.
 */
export function isAlien(dir: string, root: string): boolean {
  const { mode, uid } = statSync(dir);
  if ((mode & WRITABLE_BY_ALL) !== 0) return true;
  return process.geteuid?.() === 0 && uid !== 0 && uid !== statSync(root).uid;
}
