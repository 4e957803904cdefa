/**
 * Does all of it, two at a time unless told otherwise, and waits for all of it, also when something fails: so nothing goes
 * on in the background of what comes next. @throws what did
 */
export async function together(acts: readonly (() => Promise<void>)[], atOnce = 2): Promise<void> {
  const waiting = [...acts];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let act = waiting.shift(); act; act = waiting.shift())
      await act().catch((failure: unknown) => failures.push(failure));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failures.length > 1) throw new AggregateError(failures, `${failures.length} of ${acts.length} failed`);
  if (failures.length > 0) throw failures[0];
}
