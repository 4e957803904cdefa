/**
 * Resolves when `promise` does, or after so many milliseconds, to whether it was in time. Someone awaits it, so its timer
 * may keep the process alive: it is bounded.
 */
export function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), ms);
    promise.then(() => resolve(true), reject).finally(() => clearTimeout(timer));
  });
}
