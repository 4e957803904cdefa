import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { createGzip } from "node:zlib";

export interface MadeContentOptions {
  /** How many bytes come out at the end. */
  bytes: number;
  /** Sent as `Content-Encoding: gzip`, in which a thousandth of the bytes goes over the wire. */
  gzip: boolean;
  /** One byte a second. */
  trickle: boolean;
}

const CHUNK = new Uint8Array(64 * 1024);

/** What a file holds that is made up while it is downloaded, so that a file of any size takes no memory. */
export class MadeContent {
  readonly headers: Readonly<Record<string, string>>;
  readonly #options: MadeContentOptions;

  constructor(options: MadeContentOptions) {
    this.#options = options;
    this.headers = options.gzip ? { "Content-Encoding": "gzip" } : {};
  }

  /** From its first byte; made as fast as it is read. */
  open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const plain = Readable.from(chunksOf(this.#options));
    if (!this.#options.gzip) return toWeb(plain);
    const packed = createGzip();
    plain.pipe(packed);
    packed.once("close", () => plain.destroy());
    return toWeb(packed);
  }
}

async function* chunksOf({ bytes, trickle }: MadeContentOptions): AsyncGenerator<Uint8Array> {
  const step = trickle ? 1 : CHUNK.byteLength;
  for (let left = bytes; left > 0; left -= step) {
    yield CHUNK.subarray(0, Math.min(step, left));
    if (trickle) await sleep(1_000, undefined, { ref: false });
  }
}

function toWeb(stream: Readable): ReadableStream<Uint8Array<ArrayBuffer>> {
  return Readable.toWeb(stream) as ReadableStream<Uint8Array<ArrayBuffer>>;
}
