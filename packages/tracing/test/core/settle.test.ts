import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TraceContext } from "../../src/core/trace-context.ts";
import { tracedSpan } from "../../src/core/traced-span.ts";
import { installTestRuntime, type TestRuntime } from "../support/private-runtime.ts";

let runtime: TestRuntime;

beforeEach(() => {
  runtime = installTestRuntime();
});

afterEach(() => {
  runtime.undo();
});

const call = <T>(fn: () => T): T => TraceContext.run({ pipelineName: "p" }, tracedSpan("step:a")(fn));

/** Runs its query each time it is asked for the result, as query builders do. */
class Query {
  runs = 0;
  // biome-ignore lint/suspicious/noThenProperty: that is what such a builder is
  then(onFulfilled: (rows: number[]) => unknown) {
    this.runs++;
    return Promise.resolve([1, 2]).then(onFulfilled);
  }
}

/** Like the promises of model clients: asks for the body only when it is awaited, and has members of its own. */
class ClientPromise<T> extends Promise<T> {
  parses = 0;
  readonly #parse: () => Promise<T>;
  constructor(parse: () => Promise<T>) {
    super((resolve) => resolve(undefined as T));
    this.#parse = parse;
  }
  static override get [Symbol.species]() {
    return Promise;
  }
  // biome-ignore lint/suspicious/noThenProperty: that is what such a client does
  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.parses++;
    return this.#parse().then(onFulfilled, onRejected);
  }
  withResponse() {
    return "response";
  }
}

describe("a result that is", () => {
  it("a native promise becomes another native promise", async () => {
    const original = Promise.resolve(5);
    const result = call(() => original);
    expect(result).not.toBe(original);
    expect(Object.getPrototypeOf(result)).toBe(Promise.prototype);
    expect(await result).toBe(5);
    expect(runtime.span("step:a").attributes["tracing.output"]).toBe("5");
  });

  it("a promise of another realm is followed too", async () => {
    const result = call(() => runInNewContext("Promise.resolve(6)") as Promise<number>);
    expect(runtime.spans()).toEqual([]);
    expect(await result).toBe(6);
    expect(runtime.span("step:a").attributes["tracing.output"]).toBe("6");
  });

  it("a query builder is returned untouched and runs once", async () => {
    const query = new Query();
    const result = call(() => query);
    expect(result).toBe(query);
    expect(query.runs).toBe(0);
    expect(runtime.span("step:a").attributes).toMatchObject({ "tracing.result.unfollowed": "thenable" });
    expect(runtime.span("p").attributes).toMatchObject({ "tracing.result.unfollowed": "thenable" });
    expect(await result).toEqual([1, 2]);
    expect(query.runs).toBe(1);
  });

  it("a promise of a client's own class keeps its members, is asked once, and ends the span when it is awaited", async () => {
    const promise = new ClientPromise(async () => "answer");
    const result = call(() => promise);
    expect(result).toBe(promise);
    expect(result.withResponse()).toBe("response");
    expect(promise.parses).toBe(0);
    expect(runtime.spans()).toEqual([]);
    expect(await result).toBe("answer");
    expect(promise.parses).toBe(1);
    expect(runtime.span("step:a").attributes["tracing.output"]).toBe('"answer"');
    expect(runtime.span("p").status.code).toBe(0);
  });

  it("a promise of a client's own class that fails marks the span, and its handlers see the same error", async () => {
    const error = new Error("overloaded");
    const result = call(() => new ClientPromise<string>(() => Promise.reject(error)));
    expect(await result.catch((reason: unknown) => reason)).toBe(error);
    await expect(result).rejects.toBe(error);
    expect(runtime.span("step:a").status.message).toBe("overloaded");
  });

  it("a promise of a client's own class may resolve with a stream, the same one each time", async () => {
    async function* pieces() {
      yield "a";
    }
    const stream = pieces();
    const result = call(() => new ClientPromise(async () => stream));
    const first = await result;
    expect(await result).toBe(first);
    for await (const piece of first) expect(piece).toBe("a");
    expect(runtime.span("step:a").attributes["tracing.output"]).toBe('"a"');
  });

  it("a promise with members added to it is returned itself", async () => {
    const promise = Object.assign(Promise.resolve(1), { cancel: () => "cancelled" });
    const result = call(() => promise);
    expect(result).toBe(promise);
    expect(result.cancel()).toBe("cancelled");
    expect(await result).toBe(1);
  });

  it("hostile to being looked at is returned all the same", () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no");
        },
        getPrototypeOf: () => {
          throw new Error("no");
        },
      },
    );
    expect(call(() => hostile) === hostile).toBe(true);
    expect(runtime.spans()).toHaveLength(2);
  });
});
