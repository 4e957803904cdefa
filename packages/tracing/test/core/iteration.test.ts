import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TraceContext } from "../../src/core/trace-context.ts";
import { tracedSpan } from "../../src/core/traced-span.ts";
import { installTestRuntime, type TestRuntime } from "../support/private-runtime.ts";
import { toSpanTrees } from "../support/span-tree.ts";

let runtime: TestRuntime;

beforeEach(() => {
  runtime = installTestRuntime();
});

afterEach(() => {
  runtime.undo();
});

const inTrace = <T>(fn: () => Promise<T>): Promise<T> => TraceContext.run({ pipelineName: "p" }, fn);
const inner = tracedSpan("step:inner")(async () => delay(1));
const outer = tracedSpan("step:consumer")(async () => delay(1));

const stream = tracedSpan("llm:stream")(async function* (...pieces: string[]) {
  for (const piece of pieces) {
    await inner();
    yield piece;
  }
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) {
    await outer();
    collected.push(item);
  }
  return collected;
}

describe("an async generator", () => {
  it("owns what its body does, and its consumer owns the rest", async () => {
    expect(await inTrace(() => collect(stream("Hel", "lo")))).toEqual(["Hel", "lo"]);
    expect(toSpanTrees(runtime.spans())).toEqual([
      {
        name: "p",
        children: [
          {
            name: "llm:stream",
            children: [
              { name: "step:inner", children: [] },
              { name: "step:inner", children: [] },
            ],
          },
          { name: "step:consumer", children: [] },
          { name: "step:consumer", children: [] },
        ],
      },
    ]);
    expect(runtime.span("llm:stream").attributes["tracing.output"]).toBe('"Hello"');
  });

  it("ends its span when the consumer stops early, after its cleanup", async () => {
    const log: string[] = [];
    const numbers = tracedSpan("step:numbers")(async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        await inner();
        log.push("cleaned");
      }
    });
    await inTrace(async () => {
      for await (const n of numbers()) {
        log.push(String(n));
        break;
      }
      log.push(runtime.spans().some((span) => span.name === "step:numbers") ? "ended" : "open");
    });
    expect(log).toEqual(["1", "cleaned", "ended"]);
    expect(runtime.span("step:numbers").attributes["tracing.output"]).toBe("[1]");
    expect(runtime.span("step:numbers").status.code).toBe(0);
  });

  it("marks its span when it throws, with the same error", async () => {
    const error = new Error("cut off");
    const broken = tracedSpan("llm:broken")(async function* () {
      yield "a";
      throw error;
    });
    await expect(inTrace(() => collect(broken()))).rejects.toBe(error);
    expect(runtime.span("llm:broken").status).toEqual({ code: 2, message: "cut off" });
  });

  it("may recover from what is thrown into it", async () => {
    const robust = tracedSpan("step:robust")(async function* () {
      try {
        yield "a";
      } catch {
        yield "recovered";
      }
    });
    await inTrace(async () => {
      const items = robust();
      await items.next();
      expect(await items.throw(new Error("x"))).toEqual({ done: false, value: "recovered" });
      expect(await items.next()).toEqual({ done: true, value: undefined });
    });
    expect(runtime.span("step:robust").status.code).toBe(0);
  });

  it("passes values in and its return value out, which is its output", async () => {
    const echo = tracedSpan("step:echo")(async function* (): AsyncGenerator<string, string, string> {
      const heard = yield "say";
      return `heard ${heard}`;
    });
    await inTrace(async () => {
      const items = echo();
      await items.next();
      expect(await items.next("hi")).toEqual({ done: true, value: "heard hi" });
    });
    expect(runtime.span("step:echo").attributes["tracing.output"]).toBe('"heard hi"');
  });

  it("is its own iterator, and still an async generator to others", async () => {
    await inTrace(async () => {
      const items = stream("a");
      expect(items[Symbol.asyncIterator]()).toBe(items);
      expect(Object.prototype.toString.call(items)).toBe("[object AsyncGenerator]");
      await items.return(undefined);
    });
    expect(runtime.span("llm:stream").status.code).toBe(0);
  });

  it("gives a function the items it yielded", async () => {
    const counted = tracedSpan("llm:counted", { captureOutput: (items: unknown[]) => items.length })(
      async function* () {
        yield* ["a", "b", "c"];
      },
    );
    await inTrace(() => collect(counted()));
    expect(runtime.span("llm:counted").attributes["tracing.output"]).toBe("3");
  });

  it("holds no more of its items than fits", async () => {
    runtime.undo();
    runtime = installTestRuntime({ capture: { limits: { maxBytes: 100, maxDepth: 4, maxNodes: 100 } } });
    const many = tracedSpan("step:many")(async function* () {
      for (let i = 0; i < 1_000; i++) yield { i };
    });
    await inTrace(() => collect(many()));
    const { attributes } = runtime.span("step:many");
    expect(String(attributes["tracing.output"]).length).toBeLessThanOrEqual(100);
    expect(JSON.parse(String(attributes["tracing.output"]))).toContainEqual({ i: 3 });
    expect(attributes["tracing.output.truncated"]).toBe(true);
  });
});

it("no half of a secret stays where a long stream of texts is cut", async () => {
  runtime.undo();
  runtime = installTestRuntime({ capture: { limits: { maxBytes: 2_000, maxDepth: 4, maxNodes: 100 } } });
  const key = `sk-${"a1B2".repeat(12)}`;
  for (let before = 0; before < key.length; before += 6) {
    const keys = tracedSpan(`step:${before}`)(async function* () {
      yield "x".repeat(before);
      for (let i = 0; i < 1_000; i++) yield ` ${key}`;
    });
    await inTrace(() => collect(keys()));
    const output = String(runtime.span(`step:${before}`).attributes["tracing.output"]);
    expect(output).toMatch(/truncated/);
    expect(output).not.toMatch(/sk-|a1B2/);
  }
});

it("what an iteration yielded after a cut is not kept, as if it came next", async () => {
  runtime.undo();
  runtime = installTestRuntime({ capture: { limits: { maxBytes: 100, maxDepth: 4, maxNodes: 100 } } });
  const uneven = tracedSpan("step:uneven")(function* () {
    yield* [{ a: "x".repeat(60) }, { b: "y".repeat(200) }, 7];
  });
  await inTrace(async () => [...uneven()]);
  expect(JSON.parse(String(runtime.span("step:uneven").attributes["tracing.output"]))).not.toContain(7);
});

describe("another async iterable", () => {
  class ChunkStream {
    readonly #chunks = ["a", "b"];
    readonly controller = new AbortController();
    async *[Symbol.asyncIterator]() {
      await inner();
      yield* this.#chunks;
    }
    get size() {
      return this.#chunks.length;
    }
    self() {
      return this;
    }
    first() {
      return this.#chunks[0];
    }
  }

  it("keeps its members, and ends the span of the async function that resolved with it when consumed", async () => {
    const open = tracedSpan("llm:open")(async () => new ChunkStream());
    await inTrace(async () => {
      const chunks = await open();
      expect(chunks).toBeInstanceOf(ChunkStream);
      expect(chunks.size).toBe(2);
      expect(chunks.self()).toBe(chunks);
      expect(chunks.first()).toBe("a");
      expect(chunks.controller.signal.aborted).toBe(false);
      expect(await collect(chunks)).toEqual(["a", "b"]);
    });
    expect(runtime.span("llm:open").attributes["tracing.output"]).toBe('"ab"');
    expect(runtime.span("step:inner").parentSpanContext?.spanId).toBe(
      runtime.span("llm:open").spanContext().spanId,
    );
  });

  it("whose iterator has no return still ends the span when the consumer stops", async () => {
    const endless = tracedSpan("step:endless")(() => ({
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 1 }) }),
    }));
    await inTrace(async () => {
      for await (const _ of endless() as AsyncIterable<number>) break;
    });
    expect(runtime.span("step:endless").attributes["tracing.output"]).toBe("[1]");
  });

  it("may be a Node stream", async () => {
    const read = tracedSpan("step:read")(() => Readable.from(["x", "y"]));
    expect(await inTrace(async () => collect(read()))).toEqual(["x", "y"]);
    expect(runtime.span("step:read").status.code).toBe(0);
  });

  it("that a fluent method hands back is the same object still", async () => {
    class Cursor {
      @tracedSpan()
      limit(): this {
        return this;
      }
      async *[Symbol.asyncIterator]() {
        yield 1;
      }
    }
    const cursor = new Cursor();
    expect(await inTrace(async () => cursor.limit())).toBe(cursor);
    expect(runtime.span("step:limit").status.code).toBe(0);
  });

  it("that is a web stream is returned itself, and stays one", async () => {
    const web = new Response("body").body as ReadableStream<Uint8Array>;
    const read = tracedSpan("step:read")(() => web);
    await inTrace(async () => {
      expect(read()).toBe(web);
      expect(await new Response(web).text()).toBe("body");
    });
    expect(runtime.span("step:read").attributes["tracing.result.unfollowed"]).toBe("stream");
  });
});

describe("a generator", () => {
  const syncInner = tracedSpan("step:inner")(() => 1);
  const numbers = tracedSpan("step:numbers")(function* (n: number) {
    for (let i = 0; i < n; i++) {
      syncInner();
      yield i;
    }
  });

  it("stays synchronous and owns what its body does", async () => {
    expect(await inTrace(async () => [...numbers(2)])).toEqual([0, 1]);
    expect(toSpanTrees(runtime.spans())[0]?.children).toEqual([
      {
        name: "step:numbers",
        children: [
          { name: "step:inner", children: [] },
          { name: "step:inner", children: [] },
        ],
      },
    ]);
    expect(runtime.span("step:numbers").attributes["tracing.output"]).toBe("[0,1]");
  });

  it("passed on by another traced function is followed by both", async () => {
    const passOn = tracedSpan("step:outer")((n: number) => numbers(n));
    await inTrace(async () => expect([...passOn(1)]).toEqual([0]));
    expect(runtime.span("step:outer").attributes["tracing.output"]).toBe("[0]");
    expect(runtime.span("step:numbers").attributes["tracing.output"]).toBe("[0]");
  });

  it("may return null, which is its output then", async () => {
    const nothing = tracedSpan("step:nothing")(function* () {
      yield 1;
      return null;
    });
    await inTrace(async () => [...nothing()]);
    expect(runtime.span("step:nothing").attributes["tracing.output"]).toBe("null");
  });

  it("ends its span when the consumer stops early, delegates or uses iterator helpers", async () => {
    function* delegate() {
      yield* numbers(1);
    }
    await inTrace(async () => {
      for (const _ of numbers(5)) break;
      expect([...delegate()]).toEqual([0]);
      const helped = numbers(5) as unknown as { take(n: number): { toArray(): number[] } };
      expect(helped.take(2).toArray()).toEqual([0, 1]);
    });
    expect(runtime.spans().filter((span) => span.name === "step:numbers")).toHaveLength(3);
  });
});

it("outside of a trace an iteration is the generator itself", async () => {
  const items = stream("a");
  expect(await items.next()).toEqual({ done: false, value: "a" });
  expect(runtime.spans()).toEqual([]);
});
