import { setTimeout as delay } from "node:timers/promises";
import { SpanKind } from "@opentelemetry/api";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TraceContext } from "../../src/core/trace-context.ts";
import { type TracedSpanOptions, tracedSpan } from "../../src/core/traced-span.ts";
import { installTestRuntime, type TestRuntime } from "../support/private-runtime.ts";
import { toSpanTrees } from "../support/span-tree.ts";

let runtime: TestRuntime;

beforeEach(() => {
  runtime = installTestRuntime();
});

afterEach(() => {
  runtime.undo();
});

const inTrace = <T>(fn: () => T): T => TraceContext.run({ pipelineName: "p" }, fn);

describe("a traced function", () => {
  it("makes one tree of parallel agents that call a model twice each", async () => {
    const complete = tracedSpan("llm:offline")(async (prompt: string) => {
      await delay(1);
      return prompt.toUpperCase();
    });
    const agent = (name: string) =>
      tracedSpan(`agent:${name}`)(async (input: string) => {
        const first = await complete(input);
        return complete(first);
      });
    await TraceContext.run({ pipelineName: "train" }, () =>
      Promise.all([agent("trainer")("a"), agent("strategist")("b")]),
    );
    const calls = [1, 2].map(() => ({ name: "llm:offline", children: [] }));
    expect(toSpanTrees(runtime.spans())).toEqual([
      {
        name: "train",
        children: [
          { name: "agent:strategist", children: calls },
          { name: "agent:trainer", children: calls },
        ],
      },
    ]);
  });

  it("records its arguments and its result, as they were at the time", async () => {
    const input = { text: "before" };
    const answer = tracedSpan("step:answer")(async (question: { text: string }, ..._more: number[]) => {
      question.text = "after";
      return { said: question.text };
    });
    await inTrace(() => answer(input));
    const { attributes } = runtime.span("step:answer");
    expect(attributes["tracing.input"]).toBe('{"text":"before"}');
    expect(attributes["tracing.output"]).toBe('{"said":"after"}');
    await inTrace(() => answer(input, 1, 2));
    expect(runtime.spans().at(-2)?.attributes["tracing.input"]).toBe('[{"text":"after"},1,2]');
  });

  it("stays synchronous, and keeps this, name, length and own members", () => {
    const target = {
      factor: 3,
      times: tracedSpan()(
        Object.assign(
          function times(this: { factor: number }, a: number, b: number) {
            return this.factor * a * b;
          },
          { schema: "numbers" },
        ),
      ),
    };
    expect(inTrace(() => target.times(2, 5))).toBe(30);
    expect(target.times.length).toBe(2);
    expect(target.times.name).toBe("times");
    expect(target.times.schema).toBe("numbers");
    expect(runtime.span("step:times").attributes["tracing.output"]).toBe("30");
  });

  it("may be named like a keyword", () => {
    const element = { class: () => "row" };
    const { class: className } = {
      class() {
        return element.class();
      },
    };
    expect(inTrace(tracedSpan()(className))).toBe("row");
  });

  it("is called the same where the sampler says no, in a context that says so too", async () => {
    runtime.undo();
    runtime = installTestRuntime({ sampler: new AlwaysOffSampler() });
    const promise = Promise.resolve(1);
    expect(inTrace(tracedSpan("step:a")(() => promise))).toBe(promise);
    expect(inTrace(() => TraceContext.current()?.traceparent())).toMatch(/^00-(?!0{32})\w{32}-\w{16}-00$/);
    expect(runtime.spans()).toEqual([]);
  });

  it("can still be constructed when it is an old-style constructor", () => {
    function Point(this: { x: number }, x: number) {
      this.x = x;
    }
    const Traced = tracedSpan()(Point) as unknown as new (x: number) => { x: number };
    const point = inTrace(() => new Traced(4));
    expect(point.x).toBe(4);
    expect(point).toBeInstanceOf(Point);
  });

  it("records nothing outside of a trace", async () => {
    const answer = tracedSpan("step:a")(async () => 7);
    expect(await answer()).toBe(7);
    expect(runtime.spans()).toEqual([]);
  });

  it("opens a trace of its own outside of any when it may", () => {
    const poll = tracedSpan("agent:poll", { root: true })(
      (n: number) => TraceContext.current()?.traceId ?? n,
    );
    expect(poll(5)).toMatch(/^[0-9a-f]{32}$/);
    expect(runtime.span("agent:poll").attributes).toMatchObject({
      "tracing.root": true,
      "tracing.pipeline.name": "agent:poll",
      "tracing.span.kind": "agent",
      "tracing.input": "5",
    });
    inTrace(() => poll(6));
    const nested = runtime.spans().at(-2);
    expect(nested?.parentSpanContext).toBeDefined();
    expect(nested?.attributes).not.toHaveProperty("tracing.root");
  });

  it("passes an error on as the same object and marks every span it passes", async () => {
    const error = Object.freeze(new TypeError("no model"));
    const inner = tracedSpan("llm:x")(async () => {
      throw error;
    });
    const outer = tracedSpan("agent:y")(async () => inner());
    await expect(inTrace(outer)).rejects.toBe(error);
    for (const name of ["llm:x", "agent:y", "p"]) {
      const span = runtime.span(name);
      expect(span.status).toEqual({ code: 2, message: "no model" });
      expect(span.events).toMatchObject([
        {
          name: "exception",
          attributes: { "exception.type": "TypeError", "exception.message": "no model" },
        },
      ]);
      expect(span.attributes["error.type"]).toBe("TypeError");
    }
  });

  it("refuses what it cannot trace, and says what it takes", () => {
    expect(() => tracedSpan()(class Agent {} as never)).toThrow(/not the class Agent: decorate its methods/);
    expect(() => tracedSpan()(undefined as never)).toThrow(/takes methods and functions, not undefined/);
    const legacy = tracedSpan() as unknown as (target: object, key: string, descriptor?: object) => unknown;
    expect(() => legacy({}, "size", { get: () => 1 })).toThrow(/not the accessor "size"/);
    expect(() => legacy({}, "size")).toThrow(/not the field "size"/);
    expect(() => tracedSpan("")).toThrow(expect.objectContaining({ code: "invalid-option" }));
    expect(() => tracedSpan((() => 1) as never)).toThrow(/name is a function; accepted/);
    expect(() => tracedSpan("a", { kind: "robot" as never })).toThrow(/agent, llm, tool, retrieval, step/);
    expect(() => tracedSpan("a", { captureInput: 1 as never })).toThrow(/captureInput/);
  });
});

describe("the name and kind of a span", () => {
  const spanOf = (name: string | undefined, options: TracedSpanOptions) => {
    inTrace(
      tracedSpan(
        name,
        options,
      )(function work() {
        return undefined;
      }),
    );
    const span = runtime.spans().at(-2);
    const attributes = { ...span?.attributes };
    for (const key of ["tracing.input", "tracing.pipeline.name"]) delete attributes[key];
    return { name: span?.name, ...attributes };
  };

  it("come from each other, and the name from the function", () => {
    expect(spanOf(undefined, {})).toEqual({ name: "step:work", "tracing.span.kind": "step" });
    expect(spanOf(undefined, { kind: "llm" })).toEqual({ name: "llm:work", "tracing.span.kind": "llm" });
    expect(spanOf("retrieval:deals", {})).toEqual({
      name: "retrieval:deals",
      "tracing.span.kind": "retrieval",
    });
    expect(spanOf("plain", {})).toEqual({ name: "plain", "tracing.span.kind": "step" });
  });

  it("say to other tools what an agent and a tool are", () => {
    expect(spanOf("agent:trainer", {})).toEqual({
      name: "agent:trainer",
      "tracing.span.kind": "agent",
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "trainer",
    });
    expect(spanOf("search", { kind: "tool" })).toEqual({
      name: "search",
      "tracing.span.kind": "tool",
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "search",
    });
  });

  it("make a model call a client span, in the conversation of the run's session", () => {
    TraceContext.run({ pipelineName: "p", sessionId: "s" }, () => tracedSpan("llm:x")(() => 1)());
    expect(runtime.span("llm:x").kind).toBe(SpanKind.CLIENT);
    expect(runtime.span("llm:x").attributes["gen_ai.conversation.id"]).toBe("s");
  });
});

describe("what is captured", () => {
  const attributesOf = (options: TracedSpanOptions) => {
    const call = tracedSpan("step:a", options)((name: string, size: number) => ({ name, size }));
    inTrace(() => call("x", 2));
    return runtime.spans().at(-2)?.attributes;
  };

  it("can be left out", () => {
    const attributes = attributesOf({ captureInput: false, captureOutput: false });
    expect(attributes).not.toHaveProperty("tracing.input");
    expect(attributes).not.toHaveProperty("tracing.output");
  });

  it("can be chosen by functions, which see the arguments and the result", () => {
    const attributes = attributesOf({
      captureInput: ([name]: [string, number]) => name,
      captureOutput: (result: { size: number }) => result.size,
      attributes: ([, size]: [string, number]) => ({ "app.size": size, "app.token": "t" }),
    });
    expect(attributes).toMatchObject({
      "tracing.input": '"x"',
      "tracing.output": "2",
      "app.size": 2,
      "app.token": "[redacted]",
    });
  });

  it("can be added to with plain attributes", () => {
    expect(attributesOf({ attributes: { "app.mode": "strict" } })).toMatchObject({ "app.mode": "strict" });
  });

  it("is less when such a function throws; the call does not notice", () => {
    const boom = () => {
      throw new Error("mine");
    };
    const call = tracedSpan("step:a", { captureInput: boom, captureOutput: boom, attributes: boom })(() => 5);
    expect(inTrace(call)).toBe(5);
    expect(runtime.span("step:a").status.code).toBe(0);
    expect(runtime.span("step:a").attributes).not.toHaveProperty("tracing.input");
  });

  it("is no content when that is switched off", () => {
    runtime.undo();
    runtime = installTestRuntime({ capture: { content: false } });
    const attributes = attributesOf({ captureOutput: () => "x" });
    expect(attributes).not.toHaveProperty("tracing.input");
    expect(attributes).not.toHaveProperty("tracing.output");
  });
});
