import { existsSync } from "node:fs";
import { join } from "node:path";
import { listDirectories } from "./adoption.ts";

/** More than these would mean that processes start all the time. */
const ROUNDS = 5;

/**
 * Does something once to every process's directory below a root, also to one that gets another name meanwhile because it
 * is taken over.
 */
export async function forEachDirectory(root: string, act: (path: string) => Promise<void>): Promise<void> {
  const met = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const names = listDirectories(root).filter((name) => !met.has(name));
    if (names.length === 0) return;
    for (const name of names) {
      met.add(name);
      const path = join(root, name);
      try {
        await act(path);
      } catch (error) {
        if (existsSync(path)) throw error;
      }
    }
  }
}
