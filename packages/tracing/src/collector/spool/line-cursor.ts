import { read as readCallback, readSync } from "node:fs";
import { decodeLine, MAX_LINE_BYTES, NEWLINE, salvage } from "./line.ts";

const CHUNK_BYTES = 256 * 1024;

/** One line of a segment. */
export interface Line {
  /** Where the next line begins. */
  end: number;
  /** The JSON of the records found: one, or what could be saved from a damaged line. Valid until more is read. */
  payloads: readonly Buffer[];
  /**
   * - `whole`: as it was written.
   * - `damaged`: bytes were changed; `payloads` holds what is still intact.
   * - `torn`: the file ends before the line does, which is what a crash in the middle of a write leaves.
   */
  state: "whole" | "damaged" | "torn";
  /** The bytes of a damaged line, as far as they are kept. */
  raw: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** Walks the lines of one file from a position, holding one chunk (or one line, when that is longer) in memory. */
export class LineCursor {
  #buffer: Buffer = NOTHING;
  #from = 0;
  #offset: number;
  #overlong = false;
  #pushedBack: Line | undefined;

  constructor(offset: number) {
    this.#offset = offset;
  }

  /**
   * The next line among the bytes at hand, "more" when {@link fill} has to be called first, "end" at `size`.
   * Bytes past `size` are never looked at.
   */
  next(size: number): Line | "more" | "end" {
    const again = this.#pushedBack;
    this.#pushedBack = undefined;
    if (again) return again;
    if (this.#offset >= size) return "end";
    const available = Math.min(this.#buffer.length, this.#from + size - this.#offset);
    const newline = this.#buffer.indexOf(NEWLINE, this.#from);
    if (newline >= 0 && newline < available) return this.#advance(newline + 1, newline, true);
    if (this.#offset + available - this.#from < size) return "more";
    return this.#advance(available, available, false);
  }

  /** Makes the line that was just handed out the next one again. */
  pushBack(line: Line): void {
    this.#pushedBack = line;
  }

  /** Reads on; resolves to false when the file ends before `size`. */
  async fill(fd: number, size: number): Promise<boolean> {
    const target = this.#target(size);
    const position = this.#offset + this.#buffer.length - this.#from;
    const count = await new Promise<number>((resolve, reject) => {
      readCallback(fd, target, 0, target.length, position, (error, bytes) =>
        error ? reject(error) : resolve(bytes),
      );
    });
    return this.#filled(target, count);
  }

  /** {@link fill} for callers that may block. */
  fillSync(fd: number, size: number): boolean {
    const target = this.#target(size);
    const position = this.#offset + this.#buffer.length - this.#from;
    return this.#filled(target, readSync(fd, target, 0, target.length, position));
  }

  #target(size: number): Buffer {
    const pending = this.#buffer.length - this.#from;
    if (pending > MAX_LINE_BYTES) {
      this.#offset += pending;
      this.#buffer = NOTHING;
      this.#from = 0;
      this.#overlong = true;
    }
    const held = this.#buffer.length - this.#from;
    // Doubling keeps a long line's cost linear.
    return Buffer.allocUnsafe(Math.max(0, Math.min(Math.max(CHUNK_BYTES, held), size - this.#offset - held)));
  }

  #filled(target: Buffer, count: number): boolean {
    const rest = this.#buffer.subarray(this.#from);
    const fresh = target.subarray(0, count);
    this.#buffer = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
    this.#from = 0;
    return count > 0;
  }

  #advance(next: number, end: number, terminated: boolean): Line {
    const raw = this.#buffer.subarray(this.#from, end);
    this.#offset += next - this.#from;
    this.#from = next;
    if (this.#overlong) {
      this.#overlong = false;
      return { end: this.#offset, payloads: [], state: terminated ? "damaged" : "torn", raw: NOTHING };
    }
    const payload = decodeLine(raw);
    if (payload) return { end: this.#offset, payloads: [payload], state: "whole", raw };
    const payloads = salvage(raw);
    const state = terminated || payloads.length > 0 ? "damaged" : "torn";
    return { end: this.#offset, payloads, state, raw };
  }
}
