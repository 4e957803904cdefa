import { close, fdatasync, fsync, open, openSync } from "node:fs";
import { basename, join } from "node:path";
import { AgeMarks } from "./age-marks.ts";
import { LineCursor } from "./line-cursor.ts";
import { Progress } from "./progress.ts";

// The version is in the name, so that nobody has to read a file to know that it is not for him.
const NAME = /^segment-(\d{10})\.v(\d+)\.ndjson$/;

const MAX_KNOWN_DAMAGE = 1_000;

/** Version of the segments' form; files of another one are left alone. */
export const SEGMENT_FORMAT = 1;

export function segmentName(sequence: number): string {
  return `segment-${String(sequence).padStart(10, "0")}.v${SEGMENT_FORMAT}.ndjson`;
}

/** What a file's name says, or undefined when it is no segment. */
export function parseSegmentName(name: string): { sequence: number; format: number } | undefined {
  const match = NAME.exec(name);
  return match ? { sequence: Number(match[1]), format: Number(match[2]) } : undefined;
}

/** One append-only file of a spool: what is in it and how far it has been read and settled. */
export class Segment extends Progress {
  readonly sequence: number;
  readonly ages = new AgeMarks();
  dir: string;
  /** Bytes that hold whole lines; more may be in the file after a failed write. */
  size = 0;
  /** Records and spans between the position it began at and `size`. */
  records = 0;
  spans = 0;
  takenRecords = 0;
  takenSpans = 0;
  /** Where lines stand that were damaged when the segment was taken over, and are counted. */
  readonly #knownDamage = new Set<number>();
  /** Where damage begins that was passed over and is not counted yet: whoever reads it again counts it. */
  uncountedAt: number | undefined;
  /** Its name is on the disk too. */
  named = false;
  /** Nothing more will be appended. */
  sealed = false;
  /** Given up because of the cap or of a fault; tickets may still be out. */
  removed = false;
  #cursor: LineCursor | undefined;
  #fd: number | undefined;
  #users = 0;
  #closing = false;

  constructor(dir: string, sequence: number, fd?: number) {
    super(0);
    this.dir = dir;
    this.sequence = sequence;
    this.#fd = fd;
  }

  get path(): string {
    return join(this.dir, segmentName(this.sequence));
  }

  /** For messages: the file and its directory, without the way there. */
  get label(): string {
    return join(basename(this.dir), segmentName(this.sequence));
  }

  /** Notes that the damaged line at a position is counted; of too many none is told apart any more. */
  knowDamage(position: number): void {
    if (this.#knownDamage.size < MAX_KNOWN_DAMAGE) this.#knownDamage.add(position);
  }

  knowsDamage(position: number): boolean {
    return this.#knownDamage.size >= MAX_KNOWN_DAMAGE || this.#knownDamage.has(position);
  }

  /** Up to where nobody has to look at it again. */
  get dealtWith(): number {
    return Math.min(this.settled, this.uncountedAt ?? this.settled);
  }

  get unread(): boolean {
    return !this.removed && this.read < this.size;
  }

  /** Whether it holds nothing that anybody waits for. */
  get done(): boolean {
    return this.sealed && this.settled >= this.size && this.tickets.length === 0;
  }

  /** Reads on where the last batch ended. */
  get cursor(): LineCursor {
    this.#cursor ??= new LineCursor(this.read);
    return this.#cursor;
  }

  /** Forgets what was read ahead. */
  rewind(): void {
    this.#cursor = undefined;
  }

  /** The descriptor, opened when need be; kept open until as many {@link leave} as `enter` were called. */
  enter(): number {
    this.#fd ??= openSync(this.path, "r");
    this.#users += 1;
    return this.#fd;
  }

  leave(): void {
    this.#users -= 1;
    this.#closeIfUnused();
  }

  /** Closes the descriptor once nobody uses it; reading opens it again. */
  close(): void {
    if (this.#fd === undefined) return;
    this.#closing = true;
    this.#closeIfUnused();
  }

  /** Brings what was written to the disk in the background, and reports what the disk says. */
  sync(onError: (error: Error) => void): void {
    if (this.#fd === undefined) return;
    const fd = this.enter();
    fdatasync(fd, (error) => {
      this.leave();
      if (error) onError(error);
      else if (!this.named) this.#syncName(onError);
    });
  }

  #syncName(onError: (error: Error) => void): void {
    this.named = true;
    open(this.dir, "r", (openError, fd) => {
      if (openError) return; // Deleted since, and then there is nothing to keep.
      fsync(fd, (error) => {
        close(fd, () => undefined);
        if (error) onError(error);
      });
    });
  }

  #closeIfUnused(): void {
    if (!this.#closing || this.#users > 0 || this.#fd === undefined) return;
    const fd = this.#fd;
    this.#fd = undefined;
    this.#closing = false;
    // Whether the bytes have arrived is for fdatasync to say; the descriptor is gone either way.
    close(fd, () => undefined);
  }
}
