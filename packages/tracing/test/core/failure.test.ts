import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TraceContext } from "../../src/core/trace-context.ts";
import { installTestRuntime, type TestRuntime } from "../support/private-runtime.ts";

let runtime: TestRuntime;

beforeEach(() => {
  runtime = installTestRuntime();
});

afterEach(() => {
  runtime.undo();
});

/** What a span says after this was thrown in it; fails when it does not come out as the same thing. */
function thrown(error: unknown) {
  const before = runtime.spans().length;
  let caught: unknown;
  try {
    TraceContext.run({ pipelineName: "p" }, () => {
      throw error;
    });
  } catch (reason) {
    caught = reason;
  }
  expect(Object.is(caught, error)).toBe(true);
  const span = runtime.spans()[before];
  const exception = span?.events[0]?.attributes ?? {};
  return {
    type: span?.attributes["error.type"],
    message: span?.status.message,
    stack: exception["exception.stacktrace"],
  };
}

class RateLimited extends Error {}
const Renamed = { _Overloaded: class extends Error {} };
Object.defineProperty(Renamed._Overloaded, "name", { value: "_Overloaded" });

describe("the type of an error", () => {
  it.each([
    ["its name", new DOMException("stop", "AbortError"), "AbortError"],
    ["its class, when the name says nothing", new RateLimited("slow"), "RateLimited"],
    [
      "its class as it was written, when a compiler renamed it",
      new Renamed._Overloaded("busy"),
      "Overloaded",
    ],
    [
      "its code, when the class says nothing",
      Object.assign(new Error("x"), { code: "ECONNREFUSED" }),
      "ECONNREFUSED",
    ],
    ["Error at the least", new Error("x"), "Error"],
    ["what a plain object names itself", { name: "ApiError", message: "bad" }, "ApiError"],
    ["the type of a value", "text", "string"],
    ["the type of undefined", undefined, "undefined"],
    ["null", null, "null"],
    ["the type of an object", { status: 500 }, "object"],
  ])("is %s", (_, error, type) => {
    expect(thrown(error).type).toBe(type);
  });
});

describe("the message of an error", () => {
  it.each([
    ["a thrown text", "out of tokens", "out of tokens"],
    ["undefined", undefined, "undefined"],
    ["a symbol", Symbol("s"), "Symbol(s)"],
    ["an object", { status: 500 }, '{"status":500}'],
    ["an aggregate without one", new AggregateError([new Error("connect failed")]), "connect failed"],
    ["an error without one", new RangeError(), "RangeError"],
  ])("is there for %s", (_, error, message) => {
    expect(thrown(error).message).toBe(message);
  });

  it("is redacted and bounded, like the stack", () => {
    const token = `Bearer ${"a1B2".repeat(10)}`;
    const { message, stack } = thrown(new Error(`refused: ${token} ${"x".repeat(100_000)}`));
    expect(message).not.toContain("a1B2a1B2");
    expect(stack).not.toContain("a1B2a1B2");
    expect(Buffer.byteLength(String(message))).toBeLessThanOrEqual(8_192);
    expect(Buffer.byteLength(String(stack))).toBeLessThanOrEqual(16_384);
  });
});

it("a failure is told though its causes have stacks that no string can hold together", () => {
  const huge = Buffer.alloc(120_000_000, "at work (work.js) ").toString("latin1");
  let error = new Error("first");
  for (let depth = 0; depth < 6; depth++) {
    error.stack = huge;
    error = new Error("later", { cause: error });
  }
  error.stack = huge;
  const { type, message, stack } = thrown(error);
  expect([type, message]).toEqual(["Error", "later"]);
  expect(stack).toMatch(/^at work .*…$/);
});

it("no half of a secret stays where a long stack is cut", () => {
  const key = `sk-${"a1B2".repeat(12)}`;
  for (let before = 16_300; before < 16_400; before += 7) {
    const error = new Error("failed");
    error.stack = `${"x ".repeat(before / 2)} ${key} and on`;
    expect(thrown(error).stack).not.toContain("a1B2");
    const cause = new Error("inner");
    cause.stack = error.stack;
    expect(thrown(new Error("outer", { cause })).stack).not.toContain("a1B2");
  }
});

it("the stack goes on with what caused the error, and survives a circle of causes", () => {
  const cause: Error & { cause?: unknown } = new Error("socket closed");
  const error = new Error("fetch failed", { cause });
  cause.cause = error;
  const { stack } = thrown(error);
  expect(stack).toMatch(/^Error: fetch failed\n[\s\S]*\nCaused by: Error: socket closed/);
  expect(String(stack).match(/fetch failed/g)).toHaveLength(1);
});

it("whatever is thrown is recorded and passed on", () => {
  const refuse = () => {
    throw new Error("do not touch");
  };
  const hostile = new Proxy(new Error("x"), {
    get: refuse,
    has: refuse,
    ownKeys: refuse,
    getPrototypeOf: refuse,
  });
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const getters = Object.defineProperties({}, { name: { get: refuse }, message: { get: refuse } });
  for (const error of [hostile, revoked.proxy, getters, Object.create(null), Object.freeze([1]), () => 1]) {
    expect(thrown(error).message).toEqual(expect.any(String));
  }
});
