import { setTimeout as delay } from "node:timers/promises";
import { ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRedactor } from "../../src/capture/redaction/redact.ts";
import { TracingError } from "../../src/core/errors.ts";
import { TraceContext, traceOf } from "../../src/core/trace-context.ts";
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

describe("TraceContext.run", () => {
  it("makes a root span that says what runs, for whom, with what", () => {
    TraceContext.run(
      {
        pipelineName: "learn",
        telegramId: 42,
        userId: 9_007_199_254_740_993n,
        sessionId: "s-1",
        tags: ["beta", "beta", "ru"],
        metadata: { attempt: 2 },
        input: { question: "why?" },
      },
      () => undefined,
    );
    const span = runtime.span("learn");
    expect(span.parentSpanContext).toBeUndefined();
    expect(span.attributes).toEqual({
      "tracing.root": true,
      "tracing.pipeline.name": "learn",
      "tracing.span.kind": "pipeline",
      "tracing.telegram.id": "42",
      "user.id": "9007199254740993",
      "session.id": "s-1",
      "tracing.tags": ["beta", "ru"],
      "tracing.metadata": '{"attempt":2}',
      "tracing.input": '{"question":"why?"}',
    });
  });

  it("shows all of that to a processor as the span starts, before the function is called", () => {
    const seen: string[] = [];
    runtime.undo();
    runtime = installTestRuntime({
      processors: [
        {
          onStart: (span) => seen.push(JSON.stringify((span as unknown as ReadableSpan).attributes)),
          onEnd: () => undefined,
          forceFlush: async () => undefined,
          shutdown: async () => undefined,
        },
      ],
    });
    TraceContext.run({ pipelineName: "learn", userId: 7, input: "hello" }, () => seen.push("called"));
    expect(seen).toEqual([expect.stringContaining('"tracing.input":"\\"hello\\""'), "called"]);
    expect(seen[0]).toContain('"user.id":"7"');
  });

  it("returns the value of a synchronous function itself", () => {
    const value = { answer: 1 };
    expect(TraceContext.run({ pipelineName: "learn" }, () => value)).toBe(value);
    expect(runtime.spans()).toHaveLength(1);
  });

  it("resolves with the same object, after the span has ended", async () => {
    const value = { answer: 1 };
    const promise = TraceContext.run({ pipelineName: "learn" }, async () => {
      await delay(1);
      return value;
    });
    expect(promise).toBeInstanceOf(Promise);
    expect(runtime.spans()).toHaveLength(0);
    expect(await promise).toBe(value);
    expect(runtime.spans()).toHaveLength(1);
  });

  it("throws and rejects with the same error, recorded on the span", async () => {
    const error = new RangeError("too far");
    const fail = () => {
      throw error;
    };
    expect(() => TraceContext.run({ pipelineName: "sync" }, fail)).toThrow(error);
    await expect(TraceContext.run({ pipelineName: "async" }, async () => fail())).rejects.toBe(error);
    for (const name of ["sync", "async"]) {
      expect(runtime.span(name).status).toEqual({ code: 2, message: "too far" });
      expect(runtime.span(name).attributes["error.type"]).toBe("RangeError");
    }
  });

  it("gives the run a trace id and its own context", async () => {
    expect(TraceContext.current()).toBeUndefined();
    const ids = await Promise.all(
      ["learn", "train"].map((pipelineName) =>
        TraceContext.run({ pipelineName }, async (run) => {
          await delay(1);
          expect(TraceContext.current()).toBe(run);
          expect(run.pipelineName).toBe(pipelineName);
          return run.traceId;
        }),
      ),
    );
    expect(TraceContext.current()).toBeUndefined();
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each([undefined, "", "  ", 7, null])(
    "refuses %j as a pipeline name before the function is called",
    (name) => {
      let called = false;
      const run = () =>
        TraceContext.run({ pipelineName: name as string }, () => {
          called = true;
        });
      expect(run).toThrow(TracingError);
      expect(run).toThrow(expect.objectContaining({ code: "invalid-option" }));
      expect(called).toBe(false);
    },
  );

  it("ignores other options that make no sense", () => {
    const options = { pipelineName: "learn", userId: {}, telegramId: Number.NaN, tags: [1, "ok"], parent: 5 };
    TraceContext.run(options as never, () => undefined);
    const { attributes } = runtime.span("learn");
    expect(attributes).not.toHaveProperty("user.id");
    expect(attributes).not.toHaveProperty("tracing.telegram.id");
    expect(attributes["tracing.tags"]).toEqual(["ok"]);
  });

  it("keeps the fire-and-forget work of a run below it, though it ends later", async () => {
    const remember = tracedSpan("agent:memory")(async () => {
      await delay(5);
    });
    let background: Promise<void> | undefined;
    await TraceContext.run({ pipelineName: "learn" }, async () => {
      background = remember();
    });
    expect(runtime.spans().map((span) => span.name)).toEqual(["learn"]);
    await background;
    expect(toSpanTrees(runtime.spans())).toEqual([
      { name: "learn", children: [{ name: "agent:memory", children: [] }] },
    ]);
  });

  it("calls the function when a processor or the sampler throws", () => {
    const boom = () => {
      throw new Error("broken instrumentation");
    };
    runtime.undo();
    runtime = installTestRuntime({
      processors: [
        { onStart: boom, onEnd: boom, forceFlush: async () => undefined, shutdown: async () => undefined },
      ],
    });
    expect(TraceContext.run({ pipelineName: "learn" }, () => tracedSpan("step:a")(() => 7)())).toBe(7);
    runtime.undo();
    runtime = installTestRuntime({ sampler: { shouldSample: boom, toString: () => "broken" } });
    expect(TraceContext.run({ pipelineName: "learn" }, () => tracedSpan("step:a")(() => 8)())).toBe(8);
  });

  it("records nothing where tracing is suppressed, and still has an id", () => {
    const id = runtime.with(suppressTracing(ROOT_CONTEXT), () =>
      TraceContext.run({ pipelineName: "learn" }, (run) => tracedSpan("step:a")(() => run.traceId)()),
    );
    expect(id).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
    expect(runtime.spans()).toEqual([]);
  });
});

describe("a nested run", () => {
  it("is a child that claims no root, in the trace and pipeline of the outer one", () => {
    TraceContext.run({ pipelineName: "outer" }, (outer) => {
      TraceContext.run({ pipelineName: "inner", userId: 1 }, (inner) => {
        expect(inner.traceId).toBe(outer.traceId);
        expect(TraceContext.current()).toBe(inner);
        expect(traceOf(runtime.active())).toBe(outer);
      });
      expect(TraceContext.current()).toBe(outer);
    });
    const inner = runtime.span("inner");
    expect(inner.parentSpanContext?.spanId).toBe(runtime.span("outer").spanContext().spanId);
    expect(inner.attributes).toEqual({
      "tracing.span.kind": "pipeline",
      "tracing.pipeline.name": "outer",
      "user.id": "1",
    });
  });

  it("labels and scores the whole trace", () => {
    TraceContext.run({ pipelineName: "outer", tags: ["a"] }, () => {
      TraceContext.run({ pipelineName: "inner", tags: ["b"] }, (inner) => {
        inner.addTag("c");
        inner.score("rubric", 72, "good");
      });
    });
    expect(runtime.span("outer").attributes["tracing.tags"]).toEqual(["a", "b", "c"]);
    expect(runtime.span("inner").attributes["tracing.tags"]).toEqual(["b", "c"]);
    expect(runtime.span("outer").attributes["tracing.scores"]).toBe(
      '[{"name":"rubric","value":72,"comment":"good"}]',
    );
  });

  it("opens a trace of its own, linked to the outer one, with newTrace", () => {
    const belongedTo: unknown[] = [];
    runtime.undo();
    runtime = installTestRuntime({
      processors: [
        {
          onStart: (_, parentContext) => belongedTo.push(traceOf(parentContext)),
          onEnd: () => undefined,
          forceFlush: async () => undefined,
          shutdown: async () => undefined,
        },
      ],
    });
    TraceContext.run({ pipelineName: "outer" }, (outer) => {
      TraceContext.run({ pipelineName: "inner", newTrace: true }, (inner) => {
        expect(inner.traceId).not.toBe(outer.traceId);
        expect(traceOf(runtime.active())).toBe(inner);
      });
    });
    expect(belongedTo).toEqual([undefined, undefined]);
    const inner = runtime.span("inner");
    expect(inner.parentSpanContext).toBeUndefined();
    expect(inner.attributes["tracing.root"]).toBe(true);
    expect(inner.links.map((link) => link.context.spanId)).toEqual([
      runtime.span("outer").spanContext().spanId,
    ]);
  });
});

describe("a parent in another service", () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";

  it("is joined by its traceparent", () => {
    const parent = `00-${traceId}-b7ad6b7169203331-01`;
    TraceContext.run({ pipelineName: "learn", parent }, (run) => expect(run.traceId).toBe(traceId));
    const span = runtime.span("learn");
    expect(span.parentSpanContext).toMatchObject({ spanId: "b7ad6b7169203331", isRemote: true });
    expect(span.attributes["tracing.root"]).toBe(true);
  });

  it.each(["", "junk", `00-${traceId}-0000000000000000-01`, `ff-${traceId}-b7ad6b7169203331-01`])(
    "is ignored when it is named by %j",
    (parent) => {
      TraceContext.run({ pipelineName: "learn", parent }, (run) => expect(run.traceId).not.toBe(traceId));
      expect(runtime.span("learn").parentSpanContext).toBeUndefined();
    },
  );

  it("can be given the active span as its parent", () => {
    const call = tracedSpan("step:call")(() => TraceContext.current()?.traceparent());
    const [own, active] = TraceContext.run({ pipelineName: "learn" }, (run) => [run.traceparent(), call()]);
    const header = (name: string) => {
      const { traceId, spanId } = runtime.span(name).spanContext();
      return `00-${traceId}-${spanId}-01`;
    };
    expect(own).toBe(header("learn"));
    expect(active).toBe(header("step:call"));
  });
});

describe("a foreign span in the run", () => {
  it("is known to be of the run's pipeline from the context it starts in", () => {
    TraceContext.run({ pipelineName: "learn" }, () => {
      const tracer = runtime.provider.getTracer("other");
      const span = tracer.startSpan("GET /", {}, runtime.active());
      runtime.with(trace.setSpan(runtime.active(), span), () => {
        expect(traceOf(runtime.active())?.pipelineName).toBe("learn");
      });
    });
    expect(traceOf(ROOT_CONTEXT)).toBeUndefined();
  });

  it("that began a trace of its own is joined by a run inside of it, which opens it for us", () => {
    TraceContext.run({ pipelineName: "outer" }, () => {
      const span = runtime.provider.getTracer("other").startSpan("job", { root: true }, runtime.active());
      runtime.with(trace.setSpan(runtime.active(), span), () => {
        TraceContext.run({ pipelineName: "inner" }, (run) =>
          expect(run.traceId).toBe(span.spanContext().traceId),
        );
      });
    });
    expect(runtime.span("inner").attributes["tracing.root"]).toBe(true);
  });
});

describe("what a run says about itself", () => {
  it("is written to its span", () => {
    TraceContext.run({ pipelineName: "learn", input: 1, tags: ["a"] }, (run) => {
      run.setInput("replaced");
      run.setOutput({ score: 72 });
      run.setAttribute("coach.mode", "strict");
      run.addTag("b");
      run.addTag("a");
      run.score("rubric", 0.5);
      run.score("rubric", 0.75);
      run.score("junk", Number.NaN);
    });
    expect(runtime.span("learn").attributes).toMatchObject({
      "tracing.input": '"replaced"',
      "tracing.output": '{"score":72}',
      "coach.mode": "strict",
      "tracing.tags": ["a", "b"],
      "tracing.scores": '[{"name":"rubric","value":0.75}]',
    });
  });

  it("is ignored once the run has settled", () => {
    const run = TraceContext.run({ pipelineName: "learn" }, (run) => run);
    run.setOutput("late");
    run.addTag("late");
    run.setAttribute("late", true);
    run.score("late", 1);
    expect(JSON.stringify(runtime.span("learn").attributes)).not.toContain("late");
  });

  it("is redacted and bounded", () => {
    runtime.undo();
    runtime = installTestRuntime({
      capture: {
        limits: { maxBytes: 200, maxDepth: 8, maxNodes: 100 },
        redactor: createRedactor({ patterns: [/hunter2/] }),
      },
    });
    TraceContext.run(
      { pipelineName: "learn", input: "x".repeat(1_000), metadata: { password: "p" } },
      (run) => {
        run.setAttribute("note", "it is hunter2");
        run.setAttribute("api_key", "abc");
      },
    );
    const { attributes } = runtime.span("learn");
    expect(String(attributes["tracing.input"]).length).toBeLessThanOrEqual(200);
    expect(attributes["tracing.input.truncated"]).toBe(1_000);
    expect(attributes["tracing.metadata"]).toBe('{"password":"[redacted]"}');
    expect(attributes.note).toBe("it is [redacted]");
    expect(attributes.api_key).toBe("[redacted]");
  });

  it("holds no content when that is switched off, but ids, tags and metadata", () => {
    runtime.undo();
    runtime = installTestRuntime({ capture: { content: false } });
    TraceContext.run(
      { pipelineName: "learn", userId: 1, input: "in", metadata: { a: 1 }, tags: ["t"] },
      (run) => run.setOutput("out"),
    );
    const { attributes } = runtime.span("learn");
    expect(attributes).not.toHaveProperty("tracing.input");
    expect(attributes).not.toHaveProperty("tracing.output");
    expect(attributes).toMatchObject({
      "user.id": "1",
      "tracing.metadata": '{"a":1}',
      "tracing.tags": ["t"],
    });
  });
});
