import { basename, join } from "node:path";
import { invalidOption } from "../../core/errors.ts";
import { peekRecord } from "../../record/peek.ts";
import type { EncodedRecord } from "../../record/record.ts";
import { type Adopted, adoptDirectory, listDirectories } from "./adoption.ts";
import { type DeadLetter, writeDeadLetters } from "./dead-letters.ts";
import type { EncodedLines } from "./line.ts";
import { MemoryQueue } from "./memory-queue.ts";
import type { Ticket } from "./progress.ts";
import { Segment } from "./segment.ts";
import { type ReadRecords, readRecords, type TakeLimits } from "./segment-reader.ts";
import { SegmentStore } from "./segment-store.ts";
import type { Written } from "./segment-writer.ts";
import { directoryName } from "./spool-directory.ts";
import { reasonOf, Trouble } from "./trouble.ts";

export type { DeadLetter } from "./dead-letters.ts";
export type { TakeLimits } from "./segment-reader.ts";
export { readSpoolStatus, type SpoolStatus } from "./spool-status.ts";

const MIB = 1024 * 1024;
const RETRY_MS = 1000;
const HOUSEKEEPING_MS = 500;
const INTERRUPTED_AT_ONCE = 64;

export type SpoolDropReason = "spool-full" | "disk" | "damaged";

export interface SpoolOptions {
  /** Root; a directory per spool is made below it, readable by nobody else. */
  dir: string;
  /** Bytes of all segments, taken over ones included; past it the oldest segment goes. @default 512 MiB */
  maxBytes?: number;
  /** Size at which a new segment is begun. @default 4 MiB */
  segmentBytes?: number;
  /** `interval` waits for the disk every 500 ms, in the background; `always` on every append. @default "interval" */
  fsync?: "interval" | "always";
  /** Memory for what the disk refuses; past it the oldest records go. @default 16 MiB */
  memoryBytes?: number;
  /** Spans that are given up; other types of records do not count. */
  onDrop(reason: SpoolDropReason, spans: number): void;
  /** Told of each kind of trouble once, and once when it is over. */
  onWarn(message: string): void;
}

/** Records that were handed out together, to be settled together. */
export interface SpoolBatch {
  readonly records: readonly EncodedRecord[];
  /** How many of them are of type `span`. */
  readonly spans: number;
  /** UTF-8 bytes of the records. */
  readonly bytes: number;
}

/** What was taken over from dead processes. */
export interface Adoption {
  /** Spans that are pending now, and those that turned out damaged and were reported as dropped. */
  spans: number;
  /** The records written for traces that their process never ended. */
  interrupted: EncodedRecord[];
  directories: number;
}

/**
 * The queue on disk between the spans that end and the backend that stores them.
 *
 * What {@link append} was given survives the process from the moment it returns. Batches are handed out in order, taken
 * over records first, may be settled in any order, and come again after a crash unless a checkpoint has noted them.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #trouble: Trouble;
  readonly #store: SegmentStore;
  readonly #memory: MemoryQueue;
  readonly #tickets = new WeakMap<SpoolBatch, Ticket>();
  readonly #plannedDir: string;
  onReadable: (() => void) | undefined;
  #ledger: () => Record<string, unknown> = () => ({});
  #pendingRecords = 0;
  #pendingSpans = 0;
  /** The disk refuses, and new records go to memory until it takes them again. */
  #refused = false;
  #retryAtMs = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  #housekeeping: NodeJS.Timeout | undefined;
  #blockedUntilMs = 0;
  #taking: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: SpoolOptions) {
    const {
      dir,
      maxBytes = 512 * MIB,
      segmentBytes = 4 * MIB,
      fsync = "interval",
      memoryBytes = 16 * MIB,
    } = options;
    requireBytes("maxBytes", maxBytes);
    requireBytes("segmentBytes", segmentBytes);
    requireBytes("memoryBytes", memoryBytes);
    this.#options = options;
    this.#trouble = new Trouble((message) => options.onWarn(message));
    this.#memory = new MemoryQueue(memoryBytes);
    this.#plannedDir = join(dir, directoryName());
    this.#store = new SegmentStore({
      root: dir,
      maxBytes,
      // One segment is the least that can be dropped.
      segmentBytes: Math.min(segmentBytes, Math.ceil(maxBytes / 4)),
      sync: fsync === "always",
      trouble: this.#trouble,
      ledger: () => this.#ledger(),
      onLost: (reason, records, spans) => this.#lose(reason, records, spans),
    });
    try {
      this.#store.open();
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** This process's own directory; where it would be, while the disk does not allow one. */
  get dir(): string {
    return this.#store.own?.path ?? this.#plannedDir;
  }

  /** Ended spans that are not settled, wherever they are. */
  get pendingSpans(): number {
    return this.#pendingSpans;
  }

  /** Records of all types that are not settled. */
  get pendingRecords(): number {
    return this.#pendingRecords;
  }

  /** Age of the oldest record that is not settled, 0 when there is none; for taken over records, since their spans ended. */
  get oldestPendingMs(): number {
    let oldest = this.#memory.oldestAtMs;
    for (const directory of this.#store.directories) {
      const segment = directory.segments.find((candidate) => candidate.settled < candidate.size);
      const at = segment?.ages.writtenAt(segment.settled);
      if (at !== undefined && (oldest === undefined || at < oldest)) oldest = at;
    }
    return oldest === undefined ? 0 : Math.max(0, performance.now() - oldest);
  }

  /** Whether {@link take} may return something now. */
  get unread(): boolean {
    if (this.#closed || performance.now() < this.#blockedUntilMs) return false;
    return this.#memory.unread || this.#nextUnread() !== undefined;
  }

  /** The counts that every checkpoint of this process carries for the command line. */
  setLedger(counts: () => Record<string, unknown>): void {
    this.#ledger = counts;
  }

  /**
   * Writes records with one system call; when it returns, they survive the process. Never throws: what the disk refuses
   * waits in memory, and what does not fit there is counted as dropped, as is everything after {@link close}.
   */
  append(records: readonly EncodedRecord[]): void {
    if (records.length === 0) return;
    if (this.#closed) {
      this.#report("disk", records.filter(isSpan).length);
      return;
    }
    const nowMs = performance.now();
    if (this.#refused) this.#remember(records, nowMs);
    else if (!this.#write(records, nowMs)) this.#remember(records, nowMs);
    this.#housekeeping ??= setTimeout(() => this.#keepHouse(), HOUSEKEEPING_MS).unref();
    this.onReadable?.();
  }

  /**
   * The next unread records in order, undefined when nothing is unread. A record that is larger than the limits comes
   * alone. Call it again as often as memory allows before earlier batches are settled.
   */
  take(limits: TakeLimits): Promise<SpoolBatch | undefined> {
    const taken = this.#taking.then(() => this.#takeNext(limits));
    this.#taking = taken;
    return taken;
  }

  /** Says that a batch is stored or dead-lettered. Settling it again, or after {@link close}, does no harm. */
  settle(batch: SpoolBatch): void {
    const ticket = this.#tickets.get(batch);
    if (!ticket || ticket.settled) return;
    this.#pendingRecords -= ticket.records;
    this.#pendingSpans -= ticket.spans;
    const { progress } = ticket;
    if (!(progress instanceof Segment)) {
      this.#memory.settle(ticket);
      return;
    }
    progress.settle(ticket);
    const directory = this.#closed || progress.removed ? undefined : this.#store.directoryOf(progress);
    if (!directory) return;
    this.#store.checkpointer.touch(directory);
    this.#store.sweep(directory);
  }

  /** Keeps records that no backend takes in `dead-letter.ndjson` of {@link dir}, for people to look at. */
  deadLetter(letters: readonly DeadLetter[]): void {
    if (this.#closed || letters.length === 0) return;
    try {
      this.#store.open();
      if (writeDeadLetters(this.dir, letters)) return;
      this.#trouble.raise(
        "dead-letter-full",
        "The file of dead letters is full; further ones are counted but not kept.",
      );
    } catch (error) {
      this.#trouble.raise(
        "dead-letter",
        `Dead letters cannot be kept (${reasonOf(error)}); they are only counted.`,
      );
    }
  }

  /**
   * Takes over the directories of dead processes; their records are handed out before the own ones. For each trace that
   * a dead process left open an `interrupted` record is appended here, the same one however often it is tried.
   *
   * Everything taken over becomes visible in the counts at once, right before the promise resolves.
   */
  async adopt(): Promise<Adoption> {
    const adopted: Adopted[] = [];
    const own = basename(this.dir);
    for (const name of this.#listDirectories()) {
      if (this.#closed) break;
      if (name === own) continue;
      const found = await adoptDirectory(this.#options.dir, name, (message) =>
        this.#trouble.raise(name, message),
      );
      if (found) adopted.push(found);
      if (found && !this.#closed) this.#emitInterrupted(found);
    }
    return this.#publish(adopted);
  }

  /** Writes checkpoints and waits until the disk has everything; for the moments before the process ends. */
  flushSync(): void {
    if (this.#closed) return;
    if (this.#memory.length > 0) this.#recover();
    try {
      this.#store.flush();
    } catch (error) {
      this.#trouble.raise("sync", `The spool cannot be flushed to the disk (${reasonOf(error)}).`);
    }
  }

  /** Flushes and gives up the directory: removed when nothing in it is pending, open or dead, else left for the next start. */
  close(): void {
    if (this.#closed) return;
    this.flushSync();
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#housekeeping);
    const lost = this.#memory.clearUnread();
    this.#lose("disk", lost.records, lost.spans);
    try {
      this.#store.close(this.#pendingRecords === 0 && this.#store.openTraces.size === 0);
    } catch (error) {
      this.#trouble.raise("close", `The spool cannot be closed in order (${reasonOf(error)}).`);
    }
  }

  /** Writes to disk; false when it refuses, and from then on everything goes to memory. */
  #write(records: readonly EncodedRecord[], nowMs: number): boolean {
    try {
      this.#account(records, this.#store.write(records, nowMs));
      return true;
    } catch (error) {
      if (!this.#reopen()) this.#refuse(error);
    }
    if (this.#refused) return false;
    try {
      this.#account(records, this.#store.write(records, nowMs));
      return true;
    } catch (error) {
      this.#refuse(error);
      return false;
    }
  }

  #account(records: readonly EncodedRecord[], written: Written & EncodedLines): void {
    const { segment, start, ends } = written;
    let spans = 0;
    let from = start;
    for (let index = 0; index < records.length; index++) {
      const end = start + (ends[index] as number);
      if (this.#store.openTraces.note(records[index] as EncodedRecord, segment, from, end) === "span")
        spans += 1;
      from = end;
    }
    segment.records += records.length;
    segment.spans += spans;
    this.#pendingRecords += records.length;
    this.#pendingSpans += spans;
  }

  #remember(records: readonly EncodedRecord[], nowMs: number): void {
    const entries = records.map((record) => {
      const span = this.#store.openTraces.note(record) === "span";
      if (span) this.#pendingSpans += 1;
      return { record, span, atMs: nowMs };
    });
    this.#pendingRecords += records.length;
    const evicted = this.#memory.push(entries);
    this.#lose("disk", evicted.records, evicted.spans);
    if (nowMs >= this.#retryAtMs) this.#recover();
    else this.#retryLater();
  }

  #refuse(error: unknown): void {
    this.#refused = true;
    this.#retryAtMs = performance.now() + RETRY_MS;
    this.#retryLater();
    this.#trouble.raise(
      "disk",
      `The spool's disk refuses (${reasonOf(error)}); spans wait in memory, which is bounded.`,
    );
  }

  #retryLater(): void {
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      if (this.#memory.length > 0) this.#recover();
    }, RETRY_MS).unref();
  }

  /** Moves what waits in memory to disk, in order. */
  #recover(): void {
    try {
      this.#store.open();
      // Records that are being delivered can only be at the front of a segment.
      this.#store.seal();
      while (this.#memory.length > 0) {
        const entries = this.#memory.oldest(MIB);
        const records = entries.map((entry) => entry.record);
        const { segment, start, ends } = this.#store.write(records, entries[0]?.atMs ?? performance.now());
        segment.records += entries.length;
        segment.spans += entries.filter((entry) => entry.span).length;
        const positions = ends.map((end) => start + end);
        for (const ticket of this.#memory.moveTo(segment, positions)) {
          segment.takenRecords += ticket.records;
          segment.takenSpans += ticket.spans;
        }
      }
      this.#refused = false;
      this.#trouble.clear("disk", "The spool writes to disk again.");
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Replaces a directory that somebody has deleted; whether there was need for it, and it worked. */
  #reopen(): boolean {
    if (!this.#store.deleted) return false;
    this.#trouble.raise(
      "deleted",
      "Somebody has deleted the spool's directory or a file in it; a new one is made.",
    );
    try {
      this.#store.open();
      return true;
    } catch (error) {
      this.#refuse(error);
      return false;
    }
  }

  #keepHouse(): void {
    this.#housekeeping = undefined;
    if (this.#refused || this.#closed) return;
    this.#reopen();
    const own = this.#store.own;
    if (own) this.#store.checkpointer.touch(own);
    if (this.#options.fsync === "always") return;
    this.#store.syncSoon((error) =>
      this.#trouble.raise("sync", `The spool cannot be flushed to the disk (${reasonOf(error)}).`),
    );
  }

  #nextUnread(): Segment | undefined {
    for (const directory of this.#store.directories) {
      for (const segment of directory.segments) if (segment.unread) return segment;
    }
    return undefined;
  }

  async #takeNext(limits: TakeLimits): Promise<SpoolBatch | undefined> {
    while (this.unread) {
      const segment = this.#nextUnread();
      if (!segment) {
        const read = this.#memory.read(limits);
        return this.#hand(read, this.#memory.take(read));
      }
      let read: ReadRecords;
      try {
        read = await readRecords(segment, limits);
      } catch (error) {
        this.#unreadable(segment, error);
        continue;
      }
      // Given up in the meantime; what it held is counted already.
      if (segment.removed) continue;
      const ticket = segment.take(read.end, read.records.length, read.spans);
      segment.takenRecords += ticket.records;
      segment.takenSpans += ticket.spans;
      this.#reconcile(segment);
      if (ticket.records > 0) return this.#hand(read, ticket);
      const directory = this.#store.directoryOf(segment);
      if (directory) this.#store.sweep(directory);
    }
    return undefined;
  }

  #hand(read: ReadRecords, ticket: Ticket): SpoolBatch {
    const batch = { records: read.records, spans: read.spans, bytes: read.bytes };
    this.#tickets.set(batch, ticket);
    return batch;
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
    if (records !== 0) this.#lose("damaged", records, spans);
    if (!segment.sealed) return;
    segment.rewind();
    segment.close();
  }

  #unreadable(segment: Segment, error: unknown): void {
    const gone = ["ENOENT", "ENOTDIR", "ESTALE"].includes((error as NodeJS.ErrnoException).code ?? "");
    if (gone && this.#reopen()) return;
    const directory = this.#store.directoryOf(segment);
    if (gone && directory) {
      this.#trouble.raise(
        "lost",
        `A segment of the spool has disappeared (${segment.label}); its spans are counted as dropped.`,
      );
      this.#store.give(directory, segment, "disk");
      return;
    }
    this.#trouble.raise(
      "read",
      `The spool cannot be read (${reasonOf(error)}); it is tried again every second.`,
    );
    this.#blockedUntilMs = performance.now() + RETRY_MS;
    setTimeout(() => this.onReadable?.(), RETRY_MS + 1).unref();
  }

  #lose(reason: SpoolDropReason, records: number, spans: number): void {
    this.#pendingRecords -= records;
    this.#pendingSpans -= spans;
    this.#report(reason, spans);
  }

  #report(reason: SpoolDropReason, spans: number): void {
    if (spans > 0) this.#options.onDrop(reason, spans);
  }

  #listDirectories(): string[] {
    try {
      return listDirectories(this.#options.dir);
    } catch (error) {
      this.#trouble.raise(
        "list",
        `The spool's root cannot be listed (${reasonOf(error)}); nothing is taken over.`,
      );
      return [];
    }
  }

  /** From here on the traces that a dead process left open are this process's business. */
  #emitInterrupted({ directory, interrupted }: Adopted): void {
    for (let index = 0; index < interrupted.length; index += INTERRUPTED_AT_ONCE) {
      this.append(interrupted.slice(index, index + INTERRUPTED_AT_ONCE));
    }
    // Only what is on disk may be taken off the dead process's list.
    if (this.#refused) return;
    directory.openTraces.clear();
    if (directory.inheritance) directory.inheritance.interrupted = true;
    this.#store.checkpointer.write(directory);
  }

  #publish(adopted: readonly Adopted[]): Adoption {
    const adoption: Adoption = { spans: 0, interrupted: [], directories: 0 };
    for (const { directory, damagedSpans, interrupted } of adopted) {
      if (this.#closed) {
        directory.release();
        continue;
      }
      this.#store.addAdopted(directory);
      const spans = directory.segments.reduce((sum, segment) => sum + segment.spans, 0);
      this.#pendingSpans += spans;
      this.#pendingRecords += directory.segments.reduce((sum, segment) => sum + segment.records, 0);
      this.#report("damaged", damagedSpans);
      adoption.spans += spans + damagedSpans;
      adoption.interrupted.push(...interrupted);
      adoption.directories += 1;
      this.#store.sweep(directory);
    }
    if (adoption.directories > 0 && !this.#closed) {
      this.#store.makeRoom(0);
      this.onReadable?.();
    }
    return adoption;
  }
}

function isSpan(record: EncodedRecord): boolean {
  return peekRecord(record)?.type === "span";
}

function requireBytes(option: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw invalidOption(option, value, "a whole number of bytes, at least 1");
}
