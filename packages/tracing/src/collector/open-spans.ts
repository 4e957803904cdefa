/** The part of a span that is needed while it is open. */
export interface OpenSpan {
  spanContext(): { spanId: string };
}

/**
 * The spans that have started and not ended, so that those a process leaves behind can be shown as interrupted.
 *
 * They are held weakly: a span that nobody can end any more is forgotten.
 */
export class OpenSpans<S extends OpenSpan> {
  readonly #spans = new Map<string, WeakRef<S>>();
  #sweepAt = 1_024;

  add(span: S): void {
    this.#spans.set(span.spanContext().spanId, new WeakRef(span));
    if (this.#spans.size >= this.#sweepAt) this.#sweep();
  }

  remove(span: OpenSpan): void {
    this.#spans.delete(span.spanContext().spanId);
  }

  /** Everything still open, oldest first; the set is empty afterwards. */
  drain(): S[] {
    const open = [...this.#spans.values()].flatMap((ref) => ref.deref() ?? []);
    this.#spans.clear();
    return open;
  }

  #sweep(): void {
    for (const [spanId, ref] of this.#spans) {
      if (!ref.deref()) this.#spans.delete(spanId);
    }
    this.#sweepAt = Math.max(1_024, this.#spans.size * 2);
  }
}
