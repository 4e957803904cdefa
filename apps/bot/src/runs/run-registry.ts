/** The run was given up on purpose, by the rep or because the bot stops; the message is for the rep. */
export class RunStoppedError extends Error {
  override readonly name = "RunStoppedError";
}

interface Stop {
  chatId: number;
  reason: RunStoppedError;
}

/** The pipeline runs that are going on, so that they can be given up. */
export class RunRegistry {
  /** With the chats they are in. */
  readonly #running = new Map<AbortController, number>();
  readonly #stops = new Set<Stop>();
  #stopped: RunStoppedError | undefined;

  /** The signal that gives the chat's run up; dispose of the run when it has settled. */
  begin(chatId: number): { signal: AbortSignal; [Symbol.dispose](): void } {
    const controller = new AbortController();
    const reason = this.#stopped ?? [...this.#stops].find((stop) => stop.chatId === chatId)?.reason;
    if (reason) controller.abort(reason);
    this.#running.set(controller, chatId);
    return { signal: controller.signal, [Symbol.dispose]: () => this.#running.delete(controller) };
  }

  get size(): number {
    return this.#running.size;
  }

  /** Gives up what runs in a chat, and whatever begins there until the result is disposed of. */
  stop(chatId: number, reason: RunStoppedError): Disposable {
    const stop = { chatId, reason };
    this.#stops.add(stop);
    for (const [controller, chat] of this.#running) {
      if (chat === chatId) controller.abort(reason);
    }
    return { [Symbol.dispose]: () => this.#stops.delete(stop) };
  }

  /** Gives up what runs anywhere, and whatever begins from now on. */
  stopAll(reason: RunStoppedError): void {
    this.#stopped = reason;
    for (const controller of this.#running.keys()) controller.abort(reason);
  }
}
