import type { CollectorState, CollectorStats, DropReason } from "./stats.ts";

/** What a settled batch turned out to be. */
export interface Settlement {
  delivered: number;
  deadLettered: number;
  /** Erased while they were on their way. */
  erased: number;
}

/**
 * The double entry of every span: each one that ended is delivered, pending, dead-lettered, dropped or sampled out.
 *
 * Pending is not kept here but asked from the spool, so that the sum can only hold or show a fault.
 */
export class Ledger {
  #ended = 0;
  #delivered = 0;
  #deadLettered = 0;
  #sampledOut = 0;
  #interrupted = 0;
  readonly #dropped: Partial<Record<DropReason, number>> = {};

  /** Spans that ended here, or entered with an adopted spool. */
  end(spans: number): void {
    this.#ended += spans;
  }

  settle(settlement: Settlement): void {
    this.#delivered += settlement.delivered;
    this.#deadLettered += settlement.deadLettered;
    this.drop("erased", settlement.erased);
  }

  drop(reason: DropReason, spans: number): void {
    if (spans > 0) this.#dropped[reason] = (this.#dropped[reason] ?? 0) + spans;
  }

  sampleOut(spans: number): void {
    this.#sampledOut += spans;
  }

  interrupt(records: number): void {
    this.#interrupted += records;
  }

  /** The counts as they go into the checkpoint, for readers outside of this process. */
  counts(): Omit<CollectorStats, "pending" | "oldestPendingMs" | "state" | "lastError"> {
    return {
      ended: this.#ended,
      delivered: this.#delivered,
      deadLettered: this.#deadLettered,
      sampledOut: this.#sampledOut,
      dropped: { ...this.#dropped },
      interrupted: this.#interrupted,
    };
  }

  stats(
    pending: number,
    oldestPendingMs: number,
    state: CollectorState,
    lastError: string | undefined,
  ): CollectorStats {
    return {
      ...this.counts(),
      pending,
      oldestPendingMs,
      state,
      ...(lastError !== undefined && { lastError }),
    };
  }
}
