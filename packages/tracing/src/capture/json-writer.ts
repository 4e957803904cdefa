/** What stands for a value that has no room any more. Room for it is kept wherever a value may be written. */
export const PLACEHOLDER = '"[truncated]"';

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

  /** Whether an entry fits whose key, separators included, takes `keyBytes` and whose value takes no more than {@link PLACEHOLDER}. */
  canEnter(keyBytes: number): boolean {
    return this.room >= 1 + keyBytes + PLACEHOLDER.length;
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
    if (!this.#first) this.write(",", 1);
    this.#first = false;
  }

  /** Begins the next member of an object; `key` is JSON text of a string. */
  member(key: string, keyBytes: number): void {
    this.element();
    this.write(`${key}:`, keyBytes + 1);
  }

  /** Writes the last element of an array or, with a key, the last member of an object, out of what was held back. */
  cutMark(text: string, key?: string): void {
    const value = JSON.stringify(text);
    const entry = key === undefined ? value : `${JSON.stringify(key)}:${value}`;
    this.element();
    this.write(entry, Buffer.byteLength(entry));
  }

  write(json: string, bytes: number): void {
    this.#json += json;
    this.#used += bytes;
  }
}

/** The longest beginning of `text` whose JSON string, without its quotes, takes at most `maxBytes`. */
export function cutForJson(text: string, maxBytes: number): string {
  let bytes = 0;
  let index = 0;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    const pair = code >= 0xd800 && code <= 0xdbff && isLowSurrogate(text.charCodeAt(index + 1));
    bytes += pair ? 4 : unitBytes(code);
    if (bytes > maxBytes) break;
    index += pair ? 2 : 1;
  }
  return text.slice(0, index);
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** What `JSON.stringify` makes of one UTF-16 unit, in UTF-8 bytes. */
function unitBytes(code: number): number {
  if (code < 0x20) return code === 8 || code === 9 || code === 10 || code === 12 || code === 13 ? 2 : 6;
  if (code < 0x80) return code === 0x22 || code === 0x5c ? 2 : 1;
  if (code < 0x800) return 2;
  return code >= 0xd800 && code <= 0xdfff ? 6 : 3;
}
