import { types } from "node:util";

/** A value in the terms of JSON, one level deep; members are read only when they are asked for. */
export type Plain =
  | { type: "json"; json: string }
  | { type: "text"; text: string }
  | { type: "array"; source: object; items: Iterable<() => unknown>; length: number }
  | { type: "object"; source: object; entries: Iterable<readonly [string, () => unknown]> };

const text = (value: string): Plain => ({ type: "text", text: value });

/** What a value is, whatever it is. Never throws: what cannot be asked says so. */
export function toPlain(value: unknown): Plain {
  switch (typeof value) {
    case "string":
      return text(value);
    case "number":
      return Number.isFinite(value) ? { type: "json", json: JSON.stringify(value) } : text(String(value));
    case "boolean":
      return { type: "json", json: String(value) };
    case "undefined":
      return { type: "json", json: "null" };
    case "bigint":
      return text(`${value}`);
    case "symbol":
      return text(value.toString());
    case "function":
      return text("[function]");
    case "object":
      return value === null ? { type: "json", json: "null" } : guardedObject(value);
  }
}

function guardedObject(value: object): Plain {
  try {
    return fromObject(value);
  } catch {
    return text("[unreadable]");
  }
}

function fromObject(value: object): Plain {
  if (types.isProxy(value)) return objectOf(value);
  if (Array.isArray(value))
    return { type: "array", source: value, items: indices(value), length: value.length };
  if (types.isDate(value)) return text(Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString());
  if (types.isNativeError(value)) return errorOf(value);
  if (types.isMap(value)) return mapOf(value);
  if (types.isSet(value)) {
    return { type: "array", source: value, items: readers(value.values()), length: value.size };
  }
  if (ArrayBuffer.isView(value))
    return bytesOf(value.constructor.name, value.buffer, value.byteOffset, value.byteLength);
  if (types.isAnyArrayBuffer(value)) return bytesOf("ArrayBuffer", value, 0, value.byteLength);
  if (types.isRegExp(value)) return text(String(value));
  if (types.isBoxedPrimitive(value)) return toPlain(value.valueOf());
  if (types.isPromise(value)) return text("[promise]");
  if (types.isWeakMap(value) || types.isWeakSet(value)) return text("[weak collection]");
  if (value instanceof URL) return text(value.href);
  const toJSON: unknown = "toJSON" in value ? value.toJSON : undefined;
  if (typeof toJSON === "function") {
    const json: unknown = toJSON.call(value, "");
    if (json !== value) return typeof json === "object" && json !== null ? plainMembers(json) : toPlain(json);
  }
  return objectOf(value);
}

/** What `toJSON` gave is data: its own `toJSON` is not asked again. */
function plainMembers(value: object): Plain {
  return Array.isArray(value)
    ? { type: "array", source: value, items: indices(value), length: value.length }
    : objectOf(value);
}

function objectOf(value: object): Plain {
  return { type: "object", source: value, entries: ownMembers(value) };
}

// for...in begins without a list of all keys, so that an object of a hundred thousand costs no more than what is kept.
function* ownMembers(value: object): Generator<readonly [string, () => unknown]> {
  try {
    for (const name in value) {
      if (!Object.hasOwn(value, name)) continue;
      const read = (): unknown => (value as Record<string, unknown>)[name];
      if (Object.getOwnPropertyDescriptor(value, name)?.value !== undefined || !isSkipped(value, name))
        yield [name, read];
    }
  } catch {
    yield ["[unreadable]", () => true];
  }
}

/** As in `JSON.stringify`, a member that is plainly undefined is none. */
function isSkipped(value: object, name: string): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(value, name);
  return descriptor !== undefined && "value" in descriptor && descriptor.value === undefined;
}

function* indices(value: readonly unknown[]): Generator<() => unknown> {
  for (let index = 0; index < value.length; index++) yield () => value[index];
}

function* readers(values: Iterable<unknown>): Generator<() => unknown> {
  for (const value of values) yield () => value;
}

function errorOf(error: Error): Plain {
  const entries: (readonly [string, () => unknown])[] = [
    ["name", () => error.name],
    ["message", () => error.message],
    ["stack", () => error.stack],
  ];
  if ("cause" in error) entries.push(["cause", () => error.cause]);
  if (error instanceof AggregateError) entries.push(["errors", () => error.errors]);
  const named = new Set(entries.map(([name]) => name));
  return { type: "object", source: error, entries: concat(entries, ownMembers(error), named) };
}

function* concat(
  first: Iterable<readonly [string, () => unknown]>,
  second: Iterable<readonly [string, () => unknown]>,
  named: ReadonlySet<string>,
): Generator<readonly [string, () => unknown]> {
  yield* first;
  for (const entry of second) if (!named.has(entry[0])) yield entry;
}

/** A map of texts reads as an object; any other as its pairs. */
function mapOf(map: Map<unknown, unknown>): Plain {
  return { type: "object", source: map, entries: mapEntries(map) };
}

function* mapEntries(map: Map<unknown, unknown>): Generator<readonly [string, () => unknown]> {
  for (const [key, value] of map) yield [keyText(key), () => value];
}

function keyText(key: unknown): string {
  if (typeof key === "string") return key;
  return typeof key === "object" && key !== null ? "[object]" : String(key);
}

const BYTES_KEPT = 1_024;

function bytesOf(type: string, buffer: ArrayBufferLike, offset: number, length: number): Plain {
  const head = Buffer.from(buffer, offset, Math.min(length, BYTES_KEPT)).toString("base64");
  const rest = length > BYTES_KEPT ? `…[truncated, ${length} bytes]` : "";
  return text(`[${type}, ${length} bytes] ${head}${rest}`);
}
