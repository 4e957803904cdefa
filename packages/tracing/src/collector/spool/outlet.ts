import { peekRecord } from "../../record/peek.ts";
import type { EncodedRecord } from "../../record/record.ts";
import type { MemoryQueue } from "./memory-queue.ts";
import type { Pending } from "./pending.ts";
import type { Ticket } from "./progress.ts";
import { Segment } from "./segment.ts";
import { type ReadRecords, readRecords, readTracesLeft, type TakeLimits } from "./segment-reader.ts";
import type { SegmentStore } from "./segment-store.ts";
import { reasonOf, type Trouble } from "./trouble.ts";

const RETRY_MS = 1000;

/** Records that were handed out together, to be settled together. */
export interface SpoolBatch {
  readonly records: readonly EncodedRecord[];
  /** How many of them are of type `span`. */
  readonly spans: number;
  /** UTF-8 bytes of the records. */
  readonly bytes: number;
}

export interface OutletOptions {
  store: SegmentStore;
  memory: MemoryQueue;
  pending: Pending;
  trouble: Trouble;
  /** Replaces what somebody has deleted; whether that was the trouble. */
  reopen(): boolean;
  /** Writes what the store keeps of segments that are lost. */
  rescue(): void;
  /** Something may be had again. */
  onReadable(): void;
}

/** Hands records out in order, from disk and then from memory, and notes what is settled. */
export class Outlet {
  readonly #options: OutletOptions;
  readonly #tickets = new WeakMap<SpoolBatch, Ticket>();
  #taking: Promise<unknown> = Promise.resolve();
  #blockedUntilMs = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: OutletOptions) {
    this.#options = options;
  }

  get unread(): boolean {
    if (this.#closed || performance.now() < this.#blockedUntilMs) return false;
    return this.#options.memory.unread || this.#options.store.nextUnread() !== undefined;
  }

  take(limits: TakeLimits): Promise<SpoolBatch | undefined> {
    const taken = this.#taking.then(() => this.#takeNext(limits));
    this.#taking = taken;
    return taken;
  }

  settle(batch: SpoolBatch): void {
    const ticket = this.#tickets.get(batch);
    if (!ticket || ticket.settled) return;
    const { store, memory, pending } = this.#options;
    pending.settle(ticket.records, ticket.spans);
    const { progress } = ticket;
    if (!(progress instanceof Segment)) {
      memory.settle(ticket);
      return;
    }
    progress.settle(ticket);
    // Their traces were kept as open for the case of a crash, since no file held them any more.
    if (progress.removed) for (const record of batch.records) store.openTraces.note(record);
    const directory = this.#closed || progress.removed ? undefined : store.directoryOf(progress);
    if (!directory) return;
    store.checkpointer.touch(directory);
    store.sweep(directory);
  }

  async findErased(batch: SpoolBatch): Promise<ReadonlySet<string>> {
    const erased = new Set<string>();
    const ticket = this.#tickets.get(batch);
    if (!ticket || !(ticket.progress instanceof Segment) || ticket.progress.removed) return erased;
    const { progress: segment, start, end } = ticket;
    // When it cannot be read, that is for those to say who have to read on.
    const left = await readTracesLeft(segment, start, end).catch(() => undefined);
    for (const record of left ? batch.records : []) {
      const traceId = peekRecord(record)?.traceId;
      if (traceId !== undefined && !left?.has(traceId)) erased.add(traceId);
    }
    return erased;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
  }

  async #takeNext(limits: TakeLimits): Promise<SpoolBatch | undefined> {
    const { store, memory, pending } = this.#options;
    while (this.unread) {
      const segment = store.nextUnread();
      if (!segment) {
        const read = memory.read(limits);
        return this.#hand(read, memory.take(read));
      }
      const read = await this.#read(segment, limits);
      // Given up in the meantime: what it held is counted already.
      if (!read || segment.removed) continue;
      segment.uncountedAt ??= read.damagedAt;
      const ticket = segment.take(read.end, read.records.length, read.spans);
      segment.takenRecords += ticket.records + read.erasedRecords;
      segment.takenSpans += ticket.spans + read.erasedSpans;
      pending.lose("erased", read.erasedRecords, read.erasedSpans);
      this.#reconcile(segment);
      if (ticket.records > 0) return this.#hand(read, ticket);
      const directory = store.directoryOf(segment);
      if (directory) store.sweep(directory);
    }
    return undefined;
  }

  #hand(read: ReadRecords, ticket: Ticket): SpoolBatch {
    const batch = { records: read.records, spans: read.spans, bytes: read.bytes };
    this.#tickets.set(batch, ticket);
    return batch;
  }

  async #read(segment: Segment, limits: TakeLimits): Promise<ReadRecords | undefined> {
    try {
      const read = await readRecords(segment, limits);
      this.#options.trouble.clear("read", "The spool can be read again.");
      return read;
    } catch (error) {
      this.#unreadable(segment, error);
      return undefined;
    }
  }

  /**
   * Where reading has caught up with writing, what was written and not found is damaged. This counts exactly, whatever
   * was damaged: a line break that is gone hides two records, one that appeared makes two bad lines of one.
   */
  #reconcile(segment: Segment): void {
    if (segment.read < segment.size) return;
    const records = segment.records - segment.takenRecords;
    const spans = segment.spans - segment.takenSpans;
    segment.records = segment.takenRecords;
    segment.spans = segment.takenSpans;
    segment.uncountedAt = undefined;
    if (records !== 0) {
      const { pending, store, rescue } = this.#options;
      pending.lose("damaged", records, spans);
      store.rescueDamaged(segment);
      rescue();
    }
    if (!segment.sealed) return;
    segment.rewind();
    segment.close();
  }

  #unreadable(segment: Segment, error: unknown): void {
    const { store, trouble } = this.#options;
    const gone = ["ENOENT", "ENOTDIR", "ESTALE"].includes((error as NodeJS.ErrnoException).code ?? "");
    if (gone && (segment.removed || this.#options.reopen())) return;
    const directory = store.directoryOf(segment);
    if (gone && directory) {
      trouble.raise(
        "lost",
        `A segment has disappeared (${segment.label}); its spans are counted as dropped.`,
      );
      store.drop(directory, segment, "disk");
      this.#options.rescue();
      return;
    }
    trouble.raise("read", `The spool cannot be read (${reasonOf(error)}); it is tried again every second.`);
    this.#blockedUntilMs = performance.now() + RETRY_MS;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#options.onReadable(), RETRY_MS + 1).unref();
  }
}
