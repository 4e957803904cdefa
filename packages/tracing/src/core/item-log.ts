import { captureValue } from "../capture/capture-value.ts";
import type { CaptureSettings } from "../capture/settings.ts";

/** Read beyond what is kept, so that a secret across the cut is still recognised. */
const LOOKAHEAD = 4_096;

/**
 * What an iteration yielded, as far as it fits into the limits of one value: a text when every item is one, as with the
 * pieces of a model's answer, else an array. Items are snapshotted as they come.
 */
export class ItemLog {
  readonly #capture: CaptureSettings;
  #texts: string[] | undefined = [];
  readonly #items: string[] = [];
  #room: number;
  #truncated = false;

  constructor(capture: CaptureSettings) {
    this.#capture = capture;
    this.#room = capture.limits.maxBytes - 2;
  }

  add(item: unknown): void {
    if (this.#texts !== undefined && typeof item === "string") {
      this.#addText(this.#texts, item);
      return;
    }
    if (this.#texts !== undefined) this.#startItems(this.#texts);
    this.#addItem(item);
  }

  toJson(): { json: string; truncated: boolean } {
    if (this.#texts !== undefined && this.#texts.length > 0) {
      const { json, truncated } = captureValue(this.#texts.join(""), this.#capture);
      return { json, truncated: truncated || this.#truncated };
    }
    return { json: `[${this.#items.join(",")}]`, truncated: this.#truncated };
  }

  #addText(texts: string[], text: string): void {
    const room = this.#room + LOOKAHEAD;
    if (text.length > room) this.#truncated = true;
    if (room <= 0) return;
    texts.push(text.slice(0, room));
    this.#room -= text.length;
  }

  /** An item that is no text turns what came before it into items too. */
  #startItems(texts: readonly string[]): void {
    this.#texts = undefined;
    this.#room = this.#capture.limits.maxBytes - 2;
    this.#truncated = false;
    for (const text of texts) this.#addItem(text);
  }

  #addItem(item: unknown): void {
    if (this.#truncated) return;
    const limits = { ...this.#capture.limits, maxBytes: Math.max(this.#room, 2) };
    const { json, truncated } = captureValue(item, { limits, redactor: this.#capture.redactor });
    const bytes = Buffer.byteLength(json) + 1;
    if (truncated || bytes > this.#room) this.#truncated = true;
    if (bytes > this.#room) return;
    this.#room -= bytes;
    this.#items.push(json);
  }
}
