import fc from "fast-check";
import { createRedactor } from "../../src/capture/redaction/redact.ts";
import { type Kept, shown } from "./kept.ts";

/**
 * A value, and what is to be kept of it. Both are made side by side from the same parts: what is kept is never worked out
 * from the value, which is what the library does.
 */
export interface Specimen {
  value: unknown;
  kept: Kept;
  /** As a member of an object it is none, since JSON has no form for it. */
  absent?: boolean;
}

const redactor = createRedactor();
/** Now and then chance makes a secret, whose fate is tested elsewhere. */
const isHarmless = (text: string) => redactor.text(text) === text && !redactor.isSecretName(text);

const ODD_TEXTS = [
  ...["", "\0", "a\0b", "\ud800", "low \udc00", "\u2028\u2029", '"\\\n\t\b', "\ufeff", "𐀀", "\uffff"],
  ...["__proto__", "constructor", "[truncated]", "…", "null", "{}", "%", "$1", "\\u0000", "'; --"],
];

/** Any text: with NUL, halves of surrogate pairs, quotes, line separators. */
export const text: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 24 }),
    fc.string({ unit: "grapheme", maxLength: 12 }),
    fc.constantFrom(...ODD_TEXTS),
    fc.nat(400).map((length) => "é".repeat(length)),
  )
  .filter(isHarmless);

const is = (value: unknown, json: string | number | boolean | null): Specimen => ({ value, kept: { json } });
const like = (value: unknown, form: RegExp): Specimen => ({ value, kept: { like: form } });
const THREW = /^\[threw: /;

/** Made anew for each run, since such a value can be changed. */
const fresh = (make: () => Specimen) => fc.constant(0).map(make);

const primitive: fc.Arbitrary<Specimen> = fc.oneof(
  text.map((value) => is(value, value)),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((value) => is(value, Object.is(value, -0) ? 0 : value)),
  fc
    .constantFrom(0, -1, 2 ** 53, 2 ** 64, Number.MIN_VALUE, Number.MAX_VALUE)
    .map((value) => is(value, value)),
  fc.constantFrom(Number.NaN, Number("1e400"), Number("-1e400")).map((value) => is(value, `${value}`)),
  fc.oneof(fc.bigInt(), fc.constantFrom(2n ** 64n, -(2n ** 64n))).map((value) => is(value, `${value}`)),
  fc.constant(is(2n ** 5_000n, "[BigInt beyond 2^4096]")),
  fc.boolean().map((value) => is(value, value)),
  fc.constant(is(null, null)),
  fc.constant({ ...is(undefined, null), absent: true }),
  text.map((description) => is(Symbol(description), `Symbol(${description})`)),
);

const bytes = fc.uint8Array({ maxLength: 60 });
const base64 = (value: Uint8Array) => Buffer.from(value).toString("base64");
function* numbers(): Generator<number> {
  yield boom();
}
const boom = (): never => {
  throw new Error("boom");
};

const single: fc.Arbitrary<Specimen> = fc.oneof(
  fc.date({ noInvalidDate: true }).map((value) => is(value, value.toISOString())),
  fresh(() => is(new Date(Number.NaN), "Invalid Date")),
  text
    .filter((name) => name !== "")
    .map((name) =>
      is(
        Object.defineProperty(() => 1, "name", { value: name }),
        `[function ${name}]`,
      ),
    ),
  fc.constantFrom("a+", "[^\\d]", "\\/").map((source) => is(new RegExp(source, "gi"), `/${source}/gi`)),
  fresh(() => is(new URL("https://example.org/a?b=c#d"), "https://example.org/a?b=c#d")),
  text.map((value) => is(new String(value), value)),
  fc.integer().map((value) => is(new Number(value), value)),
  fc.bigInt().map((value) => is(Object(value), `${value}`)),
  bytes.map((value) => is(Buffer.from(value), `[Buffer, ${value.length} bytes] ${base64(value)}`)),
  bytes.map((value) => is(value, `[Uint8Array, ${value.length} bytes] ${base64(value)}`)),
  bytes.map((value) =>
    is(Uint8Array.from(value).buffer, `[ArrayBuffer, ${value.length} bytes] ${base64(value)}`),
  ),
  fc
    .float64Array({ minLength: 1, maxLength: 9 })
    .map((value) => is(value, `[Float64Array, ${value.length} numbers] ${[...value].join(", ")}`)),
  fresh(() => is(new WeakMap(), "[WeakMap]")),
  fresh(() => is(Promise.resolve(1), "[Promise]")),
  fresh(() => is(numbers(), "[Generator]")),
  fresh(() =>
    like(new Proxy({ a: 1 }, { ownKeys: boom, get: boom, getPrototypeOf: boom, has: boom }), THREW),
  ),
  fresh(() => like(new Proxy([1, 2], { get: boom, getPrototypeOf: boom }), THREW)),
  fresh(() => revoked({})),
  fresh(() => revoked([1])),
  fresh(() => like(Object.defineProperty({}, Symbol.toStringTag, { get: boom }), THREW)),
);

function revoked(target: object): Specimen {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return like(proxy, THREW);
}

type Entry = readonly [key: string, specimen: Specimen];

const membersOf = (entries: readonly Entry[]): Kept => ({
  members: entries.filter(([, { absent }]) => !absent).map(([key, { kept }]) => [key, kept]),
});

/** Sets members as an object has them that came from anywhere: `__proto__` is a name like any other. */
function fill<T extends object>(target: T, entries: readonly Entry[]): T {
  const descriptor = { enumerable: true, writable: true, configurable: true };
  for (const [key, { value }] of entries) Object.defineProperty(target, key, { ...descriptor, value });
  return target;
}

/** A class whose instances keep something to themselves, and whose getter is nobody's business. */
class Account {
  readonly #pin = 1;
  get balance(): number {
    return boom() ?? this.#pin;
  }
}

const { any } = fc.letrec<{ any: Specimen }>((tie) => {
  const some = tie("any");
  const list = fc.array(some, { maxLength: 5 });
  const entries = fc.uniqueArray(fc.tuple(text, some), { maxLength: 5, selector: ([key]) => key });
  const listed = (specimens: readonly Specimen[]): Kept => ({ list: specimens.map(({ kept }) => kept) });
  const composed = fc.oneof(
    list.map((items) => ({ value: items.map(({ value }) => value), kept: listed(items) })),
    entries.map((of) => ({ value: fill({}, of), kept: membersOf(of) })),
    entries.map((of) => ({ value: fill(Object.create(null), of), kept: membersOf(of) })),
    entries
      .filter((of) => of.some(([, { absent }]) => !absent))
      .map((of) => ({ value: fill(new Account(), of), kept: membersOf(of) })),
    list.map((items) => holed(items)),
    entries.map((of) => ({ value: new Proxy(fill({}, of), {}), kept: membersOf(of) })),
    list.map((items) => ({
      value: new Proxy(
        items.map(({ value }) => value),
        {},
      ),
      kept: listed(items),
    })),
    entries.map((of) => ({
      value: new Map(of.map(([key, { value }]) => [key, value])),
      kept: { members: of.map(([key, { kept }]) => [key, kept] as const) },
    })),
    list
      .filter((items) => items.length > 0)
      .map((items) => ({
        value: new Map(items.map(({ value }, index) => [index, value])),
        kept: { list: items.map(({ kept }, index) => ({ list: [{ json: index }, kept] })) },
      })),
    list.map((items) => ({
      value: new Set(items.map(({ value }) => [value])),
      kept: { list: items.map(({ kept }) => ({ list: [kept] })) },
    })),
    fc.tuple(text, some, some).map(([message, cause, detail]) => failed(message, cause, detail)),
    fc.tuple(text, list).map(([message, items]) => several(message, items)),
    some.map(({ value, kept }) => ({ value: withToJson({}, () => [value]), kept: { list: [kept] } })),
    entries.map((of) => throwingToJson(of)),
    fc.tuple(text, some).map(([key, inner]) => read(key, inner)),
    fc.tuple(text, text).map(([key, message]) => unreadable(key, message)),
    some.map((inner) => circular(inner)),
    some.map((inner) => ({ value: [inner.value, inner.value], kept: { list: [inner.kept, inner.kept] } })),
  );
  return { any: fc.oneof({ maxDepth: 4, depthSize: "small" }, primitive, single, composed, composed) };
});

/** Any value that a program can have, hostile ones among them; a failed run shows what was to be kept, as a value may throw. */
export const specimen: fc.Arbitrary<Specimen> = any.map((made) => ({
  ...made,
  [fc.toStringMethod]: () => shown(made.kept),
}));

function holed(items: readonly Specimen[]): Specimen {
  const value: unknown[] = [];
  const kept: Kept[] = [];
  for (const item of items) {
    value.length += 1;
    value.push(item.value);
    kept.push({ json: null }, item.kept);
  }
  return { value, kept: { list: kept } };
}

function failed(message: string, cause: Specimen, detail: Specimen): Specimen {
  const value = fill(new TypeError(message, { cause: cause.value }), [["detail", detail]]);
  const { members } = membersOf([
    ["cause", cause],
    ["detail", detail],
  ]) as { members: readonly (readonly [string, Kept])[] };
  const own: readonly (readonly [string, Kept])[] = [
    ["name", { json: "TypeError" }],
    ["message", { json: message }],
    ["stack", { like: /TypeError/ }],
  ];
  return { value, kept: { members: [...own, ...members] } };
}

function several(message: string, items: readonly Specimen[]): Specimen {
  const members: readonly (readonly [string, Kept])[] = [
    ["name", { json: "AggregateError" }],
    ["message", { json: message }],
    ["stack", { like: /AggregateError/ }],
    ["errors", { list: items.map(({ kept }) => kept) }],
  ];
  return {
    value: new AggregateError(
      items.map(({ value }) => value),
      message,
    ),
    kept: { members },
  };
}

function withToJson<T extends object>(target: T, toJSON: () => unknown): T {
  return Object.defineProperty(target, "toJSON", { value: toJSON });
}

function throwingToJson(entries: readonly Entry[]): Specimen {
  return { value: withToJson(fill({}, entries), boom), kept: membersOf(entries) };
}

function read(key: string, { value, kept, absent = false }: Specimen): Specimen {
  const holder = Object.defineProperty({}, key, { get: () => value, enumerable: true });
  return { value: holder, kept: { members: absent ? [] : [[key, kept]] } };
}

function unreadable(key: string, message: string): Specimen {
  const get = () => {
    throw new RangeError(message);
  };
  const value = Object.defineProperty({}, key, { get, enumerable: true });
  return { value, kept: { members: [[key, { json: `[threw: ${message}]` }]] } };
}

function circular(inner: Specimen): Specimen {
  const value: Record<string, unknown> = {};
  value.self = [value];
  fill(value, [["inner", inner]]);
  const self: Kept = { list: [{ like: /^\[circular: \$/ }] };
  const members: readonly (readonly [string, Kept])[] = [["self", self]];
  return { value, kept: { members: inner.absent ? members : [...members, ["inner", inner.kept]] } };
}
