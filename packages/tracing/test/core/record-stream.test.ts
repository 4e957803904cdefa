import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import {
  type RecordStreamOptions,
  recordGeneration,
  recordStream,
  type StreamEnd,
  TraceContext,
  tracedSpan,
} from "../../src/index.ts";
import { expectTrace, startTestTracing, type TestTracing, traceTree } from "../../src/testing/index.ts";
import { type AnsweringServer, startAnsweringServer } from "./answering-server.ts";
import { runChild } from "./run-child.ts";

let traces: TestTracing;
beforeEach(() => {
  traces = startTestTracing();
});
afterEach(() => traces.stop());

const PIECES = ["Hel", "lo, ", "rep"];
const inRun = <T>(fn: () => T): T => TraceContext.run({ pipelineName: "learn" }, fn);

/** What a client of a model returns: an iterable with members of its own. */
class ModelStream implements AsyncIterable<string> {
  readonly controller = new AbortController();
  /** How many chunks were asked for. */
  asked = 0;
  readonly #failure: Error | undefined;

  constructor(failure?: Error) {
    this.#failure = failure;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (const piece of PIECES) {
      this.asked += 1;
      yield piece;
    }
    if (this.#failure) throw this.#failure;
  }
}

const stream = tracedSpan("llm:local", { captureInput: false })(
  async (source: ModelStream, options?: RecordStreamOptions<string>) => recordStream(source, options),
);

async function collect<T>(items: AsyncIterable<T>, count = Number.POSITIVE_INFINITY): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) {
    collected.push(item);
    if (collected.length === count) break;
  }
  return collected;
}

/** What the span of the one model call is to say. */
function expectCall(like: object, attributes: object): void {
  expectTrace(traces.last())
    .toHaveEnded()
    .toHaveModelCalls(1)
    .toHaveSpan("llm:local", { ...like, attributes: { "gen_ai.request.stream": true, ...attributes } });
}

const some = (value: number) => value > 0;

describe("an async iterable", () => {
  it("passes as it is, and its span ends with what came and how long the first chunk took", async () => {
    const source = new ModelStream();
    await inRun(async () => {
      const followed = await stream(source);
      expectTypeOf(followed).toEqualTypeOf<ModelStream>();
      expect(followed).toBeInstanceOf(ModelStream);
      expect(followed.controller).toBe(source.controller);
      expect(source.asked).toBe(0);
      expect(traceTree(traces.last())).toBe("learn [running]\n  llm:local [running]");
      expect(await collect(followed)).toEqual(PIECES);
    });
    expectCall(
      { status: "ok", output: "Hello, rep" },
      {
        "tracing.stream.chunks": 3,
        "tracing.stream.outcome": "consumed",
        "gen_ai.response.time_to_first_chunk": some,
      },
    );
    const span = traces.last().spans.find(({ name }) => name === "llm:local");
    const firstMs = Number(span?.attributes["gen_ai.response.time_to_first_chunk"]) * 1000;
    expect(firstMs).toBeLessThanOrEqual(span?.durationMs ?? 0);
  });

  it("tells onEnd, which records the generation on the span", async () => {
    const ends: StreamEnd<string>[] = [];
    const onEnd = (end: StreamEnd<string>) => {
      ends.push(end);
      recordGeneration({
        provider: "openai",
        model: "gpt-4o-mini",
        usage: { inputTokens: 9, outputTokens: 3 },
      });
    };
    await inRun(async () => collect(await stream(new ModelStream(), { onEnd })));
    expect(ends).toEqual([
      { outcome: "consumed", chunks: 3, timeToFirstChunkMs: expect.any(Number), lastChunk: "rep" },
    ]);
    expectTrace(traces.last()).toHaveSpan("llm:local", {
      model: "gpt-4o-mini",
      inputTokens: 9,
      costUsd: some,
    });
  });

  it("waits with the end of its span, and not with its consumer, for the promise of onEnd", async () => {
    const usage = Promise.withResolvers<number>();
    const onEnd = async () => {
      const inputTokens = await usage.promise;
      recordGeneration({ provider: "local", model: "m", usage: { inputTokens } });
    };
    await inRun(async () => collect(await stream(new ModelStream(), { onEnd })));
    expect(traceTree(traces.last())).toBe("learn\n  llm:local [running]");
    usage.resolve(9);
    await traces.settled();
    expectCall({ status: "ok", inputTokens: 9 }, { "tracing.stream.outcome": "consumed" });
  });

  it("counts and keeps of a chunk what is read of it", async () => {
    const read = (chunk: string) => (chunk === "lo, " ? undefined : chunk.toUpperCase());
    await inRun(async () => collect(await stream(new ModelStream(), { read })));
    expectCall({ output: "HELREP" }, { "tracing.stream.chunks": 2 });
  });

  it("that its consumer leaves is stopped, which is no error", async () => {
    const source = new ModelStream();
    await inRun(async () => expect(await collect(await stream(source), 2)).toEqual(["Hel", "lo, "]));
    expect(source.asked).toBe(2);
    expectCall({ status: "ok", output: "Hello, " }, { "tracing.stream.outcome": "stopped" });
  });

  it("that fails gives its span the error, and what came before it", async () => {
    const failure = new RangeError("The model is overloaded.");
    await inRun(async () => {
      await expect(collect(await stream(new ModelStream(failure)))).rejects.toBe(failure);
    });
    expectCall(
      { status: "error", output: "Hello, rep", error: { type: "RangeError", message: failure.message } },
      { "tracing.stream.outcome": "failed", "tracing.stream.chunks": 3 },
    );
  });

  it("ends its span at once when its signal aborts, although nobody asks for more", async () => {
    const aborting = new AbortController();
    const ends: StreamEnd<string>[] = [];
    await inRun(async () => {
      const followed = await stream(new ModelStream(), {
        signal: aborting.signal,
        onEnd: (end) => ends.push(end),
      });
      await followed[Symbol.asyncIterator]().next();
      aborting.abort();
      expect(traces.last().spanCount).toBe(1);
    });
    expect(ends).toMatchObject([{ outcome: "aborted", chunks: 1, error: { name: "AbortError" } }]);
    expectCall(
      { status: "error", output: "Hel", error: { type: "AbortError" } },
      { "tracing.stream.outcome": "aborted" },
    );
  });

  it.each([
    ["rejects with", () => Promise.reject(new TypeError("No usage."))],
    [
      "throws",
      () => {
        throw new TypeError("No usage.");
      },
    ],
  ])("fails with what onEnd %s, which its consumer does not see", async (_, onEnd) => {
    await inRun(async () =>
      expect(await collect(await stream(new ModelStream(), { onEnd }))).toEqual(PIECES),
    );
    await traces.settled();
    expectCall({ status: "error", error: { type: "TypeError" } }, { "tracing.stream.outcome": "failed" });
  });

  it("is not disturbed by what reading a chunk throws", async () => {
    const read = () => {
      throw new TypeError("No delta.");
    };
    await inRun(async () => expect(await collect(await stream(new ModelStream(), { read }))).toEqual(PIECES));
    expectCall({ status: "ok" }, { "tracing.stream.outcome": "consumed", "tracing.stream.chunks": 0 });
  });

  it("runs its source below the span, and its consumer beside it", async () => {
    const step = tracedSpan("step:decode")(async (piece: string) => piece);
    const use = tracedSpan("step:use")(async (piece: string) => piece);
    const decode = tracedSpan("llm:local")(async () =>
      recordStream(
        (async function* () {
          yield await step("x");
        })(),
      ),
    );
    await inRun(async () => {
      for await (const piece of await decode()) await use(piece);
    });
    expectTrace(traces.last()).toHaveTree("learn\n  llm:local > step:decode\n  step:use").toHaveEnded();
  });
});

describe("a span", () => {
  it("stays open until the stream has ended that is inside of what its function returned", async () => {
    const ask = tracedSpan("llm:local")(() => ({ textStream: recordStream(new ModelStream()) }));
    const agent = tracedSpan("agent:trainer")(async () => ask());
    const { textStream } = await inRun(() => agent());
    expect(traceTree(traces.last())).toBe("learn\n  agent:trainer\n    llm:local [running]");
    await collect(textStream);
    expectCall({ status: "ok", output: "Hello, rep" }, {});
  });

  it("of an agent that returns the stream of its model stays open as long", async () => {
    const agent = tracedSpan("agent:trainer")(async () => stream(new ModelStream()));
    const followed = await inRun(() => agent());
    expect(traceTree(traces.last())).toBe("learn\n  agent:trainer [running]\n    llm:local [running]");
    await collect(followed);
    expectTrace(traces.last()).toHaveEnded().toHaveSpan("agent:trainer", { output: "Hello, rep" });
  });

  it("whose function read the stream itself ends with what that returned", async () => {
    const ask = tracedSpan("llm:local")(async () => (await collect(recordStream(new ModelStream()))).length);
    await inRun(ask);
    expectCall({ status: "ok", output: 3 }, { "tracing.stream.outcome": "consumed" });
  });

  it("whose function fails ends at once", async () => {
    const ask = tracedSpan("llm:local")(async () => {
      recordStream(new ModelStream());
      throw new TypeError("No.");
    });
    await expect(inRun(ask)).rejects.toThrow("No.");
    expectTrace(traces.last())
      .toHaveEnded()
      .toHaveSpan("llm:local", { error: { type: "TypeError" } });
  });
});

describe("outside of a trace", () => {
  it("a stream passes, and onEnd is told", async () => {
    const ends: string[] = [];
    const followed = recordStream(new ModelStream(), { onEnd: ({ outcome }) => ends.push(outcome) });
    expect(await collect(followed)).toEqual(PIECES);
    expect([ends, traces.all()]).toEqual([["consumed"], []]);
  });

  it("what is no stream comes back as it is", () => {
    const promise = Promise.resolve(new ModelStream());
    expect(recordStream(promise as unknown as ModelStream)).toBe(promise);
  });
});

it("content that is not captured is not kept of a stream either", async () => {
  traces.stop();
  traces = startTestTracing({ capture: { content: false } });
  await inRun(async () => collect(await stream(new ModelStream())));
  expectCall({ output: null }, { "tracing.stream.chunks": 3 });
  expect(JSON.stringify(traces.all())).not.toContain("Hel");
});

describe("a web stream over HTTP", () => {
  let server: AnsweringServer;
  beforeEach(async () => {
    server = await startAnsweringServer(PIECES);
  });
  afterEach(() => server.close());

  const ask = tracedSpan("llm:local")(async (url: string, signal?: AbortSignal) => {
    const response = await fetch(url, signal ? { signal } : {});
    const text = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream());
    return recordStream(text, { signal });
  });

  /** Reads what has been sent, after which the server keeps silent. */
  async function readAll(reader: ReadableStreamDefaultReader<string>): Promise<void> {
    let text = "";
    while (text !== PIECES.join("")) text += (await reader.read()).value;
  }

  it("is read to its end", async () => {
    await inRun(async () => {
      const text = await ask(`${server.url}/whole`);
      expectTypeOf(text).toEqualTypeOf<ReadableStream<string>>();
      expect(await new Response(text.pipeThrough(new TextEncoderStream())).text()).toBe("Hello, rep");
    });
    expectCall(
      { status: "ok", output: "Hello, rep" },
      { "tracing.stream.outcome": "consumed", "gen_ai.response.time_to_first_chunk": some },
    );
  });

  it("that is cut off in the middle gives its span the error and what had come", async () => {
    await inRun(async () => {
      const reader = (await ask(`${server.url}/part`)).getReader();
      await readAll(reader);
      server.cut();
      await expect(reader.read()).rejects.toThrow("terminated");
    });
    expectCall(
      { status: "error", output: "Hello, rep", error: { type: "TypeError", message: "terminated" } },
      { "tracing.stream.outcome": "failed" },
    );
  });

  it("that its signal aborts ends as aborted, and the server sees it", async () => {
    const aborting = new AbortController();
    await inRun(async () => {
      const reader = (await ask(`${server.url}/part`, aborting.signal)).getReader();
      await readAll(reader);
      aborting.abort();
      await expect(reader.read()).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
    });
    await server.clientGone;
    expectCall(
      { status: "error", output: "Hello, rep", error: { type: "AbortError" } },
      { "tracing.stream.outcome": "aborted" },
    );
  });

  it("that its reader cancels is stopped, and the server sees it", async () => {
    await inRun(async () => {
      const text = await ask(`${server.url}/part`);
      const reader = text.getReader();
      expect((await reader.read()).value).toContain("Hel");
      await reader.cancel();
    });
    await server.clientGone;
    expectCall({ status: "ok" }, { "tracing.stream.outcome": "stopped" });
  });
});

it("a stream that nobody can read any more ends its span when it is collected", async () => {
  const abandoned = { "tracing.iteration.abandoned": true, "tracing.stream.outcome": "abandoned" };
  expect(JSON.parse(await runChild("abandoned-streams", [], ["--expose-gc"]))).toEqual([
    { name: "llm:iterable", output: "Hel", attributes: expect.objectContaining(abandoned) },
    { name: "llm:web", output: "Hel", attributes: expect.objectContaining(abandoned) },
  ]);
});
