import { captureValue } from "../capture/capture-value.ts";
import { LOOKAHEAD } from "../capture/redaction/text-window.ts";
import type { CaptureSettings } from "../capture/settings.ts";
import { PiecedTexts, withoutPieces } from "./pieced-texts.ts";

/**
 * What an iteration yielded, as far as it fits into the limits of one value: a text when every item is one, as with the
 * pieces of a model's answer, else an array. Items are snapshotted as they come; a secret is found also where several of
 * them have a piece of it.
 */
export class ItemLog {
  readonly #capture: CaptureSettings;
  #texts: string[] | undefined = [];
  readonly #items: string[] = [];
  readonly #pieces: PiecedTexts;
  /** UTF-16 units of text still to be kept: one more than capture reads of a text, so that it sees that this one was cut. */
  #textRoom: number;
  /** Bytes of JSON still to be kept. */
  #room: number;
  #truncated = false;

  constructor(capture: CaptureSettings) {
    this.#capture = capture;
    this.#textRoom = capture.limits.maxBytes + LOOKAHEAD + 1;
    this.#room = capture.limits.maxBytes - 2;
    this.#pieces = new PiecedTexts(this.#textRoom);
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
    const split = this.#pieces.findSplit(this.#capture.redactor);
    const items = this.#items.map((item, index) => {
      const places = split.get(index);
      return places ? withoutPieces(item, places) : item;
    });
    return { json: `[${items.join(",")}]`, truncated: this.#truncated };
  }

  #addText(texts: string[], text: string): void {
    if (text.length > this.#textRoom) this.#truncated = true;
    if (this.#textRoom === 0) return;
    const kept = text.slice(0, this.#textRoom);
    texts.push(kept);
    this.#textRoom -= kept.length;
  }

  /** An item that is no text turns what came before it into items too. */
  #startItems(texts: readonly string[]): void {
    const cut = this.#truncated;
    this.#texts = undefined;
    this.#truncated = false;
    // The last one of a cut log may end in half a secret.
    for (const text of cut ? texts.slice(0, -1) : texts) this.#addItem(text);
    this.#truncated ||= cut;
  }

  #addItem(item: unknown): void {
    if (this.#truncated) return;
    const limits = { ...this.#capture.limits, maxBytes: Math.max(this.#room, 2) };
    const { json, truncated } = captureValue(item, { limits, redactor: this.#capture.redactor });
    const bytes = Buffer.byteLength(json) + 1;
    if (truncated || bytes > this.#room) this.#truncated = true;
    if (bytes > this.#room) return;
    this.#room -= bytes;
    this.#pieces.add(this.#items.length, item);
    this.#items.push(json);
  }
}
