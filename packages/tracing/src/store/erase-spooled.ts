import type { StoreClient } from "./store-client.ts";

/** A trace of which the strongest record in the spools is of whoever is erased, and that record's claim to be the root. */
export interface ClaimedTrace {
  traceId: string;
  root: number;
}

/** What the store says of the traces in spools. */
export interface ErasedTraces {
  /** Those asked about that are erased. */
  erased: Set<string>;
  /** Of claimed ones, what the store held already. */
  traces: number;
  spans: number;
}

/** One call asks about so many traces, which is a text of about 180 KB. */
const AT_ONCE = 5_000;

/**
 * Erases claimed traces in the store, unless it knows a stronger root, and tells which of those `among` are erased.
 *
 * @throws {StoreError} when the store refuses or cannot be reached.
 */
export async function eraseSpooled(
  client: StoreClient,
  claimed: readonly ClaimedTrace[],
  among: readonly string[],
  rememberDays?: number,
): Promise<ErasedTraces> {
  const found: ErasedTraces = { erased: new Set(), traces: 0, spans: 0 };
  const ask = async (part: { claimed?: readonly ClaimedTrace[]; among?: readonly string[] }) => {
    const spooled = { ...part, ...(rememberDays !== undefined && { rememberDays }) };
    const answer = (await client.rpc("erase_spooled", { spooled })) as Counts & { erased: string[] };
    found.traces += answer.traces;
    found.spans += answer.spans;
    for (const traceId of answer.erased) found.erased.add(traceId);
  };
  for (const part of parts(claimed)) await ask({ claimed: part });
  for (const part of parts(among)) await ask({ among: part });
  return found;
}

type Counts = Pick<ErasedTraces, "traces" | "spans">;

function* parts<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += AT_ONCE) yield all.slice(at, at + AT_ONCE);
}
