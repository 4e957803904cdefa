import type { EncodedRecord } from "../../record/record.ts";
import { type EncodedLines, recordType } from "./line.ts";
import type { Evicted, MemoryQueue } from "./memory-queue.ts";
import { toCompactEnd } from "./open-traces.ts";
import type { Pending } from "./pending.ts";
import type { SegmentStore } from "./segment-store.ts";
import type { Written } from "./segment-writer.ts";
import { reasonOf, type Trouble } from "./trouble.ts";

const RETRY_MS = 1000;
const HOUSEKEEPING_MS = 500;
const MOVE_BYTES = 1024 * 1024;
const LEAST_MOVE_BYTES = 4096;

export interface IntakeOptions {
  store: SegmentStore;
  memory: MemoryQueue;
  pending: Pending;
  trouble: Trouble;
  /** Whether written records are brought to the disk in the background. */
  syncLater: boolean;
}

/** Takes records in: to disk, or to memory while the disk refuses, and back to disk when it takes them again. */
export class Intake {
  readonly #options: IntakeOptions;
  #refused = false;
  #closed = false;
  #retryAtMs = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  #housekeeping: NodeJS.Timeout | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
    try {
      options.store.open();
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Whether the disk refuses, and new records go to memory. */
  get refused(): boolean {
    return this.#refused;
  }

  append(records: readonly EncodedRecord[]): void {
    if (this.#closed) {
      this.#options.pending.report("disk", records.filter(isSpan).length);
      return;
    }
    const nowMs = performance.now();
    if (this.#refused || !this.#write(records, nowMs)) this.#remember(records, nowMs);
    this.rescue();
    this.#housekeeping ??= setTimeout(() => this.#keepHouse(), HOUSEKEEPING_MS).unref();
  }

  /** Writes again what is kept of segments that were given up or turned out damaged. */
  rescue(): void {
    const records = this.#options.store.takeRescued();
    if (records.length > 0) this.append(records);
  }

  /** Replaces what somebody has deleted under us; whether there was need for it, and it worked. */
  reopen(): boolean {
    const { store, trouble } = this.#options;
    if (!store.deleted) return false;
    trouble.raise(
      "deleted",
      "Somebody has deleted the spool's directory or a file in it; a new one is made.",
    );
    try {
      store.open();
      return true;
    } catch (error) {
      this.#refuse(error);
      return false;
    }
  }

  /** Moves what waits in memory to disk, in order, as far as the disk takes it. */
  recover(): void {
    const { store, memory, trouble } = this.#options;
    try {
      store.open();
      // Records that are being delivered can only be at the front of a segment.
      store.seal();
      for (let bytes = MOVE_BYTES; memory.length > 0; ) bytes = this.#move(bytes);
      this.#refused = false;
      trouble.clear("disk", "The spool writes to disk again.");
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Stops all timers and gives up what is still in memory, except for what is being delivered. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#housekeeping);
    const lost = this.#options.memory.clearUnread();
    this.#options.pending.lose("disk", lost.records, lost.spans);
  }

  /** Writes to disk; false when it refuses, and from then on everything goes to memory. */
  #write(records: readonly EncodedRecord[], nowMs: number): boolean {
    for (let mended = false; ; mended = true) {
      try {
        this.#account(records, this.#options.store.write(records, nowMs));
        return true;
      } catch (error) {
        if (!mended && this.reopen()) continue;
        this.#refuse(error);
        return false;
      }
    }
  }

  #account(records: readonly EncodedRecord[], { segment, start, ends }: Written & EncodedLines): void {
    const { openTraces } = this.#options.store;
    let spans = 0;
    let from = start;
    for (const [index, record] of records.entries()) {
      const end = start + (ends[index] as number);
      if (openTraces.note(record, segment, from, end) === "span") spans += 1;
      from = end;
    }
    segment.records += records.length;
    segment.spans += spans;
    this.#options.pending.add(records.length, spans);
  }

  #remember(records: readonly EncodedRecord[], nowMs: number): void {
    const { pending } = this.#options;
    const evicted = this.#push(records, nowMs);
    // What becomes of a trace without its end is known to nobody; its content is the lesser loss.
    const ends = evicted.ends.map(toCompactEnd).filter((end) => end !== undefined);
    pending.lose("disk", evicted.records, evicted.spans, ends.filter(isSpan).length);
    if (ends.length > 0) {
      const again = this.#push(ends, nowMs);
      pending.lose("disk", again.records, again.spans);
    }
    if (nowMs >= this.#retryAtMs) this.recover();
    else this.#retryLater();
  }

  /** Puts records into memory; returns what had to go for them. */
  #push(records: readonly EncodedRecord[], atMs: number): Evicted {
    const { store, memory, pending } = this.#options;
    const entries = records.map((record) => ({
      record,
      span: store.openTraces.note(record) === "span",
      atMs,
    }));
    pending.add(records.length, entries.filter((entry) => entry.span).length);
    return memory.push(entries);
  }

  /** Moves about so many bytes; returns how many to try next. @throws when the disk takes not even a few. */
  #move(bytes: number): number {
    const { store, memory } = this.#options;
    const entries = memory.oldest(bytes);
    const records = entries.map((entry) => entry.record);
    let written: Written & EncodedLines;
    try {
      written = store.write(records, entries[0]?.atMs ?? performance.now());
    } catch (error) {
      // An almost full disk, or a limit on the size of files, may still take a little.
      if (bytes <= LEAST_MOVE_BYTES || records.length === 1) throw error;
      return bytes / 4;
    }
    const { segment, start, ends } = written;
    segment.records += entries.length;
    segment.spans += entries.filter((entry) => entry.span).length;
    const positions = ends.map((end) => start + end);
    for (const ticket of memory.moveTo(segment, positions)) {
      segment.takenRecords += ticket.records;
      segment.takenSpans += ticket.spans;
    }
    return bytes;
  }

  #refuse(error: unknown): void {
    this.#refused = true;
    this.#retryAtMs = performance.now() + RETRY_MS;
    this.#retryLater();
    const message = `The spool's disk refuses (${reasonOf(error)}); spans wait in memory, which is bounded.`;
    this.#options.trouble.raise("disk", message);
  }

  #retryLater(): void {
    if (this.#closed) return;
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      if (this.#options.memory.length > 0) this.recover();
    }, RETRY_MS).unref();
  }

  #keepHouse(): void {
    this.#housekeeping = undefined;
    if (this.#refused) return;
    const { store, syncLater } = this.#options;
    this.reopen();
    this.rescue();
    if (store.own) store.checkpointer.touch(store.own);
    if (syncLater) store.syncSoon();
  }
}

function isSpan(record: EncodedRecord): boolean {
  return recordType(record) === "span";
}
