import { join } from "node:path";
import { invalidOption } from "../../core/errors.ts";
import type { EncodedRecord } from "../../record/record.ts";
import { type DeadLetter, writeDeadLetters } from "./dead-letters.ts";
import { Intake } from "./intake.ts";
import { MemoryQueue } from "./memory-queue.ts";
import { Outlet, type SpoolBatch } from "./outlet.ts";
import { Pending, type SpoolDropReason } from "./pending.ts";
import type { TakeLimits } from "./segment-reader.ts";
import { SegmentStore } from "./segment-store.ts";
import { directoryName } from "./spool-directory.ts";
import { type Adoption, takeOver } from "./takeover.ts";
import { reasonOf, Trouble } from "./trouble.ts";

export type { DeadLetter } from "./dead-letters.ts";
export type { SpoolBatch } from "./outlet.ts";
export type { SpoolDropReason } from "./pending.ts";
export type { TakeLimits } from "./segment-reader.ts";
export { readSpoolStatus, type SpoolStatus } from "./spool-status.ts";
export type { Adoption } from "./takeover.ts";

const MIB = 1024 * 1024;

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
  /**
   * Spans that have come from dead processes, damaged ones included; called synchronously as {@link Spool.pendingSpans}
   * grows by them, so that whoever counts them is never behind.
   */
  onAdopt?(spans: number): void;
  /** Spans that are given up; other types of records do not count. */
  onDrop(reason: SpoolDropReason, spans: number): void;
  /** Told of each kind of trouble once, and once when it is over. */
  onWarn(message: string): void;
}

/**
 * The queue on disk between the spans that end and the backend that stores them.
 *
 * What {@link append} was given survives the process from the moment it returns. Batches are handed out in order, taken
 * over records first, may be settled in any order, and come again after a crash unless a checkpoint has noted them.
 */
export class Spool {
  readonly #root: string;
  readonly #trouble: Trouble;
  readonly #pending: Pending;
  readonly #memory: MemoryQueue;
  readonly #store: SegmentStore;
  readonly #intake: Intake;
  readonly #outlet: Outlet;
  readonly #plannedDir: string;
  readonly #onAdopt: (spans: number) => void;
  #ledger: () => Record<string, unknown> = () => ({});
  #closed = false;
  /** Called synchronously when {@link take} may have something to return. */
  onReadable: (() => void) | undefined;

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
    const trouble = new Trouble((message) => options.onWarn(message));
    const pending = new Pending((reason, spans) => options.onDrop(reason, spans));
    const memory = new MemoryQueue(memoryBytes);
    const store = new SegmentStore({
      root: dir,
      maxBytes,
      // One segment is the least that can be dropped.
      segmentBytes: Math.min(segmentBytes, Math.ceil(maxBytes / 4)),
      sync: fsync === "always",
      trouble,
      ledger: () => this.#ledger(),
      onLost: (reason, records, spans, kept) => pending.lose(reason, records, spans, kept),
    });
    const intake = new Intake({ store, memory, pending, trouble, syncLater: fsync === "interval" });
    const reopen = () => intake.reopen();
    this.#root = dir;
    this.#trouble = trouble;
    this.#pending = pending;
    this.#memory = memory;
    this.#store = store;
    this.#intake = intake;
    this.#outlet = new Outlet({
      store,
      memory,
      pending,
      trouble,
      reopen,
      rescue: () => intake.rescue(),
      onReadable: () => this.onReadable?.(),
    });
    this.#plannedDir = join(dir, directoryName());
    this.#onAdopt = (spans) => options.onAdopt?.(spans);
  }

  /** This process's own directory; where it would be, while the disk does not allow one. */
  get dir(): string {
    return this.#store.own?.path ?? this.#plannedDir;
  }

  /** Ended spans that are not settled, wherever they are. */
  get pendingSpans(): number {
    return this.#pending.spans;
  }

  /** Records of all types that are not settled. */
  get pendingRecords(): number {
    return this.#pending.records;
  }

  /** Age of the oldest record that is not settled, 0 when there is none; for taken over records, since their spans ended. */
  get oldestPendingMs(): number {
    const oldest = Math.min(this.#store.oldestAtMs ?? Infinity, this.#memory.oldestAtMs ?? Infinity);
    return Math.max(0, performance.now() - oldest);
  }

  /** Whether {@link take} may return something now. */
  get unread(): boolean {
    return this.#outlet.unread;
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
    this.#intake.append(records);
    if (!this.#closed) this.onReadable?.();
  }

  /**
   * The next unread records in order, undefined when nothing is unread. A record that is larger than the limits comes
   * alone. Call it again as often as memory allows before earlier batches are settled.
   */
  take(limits: TakeLimits): Promise<SpoolBatch | undefined> {
    return this.#outlet.take(limits);
  }

  /** Says that a batch is stored or dead-lettered. Settling it again, or after {@link close}, does no harm. */
  settle(batch: SpoolBatch): void {
    this.#outlet.settle(batch);
  }

  /** The traces of a batch whose lines have been erased since it was taken, by this process or another. */
  findErased(batch: SpoolBatch): Promise<ReadonlySet<string>> {
    return this.#outlet.findErased(batch);
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
   * Everything taken over becomes visible in the counts at once; {@link SpoolOptions.onAdopt} is called at that moment,
   * which is before the promise resolves.
   */
  async adopt(): Promise<Adoption> {
    const adoption = await takeOver({
      root: this.#root,
      store: this.#store,
      intake: this.#intake,
      pending: this.#pending,
      trouble: this.#trouble,
      onAdopt: this.#onAdopt,
      closed: () => this.#closed,
    });
    if (this.unread) this.onReadable?.();
    return adoption;
  }

  /**
   * Forgets what it keeps in memory of traces whose lines have been erased from its files, so that nothing of them is
   * written again. What is being delivered is not called back.
   */
  forget(traceIds: ReadonlySet<string>): void {
    if (this.#closed) return;
    const { records, spans } = this.#memory.forget(traceIds);
    this.#pending.lose("erased", records, spans);
    this.#store.forget(traceIds);
  }

  /** Writes checkpoints and waits until the disk has everything; for the moments before the process ends. */
  flushSync(): void {
    if (this.#closed) return;
    if (this.#memory.length > 0) this.#intake.recover();
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
    this.#outlet.close();
    this.#intake.close();
    try {
      this.#store.close();
    } catch (error) {
      this.#trouble.raise("close", `The spool cannot be closed in order (${reasonOf(error)}).`);
    }
  }
}

function requireBytes(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw invalidOption(option, value, "a whole number of bytes, at least 1");
}
