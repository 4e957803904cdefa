/** Why a span was given up; each count is exposed under its reason. */
export type DropReason = "spool-full" | "disk" | "damaged" | "erased" | "stopped" | "unserializable";

/**
 * - `ok`: delivering, or nothing to deliver.
 * - `retrying`: the backend does not answer or says not now.
 * - `paused`: the backend refuses the key.
 * - `schema-missing`: the backend lacks the schema; `tracing migrate` mends it.
 * - `stopped`: `stop()` was called.
 */
export type CollectorState = "ok" | "retrying" | "paused" | "schema-missing" | "stopped";

/** At any time `ended = delivered + pending + deadLettered + sampledOut + sum(dropped)`. */
export interface CollectorStats {
  /** Spans that ended here, or were taken over from a process that died. */
  ended: number;
  /** Stored. */
  delivered: number;
  /** On disk or in memory, not stored yet. */
  pending: number;
  /** Refused by the store for their data, and kept with its reason. */
  deadLettered: number;
  /** Left out by sampling. */
  sampledOut: number;
  /** Given up, by reason. */
  dropped: Partial<Record<DropReason, number>>;
  /** `interrupted` records written for adopted or unfinished traces; outside the equation. */
  interrupted: number;
  /** Age of the oldest pending record in milliseconds, 0 when none is pending. */
  oldestPendingMs: number;
  /** How it goes with delivering. */
  state: CollectorState;
  /** Why it does not go; absent when it does. */
  lastError?: string;
}
