const SPACING_MS = 100;
const MAX_MARKS = 128;

interface Mark {
  position: number;
  atMs: number;
}

/**
 * When the bytes of a segment were written, roughly: a mark every 100 ms, thinned out as they become many, so that the
 * age of any position is known within a bound that is small against the age itself.
 */
export class AgeMarks {
  #marks: Mark[] = [];
  #spacingMs = SPACING_MS;

  /** Notes that what follows `position` is written now. `nowMs` is monotonic. */
  add(position: number, nowMs: number): void {
    const last = this.#marks.at(-1);
    if (last && nowMs - last.atMs < this.#spacingMs) return;
    this.#marks.push({ position, atMs: nowMs });
    if (this.#marks.length <= MAX_MARKS) return;
    this.#marks = this.#marks.filter((_, index) => index % 2 === 0);
    this.#spacingMs *= 2;
  }

  /** When the byte at `position` was written, or a little earlier. */
  writtenAt(position: number): number | undefined {
    let next = this.#marks[1];
    while (next && next.position <= position) {
      this.#marks.shift();
      next = this.#marks[1];
    }
    return this.#marks[0]?.atMs;
  }
}
