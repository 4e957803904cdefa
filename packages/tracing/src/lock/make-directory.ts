import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a directory and what is missing above it, each private to its user; one that is there stays as it is.
 *
 * Not Node's own `recursive`, which never returns below a file system that takes no directories, such as `/proc`, and says
 * "no such file" of one that is read-only.
 *
 * @throws what the file system says, with its code.
 */
export function makeDirectory(path: string): void {
  const parent = dirname(path);
  if (parent !== path && !isDirectory(parent)) makeDirectory(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!isDirectory(path)) throw error; // Else it was there, or another process was faster.
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
