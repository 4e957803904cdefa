/** Wakes those who wait for a change; each looks again whether it is the one it waits for. */
export class ChangeSignal {
  readonly #waiting = new Set<() => void>();

  notify(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves once `isThere` holds, `ms` have passed or the signal aborts, whichever comes first; never rejects. */
  async until(isThere: () => boolean, ms: number, signal: AbortSignal): Promise<void> {
    if (isThere() || ms <= 0 || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = () => resolve();
    const look = () => isThere() && resolve();
    const timer = setTimeout(done, ms);
    this.#waiting.add(look);
    signal.addEventListener("abort", done, { once: true });
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(look);
    signal.removeEventListener("abort", done);
  }
}
