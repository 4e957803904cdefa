import { setTimeout as pause } from "node:timers/promises";

/** Resolves when something is so; asks every few milliseconds. @throws when it still is not after half a minute. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Not within 30 s: ${what}.`);
    await pause(20);
  }
}
