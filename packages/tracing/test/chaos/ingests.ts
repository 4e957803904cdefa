import type { InsForgeServer, ReceivedRequest } from "../support/insforge-server.ts";

/** The end of the path of the requests that bring records. */
export const INGEST = "/rpc/ingest";

/** The requests that have brought records, in the order in which they came; all of them, or those since so many. */
export function ingestsOf({ requests }: InsForgeServer, from = 0): ReceivedRequest[] {
  // A migration calls the function too, without any, to see whether it can be called.
  return requests.filter(({ path }) => path.endsWith(`${INGEST}?columns=batch`)).slice(from);
}

/** How many requests were under way at the same time at most. */
export function mostAtOnce(requests: readonly ReceivedRequest[]): number {
  const steps = requests.flatMap(({ atMs, endedAtMs = Number.POSITIVE_INFINITY }) => [
    { ms: atMs, step: 1 },
    { ms: endedAtMs, step: -1 },
  ]);
  steps.sort((a, b) => a.ms - b.ms || a.step - b.step);
  let now = 0;
  return steps.reduce((most, { step }) => {
    now += step;
    return Math.max(most, now);
  }, 0);
}
