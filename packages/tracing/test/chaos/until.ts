import { setTimeout as pause } from "node:timers/promises";

/** Resolves when something is so; asks often at first, then less. @throws when it still is not after half a minute, or as long as told */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  seconds = 30,
): Promise<void> {
  const deadline = performance.now() + seconds * 1_000;
  for (let ms = 10; !(await isSo()); ms = Math.min(ms * 1.5, 200)) {
    if (performance.now() > deadline) throw new Error(`Not within ${seconds} s: ${what}.`);
    await pause(ms);
  }
}
