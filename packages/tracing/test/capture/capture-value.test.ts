import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Captured,
  captureArguments,
  captureAttributes,
  captureValue,
} from "../../src/capture/capture-value.ts";
import { createRedactor } from "../../src/capture/redaction/redact.ts";
import { type CaptureLimits, DEFAULT_CAPTURE_LIMITS } from "../../src/capture/settings.ts";

const redactor = createRedactor();
/** Generated keys are the names of secrets now and then. */
const inert = { isSecretName: () => false, text: (value: string) => value };

function capture(value: unknown, limits: Partial<CaptureLimits> = {}): Captured {
  return captureValue(value, { redactor, limits: { ...DEFAULT_CAPTURE_LIMITS, ...limits } });
}

const parsed = (value: unknown, limits?: Partial<CaptureLimits>): unknown =>
  JSON.parse(capture(value, limits).json);

describe("a plain value", () => {
  it("comes out as JSON.stringify has it", () => {
    const value = {
      text: 'a "quote", a \\ and\na line, ünïcode 😀, \u2028',
      list: [1, -2.5, 1e21, 0, true, null, [], {}],
      nested: { "": { "a b": "c" } },
      10: "index first",
      missing: undefined,
    };
    expect(capture(value)).toEqual({ json: JSON.stringify(value), truncated: false });
  });

  it("is the same as after JSON.stringify and JSON.parse, whatever it is", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const { json, truncated } = captureValue(value, { redactor: inert, limits: DEFAULT_CAPTURE_LIMITS });
        expect(truncated).toBe(false);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 1_000 },
    );
  });

  it("keeps keys named __proto__ and constructor as data", () => {
    const value: unknown = JSON.parse(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    );
    expect(capture(value).json).toBe(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("has null for holes, as in JSON", () => {
    const sparse = [1];
    sparse[2] = 3;
    expect(parsed(sparse)).toEqual([1, null, 3]);
  });

  it("is a snapshot", () => {
    const value = { list: [1], name: "before" };
    const { json } = capture(value);
    value.list.push(2);
    value.name = "after";
    expect(JSON.parse(json)).toEqual({ list: [1], name: "before" });
  });
});

describe("a value that JSON has no form for", () => {
  class Account {
    readonly #secret = 1;
    owner = "Ann";
    get balance() {
      return this.#secret;
    }
  }
  const circular: Record<string, unknown> = { name: "a" };
  circular.list = [{ back: circular }];
  const error = new TypeError("no route", { cause: new Error("refused") });

  it.each([
    ["undefined", undefined, null],
    ["NaN", NaN, "NaN"],
    ["Infinity", [Infinity, -Infinity], ["Infinity", "-Infinity"]],
    ["-0", -0, 0],
    ["a bigint", 2n ** 64n, "18446744073709551616"],
    ["a huge bigint", 1n << 1_000_000n, "[BigInt beyond 2^4096]"],
    ["a symbol", Symbol("s"), "Symbol(s)"],
    [
      "a function",
      {
        call: function now() {
          return 1;
        },
        f: () => 1,
      },
      { call: "[function now]", f: "[function f]" },
    ],
    ["a date", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["an invalid date", new Date(NaN), "Invalid Date"],
    ["a regular expression", /a+/gi, "/a+/gi"],
    ["a URL", new URL("https://example.org/a?b"), "https://example.org/a?b"],
    [
      "boxed primitives",
      [new Number(1), new String("s"), new Boolean(false), Object(1n)],
      [1, "s", false, "1"],
    ],
    [
      "a map from texts",
      new Map<string, unknown>([
        ["a", 1],
        ["b", new Map([["c", 2]])],
      ]),
      { a: 1, b: { c: 2 } },
    ],
    [
      "a map from anything",
      new Map<unknown, unknown>([
        [1, "a"],
        [{ k: 1 }, "b"],
      ]),
      [
        [1, "a"],
        [{ k: 1 }, "b"],
      ],
    ],
    ["a set", new Set([1, "a", new Set([2])]), [1, "a", [2]]],
    ["weak collections", [new WeakMap(), new WeakSet()], ["[WeakMap]", "[WeakSet]"]],
    ["a promise", Promise.resolve(1), "[Promise]"],
    ["a buffer", Buffer.from("hello"), "[Buffer, 5 bytes] aGVsbG8="],
    ["bytes", new Uint8Array([1, 2]), "[Uint8Array, 2 bytes] AQI="],
    ["part of a buffer", Buffer.from("hello").subarray(1, 3), "[Buffer, 2 bytes] ZWw="],
    ["an array buffer", new ArrayBuffer(2), "[ArrayBuffer, 2 bytes] AAA="],
    ["a data view", new DataView(new ArrayBuffer(2)), "[DataView, 2 bytes] AAA="],
    ["numbers", new Float32Array([0.5, 2]), "[Float32Array, 2 numbers] 0.5, 2"],
    ["big numbers", new BigInt64Array([3n]), "[BigInt64Array, 1 numbers] 3"],
    ["a class instance", new Account(), { owner: "Ann" }],
    ["an object without a prototype", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ["toJSON", { toJSON: () => ({ a: 1n }) }, { a: "1" }],
    ["toJSON of a member", { inner: { toJSON: () => new Date(0) } }, { inner: "1970-01-01T00:00:00.000Z" }],
    ["a cycle", circular, { name: "a", list: [{ back: "[circular: $]" }] }],
    ["headers", new Headers({ a: "1", b: "2" }), { a: "1", b: "2" }],
    ["a query", new URLSearchParams("a=1&b=2"), { a: "1", b: "2" }],
    [
      "a request",
      new Request("https://e.org/", { headers: { a: "1" } }),
      { method: "GET", url: "https://e.org/", headers: { a: "1" } },
    ],
    ["an abort signal", new AbortController().signal, "[AbortSignal]"],
    ["a web stream", new ReadableStream(), "[ReadableStream]"],
    ["a node stream", { out: process.stdout }, { out: expect.stringMatching(/^\[stream \w+\]$/) }],
    [
      "an error",
      error,
      expect.objectContaining({
        name: "TypeError",
        message: "no route",
        stack: expect.stringContaining("no route"),
        cause: expect.objectContaining({ message: "refused" }),
      }),
    ],
    [
      "an error with members",
      Object.assign(new Error("e"), { code: "E1" }),
      expect.objectContaining({ message: "e", code: "E1" }),
    ],
    [
      "several errors",
      new AggregateError([new Error("one")], "all"),
      expect.objectContaining({ message: "all", errors: [expect.objectContaining({ message: "one" })] }),
    ],
    [
      "a DOMException",
      new DOMException("gone", "AbortError"),
      expect.objectContaining({ name: "AbortError", message: "gone" }),
    ],
  ])("is kept: %s", (_, value, expected) => {
    expect(parsed(value)).toEqual(expected);
  });

  it("says where a cycle leads", () => {
    const inner: Record<string, unknown> = {};
    inner.again = [inner];
    expect(parsed({ a: { b: inner } })).toEqual({ a: { b: { again: ["[circular: $.a.b]"] } } });
  });

  it("is written again where it is no cycle", () => {
    const shared = { a: 1 };
    expect(parsed([shared, shared])).toEqual([{ a: 1 }, { a: 1 }]);
  });
});

describe("foreign code", () => {
  it("is not run: generators, iterators and promises stay where they are", async () => {
    let steps = 0;
    function* numbers() {
      steps += 1;
      yield 1;
    }
    const generator = numbers();
    const stream = new ReadableStream({ start: (controller) => controller.enqueue("chunk") });
    expect(parsed({ generator, stream })).toEqual({ generator: "[Generator]", stream: "[ReadableStream]" });
    expect(steps).toBe(0);
    expect(stream.locked).toBe(false);
    expect(generator.next().value).toBe(1);
  });

  it("is asked once: a getter with a side effect", () => {
    let reads = 0;
    const value = {
      get next() {
        reads += 1;
        return reads;
      },
    };
    expect(parsed({ value, list: [value.next] })).toEqual({ value: { next: 2 }, list: [1] });
    expect(reads).toBe(2);
  });

  it("may throw anywhere", () => {
    const thrower = (): never => {
      throw new Error("boom");
    };
    const throwsItself = new Proxy({}, { get: thrower });
    const trapping = new Proxy(
      { a: 1 },
      { ownKeys: thrower, get: thrower, getPrototypeOf: thrower, has: thrower },
    );
    const { proxy: revoked, revoke } = Proxy.revocable({}, {});
    const { proxy: revokedList, revoke: revokeList } = Proxy.revocable([1], {});
    revoke();
    revokeList();
    const values: Record<string, unknown> = {
      getter: Object.defineProperty({ ok: 1 }, "bad", { get: thrower, enumerable: true }),
      throwsProxy: Object.defineProperty({}, "bad", {
        get: () => {
          throw throwsItself;
        },
        enumerable: true,
      }),
      toJSON: { kept: 1, toJSON: thrower },
      toJSONGetter: Object.defineProperty({ kept: 1 }, "toJSON", { get: thrower }),
      trapping,
      revoked,
      revokedList,
      tag: Object.defineProperty({}, Symbol.toStringTag, { get: thrower }),
      tagOfClass: new (class {
        get [Symbol.toStringTag](): string {
          return thrower();
        }
      })(),
      message: Object.defineProperty(new Error("x"), "message", { get: thrower }),
      stack: Object.defineProperty(new Error("x"), "stack", { get: thrower }),
      map: Object.defineProperty(new Map([[1, 2]]), "size", { get: thrower }),
      iterator: Object.defineProperty(new Set([1]), Symbol.iterator, { get: thrower }),
      bytes: Object.defineProperty(new Uint8Array(3), "byteLength", { get: thrower }),
      buffer: Object.defineProperty(new Uint8Array(3), "buffer", { get: thrower }),
      date: Object.defineProperty(new Date(0), "getTime", { get: thrower }),
      regexp: Object.defineProperty(/x/, "source", { get: thrower }),
      boxed: Object.defineProperty(new Number(1), "valueOf", { get: thrower }),
      name: Object.defineProperty(() => 1, "name", { get: thrower }),
      list: new Proxy([1, 2, 3], { get: thrower }),
      after: "still here",
    };
    const result = parsed(values) as Record<string, unknown>;
    expect(Object.keys(result)).toEqual(Object.keys(values));
    expect(result).toMatchObject({
      getter: { ok: 1, bad: "[threw: boom]" },
      throwsProxy: { bad: "[threw: object]" },
      toJSON: { kept: 1 },
      toJSONGetter: { kept: 1 },
      trapping: "[threw: boom]",
      revoked: expect.stringContaining("[threw:"),
      iterator: [1],
      list: "[threw: boom]",
      date: "1970-01-01T00:00:00.000Z",
      after: "still here",
    });
  });

  it("may answer with anything", () => {
    const itself = { a: 1, toJSON: () => itself };
    const never = { toJSON: () => undefined };
    const chain = (): unknown => ({ next: { toJSON: chain } });
    const endless = new Proxy([], { get: (_, key) => (key === "length" ? Number.MAX_SAFE_INTEGER : 1) });
    const liar = new Proxy([], { get: (_, key) => (key === "length" ? "many" : 1) });
    expect(parsed([itself, never, liar])).toEqual([{ a: 1, toJSON: "[function toJSON]" }, null, []]);
    expect(capture(chain()).truncated).toBe(true);
    expect(capture(endless).truncated).toBe(true);
    expect(parsed({ toJSON: () => Array.from({ length: 1e5 }, () => "x") })).toHaveLength(
      (parsed(Array.from({ length: 1e5 }, () => "x")) as unknown[]).length,
    );
  });

  it("finds a walk that runs out of stack", () => {
    const deep = { a: { b: { c: [1] } } };
    const results: Captured[] = [];
    const dive = (): void => {
      try {
        dive();
      } catch {
        results.push(capture(deep));
        throw new RangeError("up");
      }
    };
    expect(dive).toThrow(RangeError);
    for (const { json } of results) expect(() => JSON.parse(json)).not.toThrow();
  });
});

describe("a value beyond the limits", () => {
  const bytes = (json: string) => Buffer.byteLength(json);

  it("has its text cut, which says how long it was", () => {
    const text = "ä".repeat(400_000);
    const result = capture(text);
    expect(result).toMatchObject({ truncated: true, originalBytes: 800_000 });
    expect(bytes(result.json)).toBeGreaterThan(49_000);
    expect(bytes(result.json)).toBeLessThanOrEqual(50_000);
    expect(JSON.parse(result.json)).toMatch(/^ä+…\[truncated, 400000 chars\]$/);
  });

  it("leaves room for what comes after a long text", () => {
    expect(parsed({ prompt: "x".repeat(1e6), model: "m", more: { n: 1 } })).toMatchObject({
      prompt: expect.stringMatching(/^x{20000,}…\[truncated, 1000000 chars\]$/),
      model: "m",
      more: { n: 1 },
    });
  });

  it("says how many elements and members are missing", () => {
    const list = parsed(Array.from({ length: 100_000 }, (_, index) => index)) as unknown[];
    expect(list.at(-1)).toBe(`[truncated, ${100_000 - (list.length - 1)} more]`);
    const object = parsed(
      Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i])),
    ) as object;
    expect(Object.entries(object).at(-1)).toEqual([
      "[truncated]",
      `${100_000 - (Object.keys(object).length - 1)} more`,
    ]);
    const map = parsed(new Map(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i]))) as object;
    expect(Object.entries(map).at(-1)?.[0]).toBe("[truncated]");
    expect(capture(new Set(Array.from({ length: 100_000 }, (_, index) => index))).truncated).toBe(true);
  });

  it("stops at the depth and node limits", () => {
    let deep: unknown = "bottom";
    for (let level = 0; level < 200_000; level++) deep = level % 2 ? [deep] : { d: deep };
    const { json, truncated } = capture(deep);
    expect(truncated).toBe(true);
    expect(json.match(/[[{]/g)?.length).toBeLessThanOrEqual(65);
    expect(json).toContain("[truncated, depth 64]");
    expect(parsed([1, 2, 3, 4, 5], { maxNodes: 4 })).toEqual([1, 2, 3, "[truncated, 2 more]"]);
  });

  it("nests no deeper than the limit through maps, toJSON and pairs either", () => {
    const wraps: ((value: unknown) => unknown)[] = [
      (value) => new Map([["k", value]]),
      (value) => new Map([[1, value]]),
      (value) => new Set([value]),
      (value) => ({ toJSON: () => [value] }),
      (value) => new Error("e", { cause: value }),
      (value) => new Proxy({ value }, {}),
    ];
    for (const wrap of wraps) {
      let deep: unknown = 1;
      for (let level = 0; level < 500; level++) deep = wrap(deep);
      let depth = 0;
      let deepest = 0;
      for (const character of capture(deep).json.replaceAll(/"(?:[^"\\]|\\.)*"/g, "")) {
        if (character === "[" || character === "{") deepest = Math.max(deepest, ++depth);
        if (character === "]" || character === "}") depth--;
      }
      expect(deepest).toBeLessThanOrEqual(64);
    }
  });

  it("costs what is kept, not what there is", () => {
    const huge = Buffer.alloc(10_600_000, "a question - ").toString("latin1");
    let reads = 0;
    const counted = new Proxy(Array.from({ length: 1e6 }), {
      get(target, key, receiver) {
        if (typeof key === "string" && key !== "length") reads += 1;
        return Reflect.get(target, key, receiver);
      },
    });
    let seen = 0;
    const counting = {
      isSecretName: () => false,
      text: (value: string) => {
        seen += value.length;
        return value;
      },
    };
    const settings = { redactor: counting, limits: DEFAULT_CAPTURE_LIMITS };
    captureValue(huge, settings);
    expect(seen).toBeLessThan(60_000);
    captureValue(
      Array.from({ length: 100_000 }, () => huge),
      settings,
    );
    captureValue({ [huge]: huge, b: [huge] }, settings);
    captureValue(counted, settings);
    expect(seen).toBeLessThan(1_000_000);
    expect(reads).toBeLessThan(25_000);
    const sparse: unknown[] = [];
    sparse[4_000_000_000] = 1;
    for (const value of [
      sparse,
      new Array(4_294_967_295),
      Buffer.alloc(100_000_000),
      new Float64Array(5_000_000),
    ]) {
      expect(bytes(capture(value).json)).toBeLessThanOrEqual(50_000);
    }
  });

  it("costs no more when members have no value, or when they are deeper than the limit", () => {
    let reads = 0;
    let keys = 0;
    const names = Array.from({ length: 5_000 }, (_, index) => `k${index}`);
    const empty = new Proxy(
      {},
      {
        ownKeys: () => names,
        getOwnPropertyDescriptor: () => {
          keys += 1;
          return { enumerable: true, configurable: true, value: undefined };
        },
        get: () => {
          reads += 1;
          return undefined;
        },
      },
    );
    const list = Array.from({ length: 1_000 }, () => empty);
    expect(capture(list).truncated).toBe(true);
    expect(capture(list, { maxDepth: 1 }).truncated).toBe(true);
    expect(reads).toBeLessThan(50_000);
    expect(keys).toBeLessThan(60_000);
  });

  it("does not read on and on through texts that are redacted away", () => {
    const secrets = `password=${"x".repeat(40_000)}`;
    let seen = 0;
    const counting = {
      isSecretName: redactor.isSecretName,
      text: (value: string) => {
        seen += value.length;
        return redactor.text(value);
      },
    };
    captureValue(
      Array.from({ length: 10_000 }, () => secrets),
      { redactor: counting, limits: DEFAULT_CAPTURE_LIMITS },
    );
    expect(seen).toBeLessThan(500_000);
  });

  it("knows the size of bytes", () => {
    expect(capture(Buffer.alloc(5_000))).toMatchObject({ truncated: true, originalBytes: 5_000 });
    expect(capture("x".repeat(2_000_000))).not.toHaveProperty("originalBytes");
  });
});

describe("any value at all", () => {
  const anything = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withUnicodeString: true,
    maxDepth: 5,
  });

  it("becomes valid JSON within the bytes, the depth and the nodes", () => {
    fc.assert(
      fc.property(
        fc.oneof(anything, fc.array(fc.string({ unit: "binary", maxLength: 300 }), { maxLength: 40 })),
        fc.integer({ min: 256, max: 4_000 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 200 }),
        (value, maxBytes, maxDepth, maxNodes) => {
          const { json, truncated } = capture(value, { maxBytes, maxDepth, maxNodes });
          expect(Buffer.byteLength(json)).toBeLessThanOrEqual(maxBytes);
          expect(() => JSON.parse(json), inspect(value)).not.toThrow();
          expect(json.isWellFormed()).toBe(true);
          if (!truncated) expect(json).not.toContain("[truncated");
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("is whole exactly when its JSON fits", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const json = JSON.stringify(value);
        const maxBytes = Buffer.byteLength(json);
        const within = (bytes: number) =>
          captureValue(value, { redactor: inert, limits: { ...DEFAULT_CAPTURE_LIMITS, maxBytes: bytes } });
        expect(within(maxBytes)).toEqual({ json, truncated: false });
        expect(within(maxBytes - 1).truncated).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("fits any number of bytes that can hold it", () => {
    const value = {
      a: ["x".repeat(50), { b: 'q"\\\u0000😀\ud800' }],
      c: 1.5,
      d: [[[[]]]],
      e: new Map([[1, 2]]),
    };
    for (let maxBytes = 4; maxBytes < 400; maxBytes++) {
      const { json } = capture(value, { maxBytes });
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(maxBytes);
      JSON.parse(json);
    }
  });
});

describe("arguments", () => {
  const settings = { redactor, limits: DEFAULT_CAPTURE_LIMITS };

  it("are the argument when there is one, else the array of them", () => {
    expect(captureArguments([{ a: 1 }], settings).json).toBe('{"a":1}');
    expect(captureArguments(["a", 2], settings).json).toBe('["a",2]');
    expect(captureArguments([], settings).json).toBe("[]");
  });
});

describe("attributes", () => {
  const settings = { redactor, limits: DEFAULT_CAPTURE_LIMITS };

  it("are an object, redacted by name and text, without the skipped ones", () => {
    const attributes = {
      "gen_ai.usage.input_tokens": 12,
      "http.request.header.authorization": ["Bearer x"],
      "url.full": "https://api.telegram.org/bot123456:AAtest/getMe",
      api_key: 12345,
      flag: true,
      list: ["a", "password=b"],
      gone: "x",
      unset: undefined,
    };
    const json = captureAttributes(attributes, settings, (name) => name === "gone");
    expect(JSON.parse(json)).toEqual({
      "gen_ai.usage.input_tokens": 12,
      "http.request.header.authorization": "[redacted]",
      "url.full": "https://api.telegram.org/bot[redacted]/getMe",
      api_key: "[redacted]",
      flag: true,
      list: ["a", "password=[redacted]"],
    });
  });

  it("are an object whatever happens", () => {
    const small = { redactor, limits: { ...DEFAULT_CAPTURE_LIMITS, maxBytes: 256 } };
    const many = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`attribute.${index}`, "value"]),
    );
    const json = captureAttributes(many, small);
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(256);
    expect(JSON.parse(json)).toHaveProperty(["[truncated]"]);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(captureAttributes(proxy, settings)).toBe("{}");
    expect(
      captureAttributes({ a: 1 }, { redactor, limits: { ...DEFAULT_CAPTURE_LIMITS, maxBytes: 5 } }),
    ).toBe("{}");
  });
});
