import { types } from "node:util";
import { REDACTED } from "./redaction/ranges.ts";
import type { Redactor } from "./redaction/redact.ts";
import { LOOKAHEAD } from "./redaction/text-window.ts";
import { Unreadable } from "./unreadable.ts";

const MAX_BYTES = 768;
const MAX_NUMBERS = 16;
/** What bytes may be read as, so that a secret in them is seen. */
const READINGS = ["latin1", "utf8", "utf16le"] as const;

export function isByteSource(value: object): value is ArrayBufferView | ArrayBufferLike {
  return ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value);
}

interface Preview {
  text: string;
  /** Whether there is more than is shown. */
  truncated: boolean;
}

/** The beginning of a buffer or typed array: what it is, how much of it there is, and its first bytes or numbers. */
export class BytePreview {
  readonly byteLength: number;
  readonly #source: ArrayBufferView | ArrayBufferLike;

  constructor(source: ArrayBufferView | ArrayBufferLike) {
    this.#source = source;
    this.byteLength = source.byteLength;
  }

  /**
   * `[Buffer, 5 bytes] aGVsbG8=`. Bytes that read as a text with a secret in it are replaced: base64 would only hide
   * it from the eye.
   */
  describe(redactor: Redactor): Preview {
    try {
      return this.#describe(redactor);
    } catch (error) {
      return { text: new Unreadable(error).text, truncated: false };
    }
  }

  #describe(redactor: Redactor): Preview {
    const source = this.#source;
    if (isNumbers(source)) return numbers(source);
    const view = ArrayBuffer.isView(source);
    const bytes = Buffer.from(
      view ? source.buffer : source,
      view ? source.byteOffset : 0,
      Math.min(this.byteLength, MAX_BYTES + LOOKAHEAD),
    );
    const head = `[${kindOf(source)}, ${this.byteLength} bytes]`;
    if (READINGS.some((encoding) => holdsSecret(bytes.toString(encoding), redactor))) {
      return { text: `${head} ${REDACTED}`, truncated: false };
    }
    const truncated = this.byteLength > MAX_BYTES;
    const shown = bytes.subarray(0, MAX_BYTES).toString("base64");
    return { text: `${head} ${shown}${truncated ? "…[truncated]" : ""}`, truncated };
  }
}

function holdsSecret(text: string, redactor: Redactor): boolean {
  return redactor.text(text) !== text;
}

type NumberArray = Exclude<NodeJS.TypedArray, Uint8Array | Uint8ClampedArray>;

function isNumbers(source: ArrayBufferView | ArrayBufferLike): source is NumberArray {
  return types.isTypedArray(source) && !types.isUint8Array(source) && !types.isUint8ClampedArray(source);
}

function numbers(array: NumberArray): Preview {
  const shown: string[] = [];
  for (let index = 0; index < array.length && index < MAX_NUMBERS; index++) shown.push(String(array[index]));
  const truncated = array.length > MAX_NUMBERS;
  const text = `[${kindOf(array)}, ${array.length} numbers] ${shown.join(", ")}${truncated ? "…[truncated]" : ""}`;
  return { text, truncated };
}

function kindOf(source: ArrayBufferView | ArrayBufferLike): string {
  return Buffer.isBuffer(source)
    ? "Buffer"
    : Object.prototype.toString.call(source).slice("[object ".length, -1);
}
