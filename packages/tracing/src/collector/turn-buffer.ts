import type { EncodedRecord } from "../record/record.ts";

/** Past these a turn that makes spans without end is written in parts, so that it holds no more than so much memory. */
const MAX_RECORDS = 1_024;
const MAX_LENGTH = 4 * 1024 * 1024;

/**
 * Gathers the records of one turn of the event loop, so that they are written with one system call at its end: when Node
 * runs tick callbacks, after the current callback or, from a promise, after the last of its microtasks.
 */
export class TurnBuffer {
  readonly #write: (records: readonly EncodedRecord[]) => void;
  #records: EncodedRecord[] = [];
  #length = 0;
  #scheduled = false;

  constructor(write: (records: readonly EncodedRecord[]) => void) {
    this.#write = write;
  }

  /** Records that are not written yet. */
  get size(): number {
    return this.#records.length;
  }

  add(record: EncodedRecord): void {
    this.#records.push(record);
    this.#length += record.length;
    if (this.#records.length >= MAX_RECORDS || this.#length >= MAX_LENGTH) this.flush();
    else this.#schedule();
  }

  /** Writes now. */
  flush(): void {
    if (this.#records.length === 0) return;
    const records = this.#records;
    this.#records = [];
    this.#length = 0;
    this.#write(records);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
