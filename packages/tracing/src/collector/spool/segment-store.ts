import { existsSync } from "node:fs";
import type { EncodedRecord } from "../../record/record.ts";
import { Checkpointer } from "./checkpointer.ts";
import { countDeadLetters, inheritDeadLetters } from "./dead-letters.ts";
import { type EncodedLines, LineEncoder, recordType } from "./line.ts";
import { type LostEnd, OpenTraces } from "./open-traces.ts";
import { relocate, rewrite } from "./relocation.ts";
import type { Segment } from "./segment.ts";
import { SegmentWriter, type Written } from "./segment-writer.ts";
import { SpoolDirectory } from "./spool-directory.ts";
import { reasonOf, type Trouble } from "./trouble.ts";

const CLEAR_SHARE = 0.9;

export interface SegmentStoreOptions {
  root: string;
  maxBytes: number;
  segmentBytes: number;
  /** Whether every write waits for the disk. */
  sync: boolean;
  trouble: Trouble;
  ledger: () => Record<string, unknown>;
  /** A segment was given up: records and spans in it that nobody had taken, and how many spans are kept in another form. */
  onLost(reason: "spool-full" | "disk", records: number, spans: number, kept: number): void;
}

/** Every segment of this process on disk: its own directory, and those it took over. Keeps them below the cap. */
export class SegmentStore {
  readonly #options: SegmentStoreOptions;
  readonly #encoder = new LineEncoder();
  readonly openTraces = new OpenTraces();
  readonly checkpointer: Checkpointer;
  readonly adopted: SpoolDirectory[] = [];
  #own: SpoolDirectory | undefined;
  #writer: SegmentWriter | undefined;
  #bytes = 0;
  #rescued: EncodedRecord[] = [];

  constructor(options: SegmentStoreOptions) {
    this.#options = options;
    const { sync, trouble, maxBytes } = options;
    const told = (directory: SpoolDirectory) => ({
      ledger: directory === this.#own ? options.ledger() : {},
      maxBytes,
    });
    this.checkpointer = new Checkpointer({ sync, trouble, told });
  }

  /** The process's own directory, once the disk has allowed it. */
  get own(): SpoolDirectory | undefined {
    return this.#own;
  }

  /** Directories in the order in which they are read. */
  get directories(): SpoolDirectory[] {
    return this.#own ? [...this.adopted, this.#own] : this.adopted;
  }

  /** Makes the own directory, or replaces what somebody has deleted of it. @throws when the disk refuses. */
  open(): void {
    if (this.#own && existsSync(this.#own.path)) {
      if (this.#writer?.unlinked && this.#writer.active) rewrite(this.#writer.active, this.#own.path);
      if (this.#writer?.unlinked) this.#writer.seal();
      return;
    }
    const fresh = SpoolDirectory.create(this.#options.root, this.openTraces);
    const { segmentBytes, sync } = this.#options;
    const writer = new SegmentWriter(fresh, {
      segmentBytes,
      sync,
      onSyncFailed: (error) => this.#syncFailed(error),
    });
    const old = this.#own;
    if (old) {
      const lost = relocate(old, fresh);
      this.#writer?.seal();
      this.checkpointer.forget(old);
      old.release();
      for (const segment of lost) this.#giveUp(segment, "disk", this.openTraces.leaveSegment(segment));
      this.checkpointer.touch(fresh);
    }
    this.#own = fresh;
    this.#writer = writer;
  }

  /** Whether somebody has deleted the own directory or the segment that is being written. */
  get deleted(): boolean {
    return this.#own !== undefined && (this.#writer?.unlinked === true || !existsSync(this.#own.path));
  }

  /** Appends records in one write. @throws when the disk refuses; nothing was written then. */
  write(records: readonly EncodedRecord[], atMs: number): Written & EncodedLines {
    const lines = this.#encoder.encode(records);
    this.makeRoom(lines.bytes.length);
    if (!this.#writer) this.open();
    const writer = this.#writer as SegmentWriter;
    const written = writer.write(lines.bytes, atMs);
    this.#bytes += lines.bytes.length;
    return { ...written, ...lines };
  }

  /** Ends the segment that is being written, so that the next write begins a new one. */
  seal(): void {
    this.#writer?.seal();
  }

  /** Adds a directory that was taken over. */
  addAdopted(directory: SpoolDirectory): void {
    this.adopted.push(directory);
    this.#bytes += directory.bytes;
  }

  /** Lets the oldest segments go until `bytes` more fit under the cap. */
  makeRoom(bytes: number): void {
    const { maxBytes, trouble } = this.#options;
    while (this.#bytes + bytes > maxBytes) {
      const directory = this.directories.find((candidate) => candidate.segments.length > 0);
      const oldest = directory?.segments[0];
      if (!directory || !oldest) return;
      if (oldest === this.#writer?.active) this.#writer.seal();
      if (oldest.unread) {
        trouble.raise(
          "cap",
          `The spool has reached its cap of ${maxBytes} bytes; the oldest spans are dropped.`,
        );
      }
      this.drop(directory, oldest, "spool-full");
    }
  }

  /** Drops a segment with everything in it that nobody has taken. */
  drop(directory: SpoolDirectory, segment: Segment, reason: "spool-full" | "disk"): void {
    this.#giveUp(segment, reason, this.#delete(directory, [segment]));
    this.#removeIfEmpty(directory);
  }

  /** What is to be written again of segments that were given up, once. */
  takeRescued(): EncodedRecord[] {
    return this.#rescued.splice(0);
  }

  /** Forgets what is known of these traces, and what was read ahead of segments in which their lines are erased. */
  forget(traceIds: ReadonlySet<string>): void {
    for (const directory of this.directories) {
      directory.openTraces.forget(traceIds);
      for (const segment of directory.segments) segment.rewind();
      this.checkpointer.write(directory);
    }
  }

  /** Says what can be said of traces whose end stands in a segment that turned out damaged. */
  rescueDamaged(segment: Segment): void {
    const lost = this.directoryOf(segment)?.openTraces.damagedEnds(segment) ?? [];
    this.#rescue(lost);
  }

  /** The segment that is read next. */
  nextUnread(): Segment | undefined {
    for (const directory of this.directories) {
      for (const segment of directory.segments) if (segment.unread) return segment;
    }
    return undefined;
  }

  /** When the oldest record that is not settled was written, on the monotonic clock. */
  get oldestAtMs(): number | undefined {
    let oldest: number | undefined;
    for (const directory of this.directories) {
      const segment = directory.segments.find((candidate) => candidate.settled < candidate.size);
      const at = segment?.ages.writtenAt(segment.settled);
      if (at !== undefined && (oldest === undefined || at < oldest)) oldest = at;
    }
    return oldest;
  }

  /** The directory that a segment stands in. */
  directoryOf(segment: Segment): SpoolDirectory | undefined {
    return this.directories.find((directory) => directory.path === segment.dir);
  }

  /** Deletes the segments at the front of a directory that are settled, and the directory when nothing is left to do. */
  sweep(directory: SpoolDirectory): void {
    const done = directory.doneSegments();
    if (done.length > 0) this.#delete(directory, done);
    this.#removeIfEmpty(directory);
    const { maxBytes, trouble } = this.#options;
    if (this.#bytes < maxBytes * CLEAR_SHARE) trouble.clear("cap", "The spool is below its cap again.");
  }

  /** Brings what was written to the disk in the background. */
  syncSoon(): void {
    this.#writer?.active?.sync((error) => this.#syncFailed(error));
  }

  /** Writes all checkpoints and waits for the disk. @throws when the disk refuses. */
  flush(): void {
    for (const directory of this.directories) this.checkpointer.touch(directory);
    this.checkpointer.flush();
    this.#writer?.syncNow();
  }

  /** Gives up all locks; deletes the own directory when nothing in it is worth keeping. */
  close(): void {
    this.checkpointer.flush();
    for (const directory of this.adopted.splice(0)) {
      this.checkpointer.forget(directory);
      directory.release();
    }
    this.#writer?.seal();
    const own = this.#own;
    if (!own) return;
    this.sweep(own);
    const empty = own.segments.length === 0 && this.openTraces.size === 0 && countDeadLetters(own.path) === 0;
    if (empty) this.#remove(own);
    else own.release();
    this.checkpointer.forget(own);
  }

  #syncFailed(error: Error): void {
    const message = `The spool's files may not have reached the disk (${reasonOf(error)}); a power loss would lose them.`;
    this.#options.trouble.raise("sync", message);
  }

  #delete(directory: SpoolDirectory, segments: readonly Segment[]): LostEnd[] {
    const lost = this.checkpointer.delete(directory, segments, (ends) => this.#keepOpen(ends, directory));
    for (const segment of segments) this.#bytes -= segment.size;
    return lost;
  }

  #giveUp(segment: Segment, reason: "spool-full" | "disk", lost: readonly LostEnd[]): void {
    segment.removed = true;
    this.#rescue(lost);
    const kept = lost.filter(({ record }) => record && recordType(record) === "span").length;
    const { records, spans, takenRecords, takenSpans } = segment;
    this.#options.onLost(reason, records - takenRecords, spans - takenSpans, kept);
  }

  #rescue(lost: readonly LostEnd[]): void {
    this.#keepOpen(lost);
    for (const { record } of lost) if (record !== undefined) this.#rescued.push(record);
    // What nobody writes again is known to the checkpoint alone.
    if (this.#own && lost.some(({ record }) => record === undefined)) this.checkpointer.write(this.#own);
  }

  /**
   * Until they are written again, a crash would leave these traces open, and the own checkpoint says so: that of a directory
   * which was taken over is not asked for its open traces again.
   */
  #keepOpen(lost: readonly LostEnd[], from = this.#own): void {
    const open = lost.flatMap(({ started }) => started ?? []);
    for (const started of open) this.openTraces.hold(started);
    if (this.#own && from !== this.#own && open.length > 0) this.checkpointer.write(this.#own);
  }

  #removeIfEmpty(directory: SpoolDirectory): void {
    const index = this.adopted.indexOf(directory);
    if (index < 0 || directory.segments.length > 0 || !directory.inheritance?.interrupted) return;
    this.adopted.splice(index, 1);
    this.checkpointer.forget(directory);
    this.#remove(directory);
  }

  #remove(directory: SpoolDirectory): void {
    const { trouble } = this.#options;
    try {
      const moved =
        directory === this.#own || (this.#own && inheritDeadLetters(directory.path, this.#own.path));
      if (moved) directory.remove();
      else directory.release();
    } catch (error) {
      directory.release();
      trouble.raise("remove", `A finished spool directory cannot be removed (${reasonOf(error)}).`);
    }
  }
}
