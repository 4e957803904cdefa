/** The run was given up on purpose, by the rep or because the bot stops; the message is for the rep. */
export class RunStoppedError extends Error {
  override readonly name = "RunStoppedError";
}

/** The pipeline runs that are going on, so that they can be given up: one at a time a chat. */
export class RunRegistry {
  readonly #running = new Map<number, AbortController>();
  #stopped: RunStoppedError | undefined;

  /** The signal that gives the chat's run up; dispose of the run when it has settled. */
  begin(chatId: number): { signal: AbortSignal; [Symbol.dispose](): void } {
    const controller = new AbortController();
    if (this.#stopped) controller.abort(this.#stopped);
    this.#running.set(chatId, controller);
    return {
      signal: controller.signal,
      [Symbol.dispose]: () => {
        if (this.#running.get(chatId) === controller) this.#running.delete(chatId);
      },
    };
  }

  get size(): number {
    return this.#running.size;
  }

  /** Gives up what runs in a chat; false when nothing does. */
  stop(chatId: number, reason: RunStoppedError): boolean {
    const controller = this.#running.get(chatId);
    controller?.abort(reason);
    return controller !== undefined;
  }

  /** Gives up what runs anywhere, and whatever begins from now on. */
  stopAll(reason: RunStoppedError): void {
    this.#stopped = reason;
    for (const controller of this.#running.values()) controller.abort(reason);
  }
}
