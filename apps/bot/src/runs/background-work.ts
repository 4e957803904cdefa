interface Piece {
  userId: string;
  controller: AbortController | undefined;
}

/** How long what has been given up is waited for: a call to the database does not end at once. */
const GRACE_MS = 250;

/** Work that outlives the reply it belongs to, by rep. */
export class BackgroundWork {
  readonly #pending = new Map<Promise<void>, Piece>();
  readonly #controller = new AbortController();

  /** Gives all of it up, when the bot can wait no longer. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get size(): number {
    return this.#pending.size;
  }

  /**
   * @param work never rejects
   * @param controller gives this work up
   */
  add(userId: string, work: Promise<void>, controller?: AbortController): void {
    this.#pending.set(work, { userId, controller });
    void work.then(() => this.#pending.delete(work));
  }

  /** Resolves when what was going on for a rep has settled. */
  async settled(userId: string): Promise<void> {
    await Promise.all([...this.#pending].flatMap(([work, piece]) => (piece.userId === userId ? [work] : [])));
  }

  /** Gives up what is going on for a rep; resolves when it has settled. */
  async giveUp(userId: string): Promise<void> {
    for (const piece of this.#pending.values()) {
      if (piece.userId === userId) piece.controller?.abort(new Error("The rep wants to be forgotten."));
    }
    await this.settled(userId);
  }

  /** Waits for all of it; what is not done in time is given up, and left behind should it go on all the same. */
  async drain(timeoutMs: number): Promise<void> {
    if (await this.#haveSettled(timeoutMs)) return;
    this.#controller.abort(new Error("The bot stops."));
    await this.#haveSettled(GRACE_MS);
  }

  async #haveSettled(timeoutMs: number): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => late.resolve(false), timeoutMs);
    const settled = Promise.all(this.#pending.keys()).then(() => true);
    const inTime = await Promise.race([settled, late.promise]);
    clearTimeout(timer);
    return inTime;
  }
}
