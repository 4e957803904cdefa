import type { EncodedRecord } from "../record/record.ts";

/**
 * What became of a batch. Everything a backend may answer in normal operation is one of these; `send` rejects only for
 * programmer errors.
 *
 * - `stored`: committed, or already there.
 * - `retry`: not now (network, 408, 429, 5xx); `afterMs` when the backend named a time. `server` says that the backend
 *   itself failed on the batch (5xx), which may be the batch's own fault.
 * - `unauthorized`: the key is refused; nothing can be sent until it changes.
 * - `schema-missing`: schema or function is not there, or too old for these records.
 * - `too-large`: the batch as a whole is too big; halves may pass.
 * - `rejected`: the batch's data is refused; one record in it is poison.
 */
export type Outcome =
  | { status: "stored" }
  | { status: "retry"; reason: string; afterMs?: number; server?: boolean }
  | { status: "unauthorized"; reason: string }
  | { status: "schema-missing"; reason: string }
  | { status: "too-large"; reason: string }
  | { status: "rejected"; reason: string };

/** How one batch is sent. */
export interface SendOptions {
  /** Aborts the request; its outcome is then `retry`. */
  signal?: AbortSignal;
}

/** The port through which the collector reaches a backend. */
export interface RecordExporter {
  /** Stores a batch in one transaction. Sending the same records again is harmless. */
  send(records: readonly EncodedRecord[], options?: SendOptions): Promise<Outcome>;
  /** Whether the backend answers at all and has a schema that these records fit; used to tell an outage from poison. */
  ready?(options?: SendOptions): Promise<boolean>;
  /** Housekeeping, called at start and every six hours. */
  maintain?(options?: SendOptions): Promise<void>;
}
