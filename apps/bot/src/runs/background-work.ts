/** Work that outlives the reply it belongs to, by rep. */
export class BackgroundWork {
  readonly #pending = new Map<Promise<void>, string>();
  readonly #controller = new AbortController();

  /** Gives all of it up, when the bot can wait no longer. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** @param work never rejects */
  add(userId: string, work: Promise<void>): void {
    this.#pending.set(work, userId);
    void work.then(() => this.#pending.delete(work));
  }

  /** Resolves when what was going on for a rep has settled. */
  async settled(userId: string): Promise<void> {
    await Promise.all([...this.#pending].flatMap(([work, owner]) => (owner === userId ? [work] : [])));
  }

  /** Waits for all of it; what is not done in time is given up. */
  async drain(timeoutMs: number): Promise<void> {
    if (this.#pending.size === 0) return;
    const timer = setTimeout(() => this.#controller.abort(new Error("The bot stops.")), timeoutMs);
    await Promise.all(this.#pending.keys());
    clearTimeout(timer);
  }
}
