/** How long a property may take, in milliseconds: an hour where somebody has asked for more runs than usual. */
export const PROPERTY_TIMEOUT_MS = process.env.TRACING_TEST_RUNS ? 3_600_000 : 60_000;

/**
 * How often a property is tried, and from which seed on, for `fc.assert`. `TRACING_TEST_RUNS` makes every property run so
 * many times; `TRACING_TEST_SEED` repeats the runs of the seed that fast-check printed when one failed.
 */
export function runs(usual: number): { numRuns: number; seed?: number; interruptAfterTimeLimit: number } {
  const seed = wholeNumber("TRACING_TEST_SEED");
  return {
    numRuns: wholeNumber("TRACING_TEST_RUNS") ?? usual,
    ...(seed !== undefined && { seed }),
    // A failure is told before the test runs out of time, though it might be made simpler.
    interruptAfterTimeLimit: PROPERTY_TIMEOUT_MS * 0.75,
  };
}

function wholeNumber(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new Error(`${variable} is ${text}; accepted: a whole number`);
}
