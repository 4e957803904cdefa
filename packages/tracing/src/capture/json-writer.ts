import { type JsonText, toJsonText } from "./json-text.ts";

/** Stands for a value of which nothing fits. */
const PLACEHOLDER = toJsonText("[truncated]");
/** Key of the member that says how many others were left out. */
const MARK_KEY = toJsonText("[truncated]");
/** Bytes that the entry that says so takes at the most, with its comma. */
const MARK_BYTES = 40;

/** An array or object that is being written. */
interface Frame {
  bracket: "[" | "{";
  empty: boolean;
  /** Entries to come, the current one included. */
  left: number;
  // The last place between two entries where there was room to say that the rest was left out; -1 where there was none.
  safeLength: number;
  safeBytes: number;
  safeEmpty: boolean;
  safeLeft: number;
}

/**
 * Writes JSON text within a number of UTF-8 bytes.
 *
 * Nothing is held back for the case that the room runs out. When it does, {@link end} goes back to the last place where
 * the text can still say so and be closed; so whatever fits as a whole is written as a whole.
 */
export class JsonWriter {
  readonly #maxBytes: number;
  readonly #frames: Frame[] = [];
  #json = "";
  #bytes = 0;
  #ended = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes left for a value here and now, closing brackets set aside. */
  get room(): number {
    return this.#maxBytes - this.#bytes - this.#frames.length;
  }

  /** Arrays and objects open at the moment. */
  get depth(): number {
    return this.#frames.length;
  }

  get json(): string {
    return this.#json;
  }

  /** Whether the text was ended before everything was written; nothing is added to it any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Begins an array or object, unless the text ends here. */
  open(bracket: "[" | "{"): boolean {
    if (this.room < 2) this.end();
    if (this.#ended) return false;
    this.#append(bracket, 1);
    this.#frames.push({
      bracket,
      empty: true,
      left: 0,
      safeLength: -1,
      safeBytes: 0,
      safeEmpty: true,
      safeLeft: 0,
    });
    return true;
  }

  close(): void {
    if (this.#ended) return;
    const frame = this.#frames.pop();
    this.#append(frame?.bracket === "{" ? "}" : "]", 1);
  }

  /** Begins an entry of the open array or, with a key, object; `left` counts what is still to come, with this one. */
  entry(left: number, key?: JsonText): void {
    const frame = this.#frames.at(-1);
    if (this.#ended || frame === undefined) return;
    frame.left = left;
    if (this.room >= MARK_BYTES) {
      frame.safeLength = this.#json.length;
      frame.safeBytes = this.#bytes;
      frame.safeEmpty = frame.empty;
      frame.safeLeft = left;
    }
    const comma = frame.empty ? "" : ",";
    frame.empty = false;
    const bytes = comma.length + (key === undefined ? 0 : key.bytes + 1);
    if (bytes > this.room) this.end();
    else this.#append(key === undefined ? comma : `${comma}${key.json}:`, bytes);
  }

  /** Writes a value, unless it does not fit: then the text ends. */
  value({ json, bytes }: JsonText): void {
    if (this.#ended) return;
    if (bytes > this.room) this.end();
    else this.#append(json, bytes);
  }

  /** Ends the text as it can be: the last entries may go, so that it can say that others were left out. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    let frame = this.#frames.pop();
    while (frame !== undefined && frame.safeLength === -1) frame = this.#frames.pop();
    if (frame === undefined) {
      this.#json = PLACEHOLDER.bytes <= this.#maxBytes ? PLACEHOLDER.json : "null";
      return;
    }
    this.#json = this.#json.slice(0, frame.safeLength);
    this.#bytes = frame.safeBytes;
    this.#finish(frame.bracket, frame.safeEmpty, frame.safeLeft);
    for (let outer = this.#frames.pop(); outer !== undefined; outer = this.#frames.pop()) {
      this.#finish(outer.bracket, outer.empty, outer.left - 1);
    }
  }

  /** Closes an array or object that has been taken off the open ones. */
  #finish(bracket: "[" | "{", empty: boolean, left: number): void {
    if (left > 0 && this.room - 1 >= MARK_BYTES) this.#mark(bracket, empty, left);
    this.#append(bracket === "{" ? "}" : "]", 1);
  }

  #mark(bracket: "[" | "{", empty: boolean, left: number): void {
    const { json, bytes } = toJsonText(bracket === "{" ? `${left} more` : `[truncated, ${left} more]`);
    const before = `${empty ? "" : ","}${bracket === "{" ? `${MARK_KEY.json}:` : ""}`;
    this.#append(before + json, before.length + bytes);
  }

  #append(json: string, bytes: number): void {
    this.#json += json;
    this.#bytes += bytes;
  }
}
