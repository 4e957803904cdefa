/** Waits for several cases that are played at the same time, each to its end. @throws what did not hold in the first of them that failed. */
export async function together(cases: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(cases);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
