import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkContext, TraceContext, tracedSpan } from "../../src/index.ts";
import { expectTrace, startTestTracing, type TestTracing, traceTree } from "../../src/testing/index.ts";

let traces: TestTracing;
beforeEach(() => {
  traces = startTestTracing();
});
afterEach(() => {
  vi.useRealTimers();
  traces.stop();
});

const complete = tracedSpan("llm:openai")(async (prompt: string) => prompt.length);
const run = (pipelineName: string, fn: () => unknown = () => complete("hello")) =>
  TraceContext.run({ pipelineName }, async ({ traceId }) => {
    await fn();
    return traceId;
  });

describe("traces of a test", () => {
  it("are found in the order they began, by pipeline and by id", async () => {
    const [first, second, third] = [await run("learn"), await run("train"), await run("learn")];
    expect(traces.all().map(({ traceId }) => traceId)).toEqual([first, second, third]);
    expect(traces.named("learn").map(({ traceId }) => traceId)).toEqual([first, third]);
    expect(traces.last().traceId).toBe(third);
    expect(traces.last("train").traceId).toBe(second);
    expect(traces.get(first)).toMatchObject({ pipelineName: "learn", serviceName: "test", spanCount: 2 });
  });

  it("show the code under test its own context", async () => {
    await run("learn", () => expect(TraceContext.current()?.pipelineName).toBe("learn"));
    expect(TraceContext.current()).toBeUndefined();
  });

  it("are taken by a set-up that is in order, and a check of it is no span", async () => {
    expect(await checkContext()).toEqual([]);
    expect(traces.all()).toEqual([]);
  });

  it("that there are not are asked for with what there is", async () => {
    expect(() => traces.last()).toThrow(
      /^A trace was expected\. Nothing has been recorded: TraceContext\.run/,
    );
    const traceId = await run("learn");
    expect(() => traces.last("train")).toThrow(
      `A trace of train was expected. These have been recorded:\n\n${traceId}\nlearn\n  llm:openai`,
    );
    expect(() => traces.get("0".repeat(32))).toThrow(`The trace ${"0".repeat(32)} was expected.`);
  });

  it("keep siblings in the order they began although the clock stands still", async () => {
    vi.useFakeTimers();
    const names = Array.from({ length: 20 }, (_, index) => `step:${index}`);
    await run("learn", () => Promise.all(names.map((name) => tracedSpan(name)(async () => name)())));
    expectTrace(traces.last()).toHaveTree([{ name: "learn", children: names }]);
  });

  it("show what is open as running, with what is below it", async () => {
    const open = Promise.withResolvers<void>();
    const agent = tracedSpan("agent:memory")(async () => {
      await complete("hello");
      await open.promise;
    });
    const running = run("learn", agent);
    await vi.waitFor(() => expect(traces.last().spanCount).toBe(1));
    expect(traceTree(traces.last())).toBe("learn [running]\n  agent:memory [running]\n    llm:openai");
    open.resolve();
    await running;
    expect(traceTree(traces.last())).toBe("learn\n  agent:memory\n    llm:openai");
  });
});

describe("settled", () => {
  it("waits for work in the background, and for what that starts", async () => {
    vi.useFakeTimers();
    const gate = Promise.withResolvers<void>();
    const step = tracedSpan("step:save")(async () => undefined);
    await run("learn", () => {
      void tracedSpan("agent:memory")(() => gate.promise)().then(() => step());
    });
    const settled = traces.settled();
    gate.resolve();
    await settled;
    expectTrace(traces.last()).toHaveTree("learn\n  agent:memory\n  step:save").toHaveEnded();
  });

  it("fails after its time with the spans that are open", async () => {
    const gate = Promise.withResolvers<void>();
    const hang = tracedSpan("agent:memory")(() => gate.promise);
    await run("learn", () => void hang());
    await expect(traces.settled({ timeoutMs: 5 })).rejects.toMatchObject({
      code: "ERR_ASSERTION",
      message: "After 5 ms 1 span is still open: agent:memory.\n\nlearn\n  agent:memory [running]",
      actual: ["agent:memory"],
      expected: [],
    });
    gate.resolve();
    await traces.settled();
  });
});

describe("clear", () => {
  it("forgets traces, and what still comes of them", async () => {
    const gate = Promise.withResolvers<void>();
    await run("learn", () => {
      void tracedSpan("agent:memory")(async () => {
        await gate.promise;
        await complete("hello");
      })();
    });
    traces.clear();
    expect(traces.all()).toEqual([]);
    gate.resolve();
    await run("train");
    await traces.settled();
    expect(traces.all().map(({ pipelineName }) => pipelineName)).toEqual(["train"]);
  });
});

describe("a process", () => {
  it("has one test tracing at a time, and another one after it", async () => {
    expect(() => startTestTracing()).toThrow(expect.objectContaining({ code: "already-started" }));
    await run("learn");
    traces.stop();
    traces.stop();
    await run("learn");
    expect(traces.all()).toHaveLength(1);
    traces = startTestTracing({ serviceName: "bot" });
    expect(traces.all()).toEqual([]);
    await run("train");
    expect(traces.last().serviceName).toBe("bot");
  });
});

describe("capture", () => {
  it("is of all content, whatever the environment says, or as it is asked for", async () => {
    vi.stubEnv("TRACING_CAPTURE_CONTENT", "false");
    traces.stop();
    traces = startTestTracing();
    await run("learn");
    expectTrace(traces.last()).toHaveSpan("llm:openai", { input: "hello", output: 5 });
    traces.stop();
    traces = startTestTracing({ capture: { content: false } });
    await run("learn");
    expectTrace(traces.last()).toHaveSpan("llm:openai", { input: null, output: null });
    vi.unstubAllEnvs();
  });

  it("redacts as in production", async () => {
    await run("learn", () => complete("Bearer sk-ant-REDACTED"));
    expect(JSON.stringify(traces.last())).not.toContain("abcdefghijklmnopqrst");
  });

  it("refuses options that there are not", () => {
    traces.stop();
    expect(() => startTestTracing({ capture: { maxBytes: 1 } })).toThrow("capture.maxBytes is 1");
    const misspelt = { service: "bot" };
    expect(() => startTestTracing(misspelt as object)).toThrow("service is not an option");
  });
});
