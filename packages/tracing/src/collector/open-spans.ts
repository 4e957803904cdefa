/** The part of a span that is needed while it is open. */
export interface OpenSpan {
  spanContext(): { spanId: string };
}

/** So many of the latest are held as they are; a collection of young objects keeps whatever a `WeakRef` names alive. */
const MAX_RECENT = 256;
const FIRST_SWEEP = 1_024;

/**
 * The spans that have started and not ended, so that those a process leaves behind can be shown as interrupted.
 *
 * Those that stay open while many others start are held weakly: a span that nobody can end any more is forgotten.
 */
export class OpenSpans<S extends OpenSpan> {
  readonly #recent = new Map<string, S>();
  readonly #lasting = new Map<string, WeakRef<S>>();
  #sweepAt = FIRST_SWEEP;

  add(span: S): void {
    this.#recent.set(span.spanContext().spanId, span);
    if (this.#recent.size > MAX_RECENT) this.#loosen();
  }

  remove(span: OpenSpan): void {
    const { spanId } = span.spanContext();
    if (!this.#recent.delete(spanId)) this.#lasting.delete(spanId);
  }

  has(spanId: string): boolean {
    return this.#recent.has(spanId) || this.#lasting.has(spanId);
  }

  /** Everything still open, oldest first; the set is empty afterwards. */
  drain(): S[] {
    const lasting = [...this.#lasting.values()].flatMap((ref) => ref.deref() ?? []);
    const open = [...lasting, ...this.#recent.values()];
    this.#lasting.clear();
    this.#recent.clear();
    return open;
  }

  #loosen(): void {
    let left = MAX_RECENT / 2;
    for (const [spanId, span] of this.#recent) {
      if (left-- === 0) break;
      this.#recent.delete(spanId);
      this.#lasting.set(spanId, new WeakRef(span));
    }
    if (this.#lasting.size >= this.#sweepAt) this.#sweep();
  }

  #sweep(): void {
    for (const [spanId, ref] of this.#lasting) {
      if (!ref.deref()) this.#lasting.delete(spanId);
    }
    this.#sweepAt = Math.max(FIRST_SWEEP, this.#lasting.size * 2);
  }
}
