/** A call that is under way. */
export interface Attempt {
  /** It was given up, because no answer came. */
  hung: boolean;
}

/** Remembers for a while that calls hang; then one of them may find out whether they still do. */
export class HangMemory {
  readonly #memoryMs: number;
  /** By the monotonic clock; undefined while all is well. */
  #hungAt: number | undefined;
  #probe: Attempt | undefined;

  constructor(memoryMs: number) {
    this.#memoryMs = memoryMs;
  }

  /** Undefined when the call would hang; what is begun must be ended. */
  begin(): Attempt | undefined {
    const attempt = { hung: false };
    if (this.#hungAt === undefined) return attempt;
    if (this.#probe || performance.now() - this.#hungAt < this.#memoryMs) return undefined;
    this.#probe = attempt;
    return attempt;
  }

  end(attempt: Attempt): void {
    // An answer to any of those under way tells that the others were slow, and no more.
    this.#hungAt = attempt.hung ? performance.now() : undefined;
    if (this.#probe === attempt) this.#probe = undefined;
  }

  forget(): void {
    this.#hungAt = undefined;
  }
}
