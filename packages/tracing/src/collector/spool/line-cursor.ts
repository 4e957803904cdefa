import { read as readCallback, readSync } from "node:fs";
import { decodeLine, erasedType, MAX_LINE_BYTES, NEWLINE, salvage } from "./line.ts";

const CHUNK_BYTES = 256 * 1024;
const KEPT_BYTES = 4 * CHUNK_BYTES;

/** One line of a segment. */
export interface Line {
  /** Where the next line begins. */
  end: number;
  /** The JSON of the records found: one, or what could be saved from a damaged line. Valid until more is read. */
  payloads: readonly Buffer[];
  /**
   * - `whole`: as it was written.
   * - `damaged`: bytes were changed; `payloads` holds what is still intact.
   * - `erased`: what was there is erased; `raw` still says of which type it was.
   * - `torn`: the file ends before the line does, which is what a crash in the middle of a write leaves.
   */
  state: "whole" | "damaged" | "erased" | "torn";
  /** The bytes of the line, without its line break; none of one that is too long. */
  raw: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** Walks the lines of one file from a position, holding one chunk (or one line, when that is longer) in memory. */
export class LineCursor {
  // The unread bytes stand between #from and #to, and #from is at #offset in the file.
  #buffer: Buffer = NOTHING;
  #from = 0;
  #to = 0;
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
    const available = Math.min(this.#to, this.#from + size - this.#offset);
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
    const { length, position } = this.#makeRoom(size);
    const count = await new Promise<number>((resolve, reject) => {
      readCallback(fd, this.#buffer, this.#to, length, position, (error, bytes) =>
        error ? reject(error) : resolve(bytes),
      );
    });
    this.#to += count;
    return count > 0;
  }

  /** {@link fill} for callers that may block. */
  fillSync(fd: number, size: number): boolean {
    const { length, position } = this.#makeRoom(size);
    const count = readSync(fd, this.#buffer, this.#to, length, position);
    this.#to += count;
    return count > 0;
  }

  /** Moves what is unread to the front, and says how much fits behind it and where that is in the file. */
  #makeRoom(size: number): { length: number; position: number } {
    if (this.#to - this.#from > MAX_LINE_BYTES) {
      this.#offset += this.#to - this.#from;
      this.#from = this.#to;
      this.#overlong = true;
    }
    const unread = this.#to - this.#from;
    const position = this.#offset + unread;
    // Doubling keeps a long line's cost linear.
    const length = Math.min(Math.max(CHUNK_BYTES, unread), Math.max(0, size - position));
    const fits = unread + length <= this.#buffer.length && this.#buffer.length <= KEPT_BYTES + 4 * unread;
    const target = fits ? this.#buffer : Buffer.allocUnsafeSlow(unread + Math.max(length, CHUNK_BYTES));
    this.#buffer.copy(target, 0, this.#from, this.#to);
    this.#buffer = target;
    this.#from = 0;
    this.#to = unread;
    return { length, position };
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
    if (erasedType(raw) !== undefined) return { end: this.#offset, payloads: [], state: "erased", raw };
    const payloads = salvage(raw);
    const state = terminated || payloads.length > 0 ? "damaged" : "torn";
    return { end: this.#offset, payloads, state, raw };
  }
}
