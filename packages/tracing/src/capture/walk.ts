import { cutForJson, type JsonText, toJsonText } from "./json-text.ts";
import { JsonWriter } from "./json-writer.ts";
import { knownKey } from "./known-keys.ts";
import { followsSecretName, isValueOfSecret } from "./redaction/paired-names.ts";
import { REDACTED } from "./redaction/ranges.ts";
import type { Redactor } from "./redaction/redact.ts";
import { LOOKAHEAD, redactedBeginning } from "./redaction/text-window.ts";
import type { CaptureLimits } from "./settings.ts";
import { type Plain, toPlain } from "./to-plain.ts";
import { Unreadable } from "./unreadable.ts";

/** Room a text leaves for the note that says how long it was. */
const CUT_NOTE_BYTES = 48;
/** How much text is read for every byte that may be written; what is redacted away takes no room in the result. */
const READ_FACTOR = 4;

const SECRET = toJsonText(REDACTED);

type Nested = Extract<Plain, { source: object }>;
type Around = readonly [before: string, after: string];

const NOTHING: Around = ["", ""];
/** A longer name is no help in saying where a cycle leads. */
const LONGEST_STEP = 256;

/** One bounded walk over a value: writes JSON, redacts on its way, and stops at the first bound it meets. */
export class Walk {
  readonly #writer: JsonWriter;
  readonly #limits: CaptureLimits;
  readonly #redactor: Redactor;
  /** Objects the walk is inside of, and under which name or index it entered each. */
  readonly #inside: object[] = [];
  readonly #trail: (string | number)[] = [];
  #nodes: number;
  #readable: number;
  #cut = false;

  constructor(limits: CaptureLimits, redactor: Redactor) {
    this.#limits = limits;
    this.#redactor = redactor;
    this.#writer = new JsonWriter(limits.maxBytes);
    this.#nodes = limits.maxNodes;
    this.#readable = READ_FACTOR * (limits.maxBytes + LOOKAHEAD);
  }

  get json(): string {
    return this.#writer.json;
  }

  /** Whether anything is missing from the text that was in the value. */
  get truncated(): boolean {
    return this.#cut || this.#writer.ended;
  }

  /** Writes the value that stands under `at`, or the whole of it when there is no such place. */
  value(value: unknown, at: string | number = "$", name?: string): void {
    this.#nodes -= 1;
    if (typeof value === "string") return this.#text(value, name);
    const plain = toPlain(value);
    switch (plain.type) {
      case "json":
        return this.#writer.value({ json: plain.json, bytes: plain.json.length });
      case "text":
        return this.#text(plain.text, name, plain.around);
      case "bytes":
        return this.#bytes(plain);
      default:
        return this.#nested(plain, at);
    }
  }

  /** The members of an object, without those that `skip` names. */
  members(source: Readonly<Record<string, unknown>>, skip: (name: string) => boolean = () => false): void {
    const keys = Object.keys(source).filter((key) => !skip(key));
    this.#nested({ type: "object", source, keys }, "$");
  }

  #nested(plain: Nested, at: string | number): void {
    const seen = this.#inside.indexOf(plain.source);
    if (seen !== -1) return this.#text(`[circular: ${this.#trail.slice(0, seen + 1).join(".")}]`);
    if (this.#writer.depth >= this.#limits.maxDepth) return this.#tooDeep(plain);
    const isList = plain.type === "array" || plain.type === "items";
    if (!this.#writer.open(isList ? "[" : "{")) return;
    this.#inside.push(plain.source);
    this.#trail.push(at);
    if (plain.type === "array") this.#elements(plain.source, plain.length);
    else if (plain.type === "items") this.#items(plain.items, plain.size);
    else if (plain.type === "object") this.#ownMembers(plain.source, plain.keys);
    else this.#entries(plain.entries, plain.size);
    this.#writer.close();
    this.#inside.pop();
    this.#trail.pop();
  }

  #elements(source: readonly unknown[], length: number): void {
    let previous: unknown;
    for (let index = 0; index < length && this.#goesOn(length - index); index++) {
      const value = read(source, index);
      this.#writer.entry(length - index);
      const secret = says(value) && followsSecretName(previous, value, index, length, this.#redactor);
      if (secret) this.#writer.value(SECRET);
      else this.value(value, index);
      previous = value;
    }
  }

  #items(items: Iterable<unknown>, size: number): void {
    let index = 0;
    for (const item of items) {
      if (!this.#goesOn(size - index)) return;
      this.#writer.entry(size - index);
      this.value(item, index);
      index += 1;
    }
  }

  #ownMembers(source: object, keys: readonly string[]): void {
    for (let index = 0; index < keys.length && this.#goesOn(keys.length - index); index++) {
      const key = keys[index] as string;
      const value = read(source, key);
      // As in JSON.stringify, a member that is undefined is none; but it has been read.
      if (value === undefined) {
        this.#nodes -= 1;
        continue;
      }
      this.#member(key, value, keys.length - index, isValueOfSecret(source, key, this.#redactor));
    }
  }

  #entries(entries: Iterable<readonly [unknown, unknown]>, size: number): void {
    let index = 0;
    for (const [key, value] of entries) {
      if (!this.#goesOn(size - index)) return;
      this.#member(typeof key === "string" ? key : keyText(key), value, size - index, false);
      index += 1;
    }
  }

  #member(name: string, value: unknown, left: number, isSecret: boolean): void {
    const known = knownKey(name, this.#redactor);
    const key = known?.quoted ?? this.#longKey(name);
    if (key === undefined) return this.#writer.end();
    this.#writer.entry(left, key);
    const secret = isSecret || (known?.secret ?? this.#redactor.isSecretName(name));
    if (secret && says(value)) {
      this.#nodes -= 1;
      this.#writer.value(SECRET);
    } else {
      this.value(value, name.length <= LONGEST_STEP ? name : "…", name);
    }
  }

  /** Whether the walk goes on to the next of so many entries; when it has seen enough, the text ends before it. */
  #goesOn(left: number): boolean {
    if (this.#writer.ended) return false;
    if (this.#nodes > 0) return true;
    this.#writer.entry(left);
    this.#writer.end();
    return false;
  }

  #tooDeep(plain: Nested): void {
    this.#cut = true;
    // Its names have been listed all the same.
    if (plain.type === "object") this.#nodes -= plain.keys.length;
    this.#writer.value(toJsonText(`[truncated, depth ${this.#limits.maxDepth}]`));
  }

  #longKey(name: string): JsonText | undefined {
    const { room } = this.#writer;
    return this.#quote(name, undefined, room, room / 2);
  }

  #text(text: string, name?: string, around?: Around): void {
    const { room, depth } = this.#writer;
    // Inside an object, a text that has to be cut leaves half of the room to what comes after it.
    const quoted = this.#quote(text, name, room, depth === 0 ? room : room / 2, around);
    if (quoted === undefined) this.#writer.end();
    else this.#writer.value(quoted);
  }

  /** The text redacted, whole if it takes no more than `room` bytes, else cut to `cutRoom`; undefined if that is too little. */
  #quote(
    text: string,
    name: string | undefined,
    room: number,
    cutRoom: number,
    around: Around = NOTHING,
  ): JsonText | undefined {
    const maxLength = Math.min(room, this.#readable - LOOKAHEAD);
    const length = around[0].length + text.length + around[1].length;
    const seen = around === NOTHING ? text : joined(around, text, maxLength + LOOKAHEAD);
    const { text: safe, whole } = redactedBeginning(seen, maxLength, this.#redactor, name);
    this.#readable = Math.max(0, this.#readable - Math.min(length, maxLength + LOOKAHEAD));
    if (whole) {
      const quoted = toJsonText(safe);
      if (quoted.bytes <= room) return quoted;
    }
    this.#cut = true;
    if (cutRoom < CUT_NOTE_BYTES) return undefined;
    return toJsonText(`${cutForJson(safe, cutRoom - CUT_NOTE_BYTES)}…[truncated, ${length} chars]`);
  }

  #bytes(plain: Extract<Plain, { type: "bytes" }>): void {
    const { text, truncated } = plain.preview.describe(this.#redactor);
    this.#cut ||= truncated;
    this.#text(text);
  }
}

/** A text that would be longer than `maxLength` only as far as makes that plain. */
function joined([before, after]: Around, text: string, maxLength: number): string {
  return before + (text.length <= maxLength ? text + after : text.slice(0, Math.max(0, maxLength)));
}

/** Whether there is anything to hide in a value that stands under a secret's name. */
function says(value: unknown): boolean {
  return value !== null && value !== undefined && value !== "" && typeof value !== "boolean";
}

function read(source: object, key: string | number): unknown {
  try {
    return (source as Record<string | number, unknown>)[key];
  } catch (error) {
    return new Unreadable(error);
  }
}

/** A map's key that is no text. */
function keyText(key: unknown): string {
  return typeof key === "object" && key !== null ? "[object]" : String(key);
}
