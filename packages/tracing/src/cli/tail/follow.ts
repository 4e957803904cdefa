import { setTimeout as delay } from "node:timers/promises";
import { StoreError, type StoreErrorKind } from "../../store/store-client.ts";
import type { TraceEvent, TraceFeed } from "./trace-feed.ts";

export interface FollowOptions {
  feed: TraceFeed;
  /** Ends it. */
  signal: AbortSignal;
  onEvent(event: TraceEvent): void;
  /** The store does not answer any more; told once. */
  onAway(error: StoreError): void;
  /** It answers again. */
  onBack(): void;
}

const INTERVAL_MS = 1_000;

/** What a store that is restarted says in the meantime. */
const PASSING: ReadonlySet<StoreErrorKind> = new Set(["unreachable", "unavailable", "schema-missing"]);

/**
 * Asks the feed about once a second until it is told to end; a store that goes away is waited for.
 *
 * @throws {StoreError} when the store does not answer the first time, or refuses for good.
 */
export async function follow({ feed, signal, onEvent, onAway, onBack }: FollowOptions): Promise<void> {
  const { promise: ended, resolve: end } = Promise.withResolvers<"ended">();
  const onAbort = () => end("ended");
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  let away = false;
  try {
    for (;;) {
      try {
        // A store that hangs must not keep anybody from leaving.
        const events = await Promise.race([feed.poll(), ended]);
        if (events === "ended") return;
        if (away) onBack();
        away = false;
        for (const event of events) onEvent(event);
      } catch (error) {
        if (!(error instanceof StoreError) || !feed.primed || !PASSING.has(error.kind)) throw error;
        if (!away) onAway(error);
        away = true;
      }
      await Promise.race([delay(INTERVAL_MS), ended]);
      if (signal.aborted) return;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
