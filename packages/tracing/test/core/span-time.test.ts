import { setImmediate } from "node:timers/promises";
import { type HrTime, ROOT_CONTEXT, SpanStatusCode, trace as spans } from "@opentelemetry/api";
import { BasicTracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TraceContext } from "../../src/core/trace-context.ts";
import { tracedSpan } from "../../src/core/traced-span.ts";
import { installTestRuntime, type TestRuntime } from "../support/private-runtime.ts";

const HOUR_MS = 3_600_000;

let runtime: TestRuntime;

beforeEach(() => {
  runtime = installTestRuntime();
});

afterEach(() => {
  vi.useRealTimers();
  runtime.undo();
});

const micros = ([seconds, nanos]: HrTime) => seconds * 1_000_000 + nanos / 1000;
const from = (span: ReadableSpan) => micros(span.startTime);
const to = (span: ReadableSpan) => micros(span.endTime);

/** Steps the wall clock, and nothing else. */
function stepWallClock(byMs: number): void {
  const now = Date.now() + byMs;
  vi.useFakeTimers({ toFake: ["Date"], now });
}

/** Every span lies within its parent and has whole microseconds, and its events lie within it. */
function expectOrder(ended: readonly ReadableSpan[]): void {
  for (const span of ended) {
    expect(Number.isInteger(from(span)) && Number.isInteger(to(span))).toBe(true);
    expect(to(span)).toBeGreaterThanOrEqual(from(span));
    const parent = ended.find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId);
    if (parent) {
      expect(from(span)).toBeGreaterThanOrEqual(from(parent));
      expect(to(span)).toBeLessThanOrEqual(to(parent));
    }
    for (const event of span.events) {
      expect(micros(event.time)).toBeGreaterThanOrEqual(from(span));
      expect(micros(event.time)).toBeLessThanOrEqual(to(span));
    }
  }
}

const sleepless = tracedSpan("step:inner")(async (_: number) => setImmediate());
const failing = tracedSpan("step:failing")(() => {
  throw new Error("no");
});
const outer = tracedSpan("step:outer")(async (n: number) => {
  await Promise.all([sleepless(n), sleepless(n)]);
  expect(failing).toThrow("no");
});

describe("the times of a trace's spans", () => {
  it("tell apart what starts within a millisecond, in its order", () => {
    const steps = Array.from({ length: 200 }, (_, n) => tracedSpan(`step:${n}`)(() => n));
    TraceContext.run({ pipelineName: "p" }, () => {
      for (const step of steps) step();
    });
    const ended = runtime.spans().filter(({ name }) => name !== "p");
    const starts = ended.map(from);
    expect(ended.map(({ name }) => name)).toEqual(steps.map((_, n) => `step:${n}`));
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts.some((start) => start % 1000 !== 0)).toBe(true);
    expect(new Set(starts).size).toBeGreaterThan(
      new Set(starts.map((start) => Math.floor(start / 1000))).size,
    );
  });

  it("put every span within its parent and every exception within its span", async () => {
    for (let run = 0; run < 50; run++) {
      await TraceContext.run({ pipelineName: "p" }, () => Promise.all([outer(1), outer(2), outer(3)]));
    }
    expect(runtime.spans()).toHaveLength(50 * 13);
    expectOrder(runtime.spans());
  });

  it("are the wall clock's, to a tick of it", () => {
    for (let run = 0; run < 100; run++) {
      const before = Date.now();
      TraceContext.run({ pipelineName: "p" }, () => 1);
      const after = Date.now();
      const span = runtime.spans().at(-1);
      expect(span && from(span)).toBeGreaterThanOrEqual((before - 1) * 1000);
      expect(span && from(span)).toBeLessThan((after + 2) * 1000);
    }
  });

  it("order traces that start within a millisecond", () => {
    for (let run = 0; run < 100; run++) TraceContext.run({ pipelineName: "p" }, () => 1);
    const starts = runtime.spans().map(from);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
  });

  it.each([HOUR_MS, -HOUR_MS])("stay in order when the wall clock steps by %i ms", async (step) => {
    const began = Date.now();
    await TraceContext.run({ pipelineName: "p" }, async () => {
      await outer(1);
      stepWallClock(step);
      await outer(2);
      await TraceContext.run({ pipelineName: "nested" }, () => outer(3));
    });
    expectOrder(runtime.spans());
    const root = runtime.span("p");
    expect((to(root) - from(root)) / 1000).toBeLessThan(HOUR_MS / 2);
    expect(Math.abs(from(root) / 1000 - began)).toBeLessThan(HOUR_MS / 2);

    await TraceContext.run({ pipelineName: "next" }, () => outer(4));
    expect(Math.abs(from(runtime.span("next")) / 1000 - Date.now())).toBeLessThan(HOUR_MS / 2);
  });

  it("a linked new trace reads the wall clock anew", async () => {
    await TraceContext.run({ pipelineName: "p" }, async () => {
      stepWallClock(HOUR_MS);
      await TraceContext.run({ pipelineName: "linked", newTrace: true }, () => outer(1));
    });
    expect(from(runtime.span("linked")) - from(runtime.span("p"))).toBeGreaterThan((HOUR_MS / 2) * 1000);
    expectOrder(runtime.spans());
  });
});

describe("below a span of another library", () => {
  const provider = new BasicTracerProvider();
  const foreign = (startTime?: HrTime) =>
    provider.getTracer("foreign").startSpan("GET /", startTime ? { startTime } : {}, ROOT_CONTEXT);

  it("no span starts before it, and durations are what they were", async () => {
    const ahead: HrTime = [Math.floor(Date.now() / 1000) + 3_600, 123_456_789];
    const parent = foreign(ahead);
    await runtime.with(spans.setSpan(ROOT_CONTEXT, parent), () => outer(1));
    const ended = runtime.spans();
    expect(Math.min(...ended.map(from))).toBeGreaterThanOrEqual(Math.floor(micros(ahead)));
    expectOrder(ended);
    expect(to(runtime.span("step:outer"))).toBeGreaterThan(from(runtime.span("step:outer")));
    expect(runtime.span("step:failing").status.code).toBe(SpanStatusCode.ERROR);
  });

  it.each([undefined, [Number.NaN, 0], "never"])("a start of %s is not believed", (startTime) => {
    const parent = Object.assign(spans.wrapSpanContext(foreign().spanContext()), { startTime });
    const before = Date.now();
    runtime.with(spans.setSpan(ROOT_CONTEXT, parent), () => tracedSpan("step:a")(() => 1)());
    expect(from(runtime.span("step:a"))).toBeGreaterThanOrEqual(before * 1000);
    expectOrder(runtime.spans());
  });
});
