/** Why spans are given up by the spool. */
export type SpoolDropReason = "spool-full" | "disk" | "damaged" | "erased";

/** How many records wait, and the way in which any of them is given up. */
export class Pending {
  /** Of all types. */
  records = 0;
  /** Of type `span`. */
  spans = 0;
  readonly #onDrop: (reason: SpoolDropReason, spans: number) => void;

  constructor(onDrop: (reason: SpoolDropReason, spans: number) => void) {
    this.#onDrop = onDrop;
  }

  add(records: number, spans: number): void {
    this.records += records;
    this.spans += spans;
  }

  /** They are dealt with. */
  settle(records: number, spans: number): void {
    this.records -= records;
    this.spans -= spans;
  }

  /** They are lost, and counted as such, but for as many spans as are about to be added again in another form. */
  lose(reason: SpoolDropReason, records: number, spans: number, kept = 0): void {
    this.settle(records, spans);
    this.report(reason, spans - kept);
  }

  /** Spans that never were among those that wait are lost. */
  report(reason: SpoolDropReason, spans: number): void {
    if (spans > 0) this.#onDrop(reason, spans);
  }
}
