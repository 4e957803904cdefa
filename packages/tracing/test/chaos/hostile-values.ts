/** A value that no serialiser likes, and the form in which it is to be stored. */
export interface HostileValue {
  readonly name: string;
  make(): unknown;
  /** As JSON; undefined when it only has to be valid and bounded. */
  readonly stored?: unknown;
}

const thrower = (): never => {
  throw new Error("boom");
};

function nested(depth: number): unknown {
  let value: unknown = "bottom";
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? { d: value } : [value];
  return value;
}

function cycle(): unknown {
  const value: Record<string, unknown> = { name: "a" };
  value.list = [{ back: value }];
  return value;
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function sparse(): unknown {
  const value = [1];
  value[2] = 3;
  return value;
}

/** Every value that is named in the table of faults. */
export const HOSTILE_VALUES: readonly HostileValue[] = [
  {
    name: "NUL",
    make: () => ({ text: "a\u0000b", "k\u0000": 1 }),
    stored: { text: "a\u0000b", "k\u0000": 1 },
  },
  { name: "a lone surrogate", make: () => ["a\ud800", "\udc00b"], stored: ["a\ud800", "\udc00b"] },
  { name: "a bigint", make: () => 2n ** 64n, stored: "18446744073709551616" },
  { name: "2^64", make: () => 2 ** 64, stored: 2 ** 64 },
  { name: "NaN", make: () => [Number.NaN, -0], stored: ["NaN", 0] },
  { name: "1e400", make: () => [Number("1e400"), Number("-1e400")], stored: ["Infinity", "-Infinity"] },
  { name: "a cycle", make: cycle, stored: { name: "a", list: [{ back: "[circular: $]" }] } },
  {
    name: "a throwing getter",
    make: () => Object.defineProperty({ ok: 1 }, "bad", { get: thrower, enumerable: true }),
    stored: { ok: 1, bad: "[threw: boom]" },
  },
  { name: "a throwing toJSON", make: () => ({ kept: 1, toJSON: thrower }) },
  {
    name: "a throwing Proxy",
    make: () =>
      new Proxy({ a: 1 }, { ownKeys: thrower, get: thrower, getPrototypeOf: thrower, has: thrower }),
  },
  { name: "a revoked Proxy", make: revoked },
  { name: "depth 200,000", make: () => nested(200_000) },
  { name: "a string of 100 MB", make: () => "x".repeat(100_000_000) },
  {
    name: "100,000 keys",
    make: () => Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key ${index}`, index])),
  },
  {
    name: "a Map",
    make: () => new Map<unknown, unknown>([[{ k: 1 }, new Map([["b", 2]])]]),
    stored: [[{ k: 1 }, { b: 2 }]],
  },
  { name: "a Set", make: () => new Set([1, "a", new Set([2])]), stored: [1, "a", [2]] },
  { name: "an Error with a cause", make: () => new TypeError("no route", { cause: new Error("refused") }) },
  { name: "a Buffer", make: () => Buffer.from("hello"), stored: "[Buffer, 5 bytes] aGVsbG8=" },
  { name: "a Buffer of 100 MB", make: () => Buffer.alloc(100_000_000) },
  { name: "an invalid Date", make: () => new Date(Number.NaN), stored: "Invalid Date" },
  { name: "a sparse array", make: sparse, stored: [1, null, 3] },
  {
    name: "an array of 2^32 - 1 holes",
    make: () => new Array(2 ** 32 - 1),
  },
  {
    name: "a __proto__ key",
    make: () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
    stored: JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
  },
];
