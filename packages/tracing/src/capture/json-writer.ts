import { type JsonText, toJsonText } from "./json-text.ts";

/** What stands for a value that has no room any more. Room for it is kept wherever a value may be written. */
const PLACEHOLDER: JsonText = toJsonText("[truncated]");

/** Key of the member that says that others were left out. */
const CUT_KEY = toJsonText("[truncated]");

/** Bytes set aside in every open array or object for the entry that says it was cut, and for its closing bracket. */
const RESERVE = 56;

/**
 * Writes JSON text within a number of UTF-8 bytes.
 *
 * Open arrays and objects hold back what it takes to say that they were cut and to close them, so that the text is
 * whole JSON within the bound whenever writing stops.
 */
export class JsonWriter {
  #json = "";
  #used = 0;
  #limit: number;
  #depth = 0;
  #first = true;

  constructor(maxBytes: number) {
    this.#limit = maxBytes;
  }

  /** Bytes left for a value here and now. */
  get room(): number {
    return this.#limit - this.#used;
  }

  /** Arrays and objects open at the moment. */
  get depth(): number {
    return this.#depth;
  }

  get json(): string {
    return this.#json;
  }

  /** Whether an array or object can still be opened and say at least that it was cut. */
  get canOpen(): boolean {
    return this.room >= 2 + RESERVE;
  }

  /** Whether one more entry fits, with a key of so many bytes and the shortest value. */
  canEnter(keyBytes = 0): boolean {
    return this.room >= 2 + keyBytes + PLACEHOLDER.bytes;
  }

  open(bracket: "[" | "{"): void {
    this.#json += bracket;
    this.#used += 1;
    this.#limit -= RESERVE;
    this.#depth += 1;
    this.#first = true;
  }

  close(bracket: "]" | "}"): void {
    this.#json += bracket;
    this.#used += 1;
    this.#limit += RESERVE;
    this.#depth -= 1;
    this.#first = false;
  }

  /** Begins the next element of an array. */
  element(): void {
    if (!this.#first) this.#append(",", 1);
    this.#first = false;
  }

  /** Begins the next member of an object. */
  member(key: JsonText): void {
    this.element();
    this.#append(`${key.json}:`, key.bytes + 1);
  }

  /** Writes a value if it fits. */
  fit(value: JsonText): boolean {
    if (value.bytes > this.room) return false;
    this.#append(value.json, value.bytes);
    return true;
  }

  /** Stands for a value that does not fit. */
  placeholder(): void {
    if (!this.fit(PLACEHOLDER)) this.#append("null", 4);
  }

  /** Writes the last entry of the open array or object, out of what was held back: how many others there were. */
  leftOut(bracket: "[" | "{", count: number | undefined): void {
    const more = count === undefined ? "more" : `${count} more`;
    if (bracket === "{") this.member(CUT_KEY);
    else this.element();
    const { json, bytes } = toJsonText(bracket === "{" ? more : `[truncated, ${more}]`);
    this.#append(json, bytes);
  }

  #append(json: string, bytes: number): void {
    this.#json += json;
    this.#used += bytes;
  }
}
