/** Loaded before a program, so that its timers and its monotonic clock run so many times as fast; the date does not. */
const haste = Number(process.env.CLOCK_HASTE);
const now = performance.now.bind(performance);
const later = globalThis.setTimeout;

performance.now = () => now() * haste;
globalThis.setTimeout = Object.assign(
  (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
    later(callback, ms / haste, ...args),
  later,
);
