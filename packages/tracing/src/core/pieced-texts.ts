import { types } from "node:util";
import { REDACTED } from "../capture/redaction/ranges.ts";
import type { Redactor } from "../capture/redaction/redact.ts";

/** What of an item is looked at; the pieces of an answer stand near its surface. */
const MAX_DEPTH = 6;
const MAX_NODES = 64;

/** Where a text stands in an item. */
type Path = readonly string[];

interface Pieces {
  path: Path;
  bytes: boolean;
  texts: string[];
  /** The item that each text is of. */
  items: number[];
}

/**
 * The texts that stand at one place in item after item, as an answer that is streamed in objects, so that a secret is found
 * of which each item has a piece. Reads no getter and nothing but plain objects, arrays and bytes.
 */
export class PiecedTexts {
  readonly #places = new Map<string, Pieces>();
  #room: number;
  #nodes = 0;

  /** Keeps at most `maxLength` UTF-16 units; what comes after them is not looked at. */
  constructor(maxLength: number) {
    this.#room = maxLength;
  }

  add(index: number, item: unknown): void {
    this.#nodes = MAX_NODES;
    this.#visit(index, item, []);
  }

  /** By the number of an item, the places in it that hold a piece of a secret which no item has as a whole. */
  findSplit(redactor: Redactor): Map<number, Path[]> {
    const split = new Map<number, Path[]>();
    for (const { path, bytes, texts, items } of this.#places.values()) {
      for (const piece of splitPieces(texts, bytes, redactor)) {
        const item = items[piece] ?? 0;
        split.set(item, [...(split.get(item) ?? []), path]);
      }
    }
    return split;
  }

  #visit(index: number, value: unknown, path: Path): void {
    this.#nodes -= 1;
    if (this.#nodes < 0 || this.#room <= 0) return;
    if (typeof value === "string") this.#keep(index, value.slice(0, this.#room), path, false);
    else if (types.isUint8Array(value)) this.#keep(index, toLatin1(value, this.#room), path, true);
    else if (typeof value === "object" && value !== null && path.length < MAX_DEPTH) {
      for (const [key, member] of ownData(value)) this.#visit(index, member, [...path, key]);
    }
  }

  #keep(index: number, text: string, path: Path, bytes: boolean): void {
    this.#room -= text.length;
    const place = JSON.stringify([bytes, path]);
    const pieces = this.#places.get(place) ?? { path, bytes, texts: [], items: [] };
    pieces.texts.push(text);
    pieces.items.push(index);
    this.#places.set(place, pieces);
  }
}

/** The JSON text of an item without what stands at the places. */
export function withoutPieces(json: string, places: readonly Path[]): string {
  let item: unknown = JSON.parse(json);
  for (const place of places) item = replaceAt(item, place);
  return JSON.stringify(item);
}

function replaceAt(value: unknown, [key, ...rest]: Path): unknown {
  // What is not there any more was redacted or cut with what it stood in.
  if (key === undefined) return typeof value === "string" ? REDACTED : value;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return value;
  const container = value as Record<string, unknown>;
  container[key] = replaceAt(container[key], rest);
  return container;
}

function toLatin1(bytes: Uint8Array, maxLength: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, maxLength)).toString(
    "latin1",
  );
}

/** Members of a plain object or array that no getter computes. */
function* ownData(value: object): Iterable<[string, unknown]> {
  try {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return;
    let nodes = 0;
    for (const key in value) {
      if (++nodes > MAX_NODES) return;
      const member: unknown = Object.getOwnPropertyDescriptor(value, key)?.value;
      if (member !== undefined) yield [key, member];
    }
  } catch {
    // A Proxy whose trap throws has no members to be looked at.
  }
}

/** The numbers of the pieces in which something of a secret stands that they do not show by themselves. */
function splitPieces(texts: readonly string[], bytes: boolean, redactor: Redactor): number[] {
  if (texts.length < 2) return [];
  const whole = texts.join("");
  const kept = redactor.text(whole).split(REDACTED);
  if (bytes && redactor.text(Buffer.from(whole, "latin1").toString()).split(REDACTED).length > kept.length) {
    return [...texts.keys()];
  }
  const removed = removedStretches(whole, kept);
  let start = 0;
  return texts.flatMap((text, index) => {
    const piece = { start, end: start + text.length };
    start = piece.end;
    const touched = removed.filter((stretch) => overlaps(stretch, piece));
    if (touched.length === 0) return [];
    const alone = redactor.text(text).split(REDACTED).length - 1;
    return alone >= touched.length && touched.every((stretch) => contains(piece, stretch)) ? [] : index;
  });
}

interface Stretch {
  start: number;
  end: number;
}

/**
 * The stretches of a text in which something was replaced, where `kept` is what stands around the replacements. What is
 * kept may be found in more than one place; a stretch reaches from the earliest end of one to the latest start of the next.
 */
function removedStretches(text: string, kept: readonly string[]): Stretch[] {
  const ends: number[] = [];
  let from = 0;
  for (const part of kept) {
    const at = text.indexOf(part, from);
    if (at === -1) return [{ start: 0, end: text.length }];
    from = at + part.length;
    ends.push(from);
  }
  const starts: number[] = [];
  let until = text.length;
  for (const part of kept.toReversed()) {
    const at = text.lastIndexOf(part, until - part.length);
    if (at === -1 || until < part.length) return [{ start: 0, end: text.length }];
    until = at;
    starts.unshift(at);
  }
  return starts.slice(1).map((end, index) => ({ start: ends[index] ?? 0, end }));
}

function overlaps(one: Stretch, other: Stretch): boolean {
  return one.start < other.end && other.start < one.end;
}

function contains(outer: Stretch, inner: Stretch): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
