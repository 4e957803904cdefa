import { cutForJson, JsonWriter, PLACEHOLDER } from "./json-writer.ts";
import { REDACTED } from "./ranges.ts";
import type { Redactor } from "./redact.ts";
import type { CaptureLimits } from "./settings.ts";
import { redactedBeginning } from "./text-window.ts";
import { toPlain } from "./to-plain.ts";

/** Room a text leaves for the note that says how long it was. */
const CUT_NOTE_BYTES = 48;
const MAX_KEY_LENGTH = 256;

/** One bounded walk over a value: writes JSON, redacts on its way, and stops at the first bound it meets. */
export class Walk {
  readonly #writer: JsonWriter;
  readonly #limits: CaptureLimits;
  readonly #redactor: Redactor;
  readonly #path = new Set<object>();
  #nodes = 0;
  truncated = false;

  constructor(limits: CaptureLimits, redactor: Redactor) {
    this.#limits = limits;
    this.#redactor = redactor;
    this.#writer = new JsonWriter(limits.maxBytes);
  }

  get json(): string {
    return this.#writer.json;
  }

  value(value: unknown, name?: string): void {
    this.#nodes += 1;
    if (name !== undefined && value !== null && value !== undefined && this.#redactor.isSecretName(name)) {
      return this.#text(REDACTED);
    }
    const plain = toPlain(value);
    switch (plain.type) {
      case "json":
        return this.#literal(plain.json);
      case "text":
        return this.#text(plain.text, name);
      case "array":
        return this.#nested("[", plain.source, () => this.#elements(plain.items, plain.length));
      case "object":
        return this.#nested("{", plain.source, () => this.#entries(plain.entries));
    }
  }

  /** The members of an object, without those that `skip` names. */
  members(object: Readonly<Record<string, unknown>>, skip?: (name: string) => boolean): void {
    const entries = Object.entries(object).filter(([name]) => !skip?.(name));
    this.#nested("{", object, () => this.#entries(entries.map(([name, value]) => [name, () => value])));
  }

  #nested(bracket: "[" | "{", source: object, write: () => void): void {
    if (this.#path.has(source)) return this.#text("[circular]");
    if (this.#writer.depth >= this.#limits.maxDepth || !this.#writer.canOpen) return this.#cutValue();
    this.#path.add(source);
    this.#writer.open(bracket);
    write();
    this.#writer.close(bracket === "[" ? "]" : "}");
    this.#path.delete(source);
  }

  #elements(items: Iterable<() => unknown>, length: number): void {
    let written = 0;
    for (const read of items) {
      if (this.#nodes >= this.#limits.maxNodes || !this.#writer.canEnter(0)) {
        this.truncated = true;
        return this.#writer.cutMark(`[${length - written} more]`);
      }
      this.#writer.element();
      this.#guarded(read);
      written += 1;
    }
  }

  #entries(entries: Iterable<readonly [string, () => unknown]>): void {
    for (const [name, read] of entries) {
      const key = JSON.stringify(
        redactedBeginning(name, MAX_KEY_LENGTH, this.#redactor).text.slice(0, MAX_KEY_LENGTH),
      );
      const keyBytes = Buffer.byteLength(key);
      if (this.#nodes >= this.#limits.maxNodes || !this.#writer.canEnter(keyBytes)) {
        this.truncated = true;
        return this.#writer.cutMark("[more members]", "[truncated]");
      }
      this.#writer.member(key, keyBytes);
      this.#guarded(read, name);
    }
  }

  #guarded(read: () => unknown, name?: string): void {
    let value: unknown;
    try {
      value = read();
    } catch {
      return this.#text("[getter threw]");
    }
    this.value(value, name);
  }

  #text(text: string, name?: string): void {
    const room = Math.max(this.#writer.room - 2, 0);
    const { text: safe, whole } = redactedBeginning(text, room, this.#redactor, name);
    const json = JSON.stringify(safe);
    const bytes = Buffer.byteLength(json);
    if (whole && bytes <= this.#writer.room) return this.#writer.write(json, bytes);
    this.truncated = true;
    const note = `…[truncated, ${text.length} chars]`;
    const kept = room > CUT_NOTE_BYTES ? cutForJson(safe, room - CUT_NOTE_BYTES) + note : undefined;
    if (kept === undefined) return this.#cutValue();
    const cut = JSON.stringify(kept);
    this.#writer.write(cut, Buffer.byteLength(cut));
  }

  #literal(json: string): void {
    if (json.length > this.#writer.room) return this.#cutValue();
    this.#writer.write(json, json.length);
  }

  #cutValue(): void {
    this.truncated = true;
    if (this.#writer.room >= PLACEHOLDER.length) this.#writer.write(PLACEHOLDER, PLACEHOLDER.length);
    else this.#writer.write("null", 4);
  }
}
