import { types } from "node:util";
import { BytePreview, isByteSource } from "./byte-preview.ts";
import { Unreadable } from "./unreadable.ts";

/** A value in the terms of JSON, one level deep; members are read only when the walk comes to them. */
export type Plain =
  | { type: "json"; json: string }
  /** What stands `around` a text is put there once only its beginning is left: it may be huge, and is not copied. */
  | { type: "text"; text: string; around?: readonly [before: string, after: string] }
  | { type: "bytes"; preview: BytePreview }
  | { type: "array"; source: readonly unknown[]; length: number }
  /** Members read from the source by name. */
  | { type: "object"; source: object; keys: readonly string[] }
  /** Elements that come one after the other. */
  | { type: "items"; source: object; items: Iterable<unknown>; size: number }
  /** Members that come one after the other, with keys of their own. */
  | { type: "entries"; source: object; entries: Iterable<readonly [unknown, unknown]>; size: number };

const NULL: Plain = { type: "json", json: "null" };
const TRUE: Plain = { type: "json", json: "true" };
const FALSE: Plain = { type: "json", json: "false" };

/** Turning a number into digits costs more than the number's length, so that larger ones are not written out. */
const LARGEST_BIGINT = 2n ** 4_096n;

/** What a value is, whatever it is. Never throws: what cannot be asked says so. */
export function toPlain(value: unknown): Plain {
  switch (typeof value) {
    case "string":
      return text(value);
    case "number":
      return Number.isFinite(value) ? { type: "json", json: String(value) } : text(String(value));
    case "boolean":
      return value ? TRUE : FALSE;
    case "undefined":
      return NULL;
    case "bigint":
      return text(
        value < LARGEST_BIGINT && value > -LARGEST_BIGINT ? String(value) : "[BigInt beyond 2^4096]",
      );
    case "symbol":
      return text(value.description ?? "", ["Symbol(", ")"]);
    case "function":
      return text(nameOf(value), ["[function ", "]"]);
    case "object":
      return value === null ? NULL : fromObject(value);
  }
}

function text(value: string, around?: readonly [before: string, after: string]): Plain {
  return around ? { type: "text", text: value, around } : { type: "text", text: value };
}

function unreadable({ reason }: Unreadable): Plain {
  return text(reason, ["[threw: ", "]"]);
}

function fromObject(value: object): Plain {
  if (Unreadable.is(value)) return unreadable(value);
  try {
    return fromHostObject(value) ?? fromJsonForm(value);
  } catch (error) {
    return unreadable(new Unreadable(error));
  }
}

/** An array or a plain object, which most values are. */
function isOrdinary(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What `toJSON` says, which is asked once and not of its own answer again; else the value's own members. */
function fromJsonForm(value: object): Plain {
  const json = jsonForm(value);
  if (json === value) return membersOf(value);
  if (typeof json !== "object" || json === null) return toPlain(json);
  return fromHostObject(json) ?? membersOf(json);
}

/** The value itself when it has no `toJSON`, or one that throws. */
function jsonForm(value: object): unknown {
  try {
    const { toJSON } = value as { toJSON?: unknown };
    return typeof toJSON === "function" ? toJSON.call(value, "") : value;
  } catch {
    return value;
  }
}

function membersOf(value: object): Plain {
  if (Array.isArray(value)) return { type: "array", source: value, length: lengthOf(value) };
  const keys = Object.keys(value);
  if (keys.length === 0) {
    const kind = kindOf(value);
    if (kind !== "Object") return text(`[${kind}]`);
  }
  return { type: "object", source: value, keys };
}

/** A Proxy may say anything. @throws what it throws */
function lengthOf(array: readonly unknown[]): number {
  const length: unknown = array.length;
  return typeof length === "number" ? length : 0;
}

/** Objects whose content is not in their own members; undefined for any other. */
function fromHostObject(value: object): Plain | undefined {
  if (isOrdinary(value) || types.isProxy(value)) return undefined;
  if (types.isDate(value)) return dateOf(value);
  if (types.isNativeError(value) || value instanceof Error) return errorOf(value);
  if (types.isMap(value)) return mapOf(value);
  if (types.isSet(value)) {
    return { type: "items", source: value, items: Set.prototype.values.call(value), size: value.size };
  }
  if (isByteSource(value)) return { type: "bytes", preview: new BytePreview(value) };
  if (types.isRegExp(value)) return text(RegExp.prototype.toString.call(value));
  if (types.isBoxedPrimitive(value)) return unboxed(value);
  if (value instanceof URL) return text(value.href);
  switch (kindOf(value)) {
    case "Headers":
    case "URLSearchParams":
    case "FormData":
      return pairsOf(value as { entries(): Iterable<[unknown, unknown]> });
    case "Request":
      return { type: "object", source: value, keys: ["method", "url", "headers"] };
    case "Response":
      return { type: "object", source: value, keys: ["status", "statusText", "url", "headers"] };
  }
  return isStream(value)
    ? text(`[stream ${nameOf((value as { constructor?: unknown }).constructor)}]`)
    : undefined;
}

function dateOf(date: Date): Plain {
  const valid = !Number.isNaN(Date.prototype.getTime.call(date));
  return text(valid ? Date.prototype.toISOString.call(date) : "Invalid Date");
}

function errorOf(error: Error): Plain {
  const keys = new Set(["name", "message", "stack"]);
  if ("cause" in error) keys.add("cause");
  if (error instanceof AggregateError) keys.add("errors");
  for (const key of Object.keys(error)) keys.add(key);
  return { type: "object", source: error, keys: [...keys] };
}

/** How many keys of a map are looked at to tell how it is written. */
const KEYS_SAMPLED = 256;

/** A map from texts reads as an object, any other as an array of its pairs. */
function mapOf(map: Map<unknown, unknown>): Plain {
  const entries = Map.prototype.entries.call(map);
  const { size } = map;
  let seen = 0;
  for (const key of Map.prototype.keys.call(map)) {
    if (typeof key !== "string") return { type: "items", source: map, items: entries, size };
    if (++seen === KEYS_SAMPLED) break;
  }
  return { type: "entries", source: map, entries, size };
}

function unboxed(value: object): Plain {
  const primitive: unknown = value.valueOf();
  return typeof primitive === "object" ? text(`[${kindOf(value)}]`) : toPlain(primitive);
}

/** Pairs are few here, and their iterator may be anyone's, so they are taken one by one up to a bound. */
const MAX_PAIRS = 1_000;

function pairsOf(value: { entries(): Iterable<[unknown, unknown]> }): Plain {
  const pairs: [unknown, unknown][] = [];
  for (const [key, item] of value.entries()) {
    pairs.push([key, item]);
    if (pairs.length === MAX_PAIRS) break;
  }
  return { type: "entries", source: value, entries: pairs, size: pairs.length };
}

/** Streams are made of buffers, sockets and timers, none of which says what went through them. */
function isStream(value: object): boolean {
  // Asked of the class, so that no getter of the object's own runs.
  const { on, pipe, write } = Object.getPrototypeOf(value) as Record<"on" | "pipe" | "write", unknown>;
  return typeof on === "function" && (typeof pipe === "function" || typeof write === "function");
}

function kindOf(value: object): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

/** Uncut, like every text here: cutting comes after redaction. */
function nameOf(callable: unknown): string {
  try {
    const name: unknown = typeof callable === "function" ? callable.name : "";
    return typeof name === "string" && name !== "" ? name : "anonymous";
  } catch {
    return "anonymous";
  }
}
