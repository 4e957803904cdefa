import { closeSync, fdatasyncSync, fstatSync, fsyncSync, ftruncateSync, openSync } from "node:fs";
import { join } from "node:path";
import { writeAll } from "./checkpoint.ts";
import { Segment, segmentName } from "./segment.ts";
import type { SpoolDirectory } from "./spool-directory.ts";

export interface SegmentWriterOptions {
  segmentBytes: number;
  /** Whether every write waits for the disk. */
  sync: boolean;
  /** What was written may not have reached the disk. */
  onSyncFailed(error: Error): void;
}

/** Where lines were written. */
export interface Written {
  segment: Segment;
  start: number;
}

/** Appends lines to the newest segment of a directory, all of a call or none. */
export class SegmentWriter {
  readonly #directory: SpoolDirectory;
  readonly #options: SegmentWriterOptions;
  #active: Segment | undefined;
  #fd = -1;

  constructor(directory: SpoolDirectory, options: SegmentWriterOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  /** The segment that is written to. */
  get active(): Segment | undefined {
    return this.#active;
  }

  /**
   * Appends in one write. When the disk takes only a part, the part is taken back.
   *
   * @throws when the disk refuses; nothing was written then, and the next call begins a new segment.
   */
  write(bytes: Buffer, atMs: number): Written {
    if (
      this.#active &&
      this.#active.size > 0 &&
      this.#active.size + bytes.length > this.#options.segmentBytes
    )
      this.seal();
    const grown = this.#active !== undefined && this.#active.size > 0;
    try {
      return this.#append(bytes, atMs);
    } catch (error) {
      // A limit on the size of a file says nothing about the next file.
      if (!grown || (error as NodeJS.ErrnoException).code !== "EFBIG") throw error;
      return this.#append(bytes, atMs);
    }
  }

  /** Ends the active segment; the next write begins a new one. */
  seal(): void {
    const active = this.#active;
    if (!active) return;
    this.#active = undefined;
    this.#fd = -1;
    active.sealed = true;
    if (!this.#options.sync) active.sync(this.#options.onSyncFailed);
    active.close();
  }

  /** Whether the active segment's file has been deleted by somebody else. */
  get unlinked(): boolean {
    return this.#active !== undefined && fstatSync(this.#fd).nlink === 0;
  }

  /** Waits until what was written is on the disk. @throws when the disk refuses. */
  syncNow(): void {
    const active = this.#active;
    if (!active) return;
    fdatasyncSync(this.#fd);
    if (!active.named) syncDirectory(this.#directory.path);
    active.named = true;
  }

  #append(bytes: Buffer, atMs: number): Written {
    const segment = this.#active ?? this.#begin();
    const start = segment.size;
    try {
      writeAll(this.#fd, bytes);
      if (this.#options.sync) this.syncNow();
    } catch (error) {
      this.#rollBack(segment);
      throw error;
    }
    segment.size = start + bytes.length;
    segment.ages.add(start, atMs);
    return { segment, start };
  }

  #begin(): Segment {
    const { path, nextSequence } = this.#directory;
    // Counted up even when it fails: a file that is in the way must not be so for ever.
    this.#directory.nextSequence += 1;
    const fd = openSync(join(path, segmentName(nextSequence)), "ax+", 0o600);
    const segment = new Segment(path, nextSequence, fd);
    this.#directory.segments.push(segment);
    this.#active = segment;
    this.#fd = fd;
    return segment;
  }

  /** Cuts off a partial write; where even that is refused, the segment's size tells readers where to stop. */
  #rollBack(segment: Segment): void {
    try {
      ftruncateSync(this.#fd, segment.size);
    } finally {
      this.seal();
      if (segment.size === 0) {
        this.#directory.detach(segment);
        this.#directory.discard(segment);
      }
    }
  }
}

/** Makes sure that a new file's name has reached the disk, not only its bytes. */
function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
