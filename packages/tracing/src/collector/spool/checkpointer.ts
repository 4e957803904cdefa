import type { LostEnd } from "./open-traces.ts";
import type { Segment } from "./segment.ts";
import type { SpoolDirectory, ToldOutside } from "./spool-directory.ts";
import { reasonOf, type Trouble } from "./trouble.ts";

const INTERVAL_MS = 200;

export interface CheckpointerOptions {
  /** Whether checkpoints wait for the disk. */
  sync: boolean;
  trouble: Trouble;
  /** What goes into a directory's checkpoint for readers outside of this process. */
  told(directory: SpoolDirectory): ToldOutside;
}

/** Writes checkpoints, at most every 200 ms, and deletes segments once the checkpoint that says so is written. */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #waiting = new Set<SpoolDirectory>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  /** Something in the directory changed; a checkpoint follows soon. */
  touch(directory: SpoolDirectory): void {
    directory.dirty = true;
    this.#waiting.add(directory);
    this.#timer ??= setTimeout(() => this.flush(), INTERVAL_MS).unref();
  }

  /** Writes every checkpoint that is due. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const directory of waiting) if (directory.dirty) this.write(directory);
  }

  /** Writes a directory's checkpoint now; returns whether the disk took it. */
  write(directory: SpoolDirectory): boolean {
    const { told, sync, trouble } = this.#options;
    try {
      directory.checkpoint(told(directory), sync);
    } catch (error) {
      trouble.raise(
        "checkpoint",
        `The spool cannot write its checkpoint (${reasonOf(error)}); after a crash, records are sent again.`,
      );
      return false;
    }
    trouble.clear("checkpoint", "The spool writes its checkpoint again.");
    return true;
  }

  /**
   * Deletes segments, which leave the directory's list at once; returns the ends of traces that are lost with them. `keep`
   * is told of these while the files are still there, so that a crash finds the one or the other.
   */
  delete(
    directory: SpoolDirectory,
    segments: readonly Segment[],
    keep: (lost: readonly LostEnd[]) => void,
  ): LostEnd[] {
    if (segments.length === 0) return [];
    const lost = segments.flatMap((segment) => directory.detach(segment));
    keep(lost);
    const written = this.write(directory);
    for (const segment of segments) this.#discard(directory, segment);
    // On a full disk the deletion has to come first, since it makes the room that the checkpoint needs.
    if (!written) this.touch(directory);
    return lost;
  }

  /** Lets go of a directory that is no longer ours. */
  forget(directory: SpoolDirectory): void {
    this.#waiting.delete(directory);
  }

  #discard(directory: SpoolDirectory, segment: Segment): void {
    try {
      directory.discard(segment);
    } catch (error) {
      this.#options.trouble.raise("delete", `The spool cannot delete ${segment.label} (${reasonOf(error)}).`);
    }
  }
}
