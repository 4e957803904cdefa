import { AlwaysOffSampler, BasicTracerProvider, SamplingDecision } from "@opentelemetry/sdk-trace-base";
import { describe, expect, it } from "vitest";
import { TraceContext } from "../../src/core/trace-context.ts";
import { tracedSpan } from "../../src/core/traced-span.ts";
import { endOfTurn, imbalance, named, startService, takeAway } from "./service.ts";

const step = tracedSpan("step:a")(async () => endOfTurn());

describe("a run", () => {
  it("is on disk as started before its function is called", () => {
    const { spooled } = startService();
    TraceContext.run({ pipelineName: "learn", userId: 7 }, (run) => {
      expect(spooled()).toEqual([
        expect.objectContaining({
          type: "started",
          status: "running",
          trace_id: run.traceId,
          user_id: "7",
          root: 3,
        }),
      ]);
    });
  });

  it("that has settled is on disk, with all its spans, before the caller goes on", async () => {
    const { backend, spooled } = startService();
    takeAway(backend);
    await TraceContext.run({ pipelineName: "resolved" }, () => step());
    expect(named(spooled())).toEqual(["step:a", "resolved"]);
    TraceContext.run({ pipelineName: "returned" }, () => 1);
    expect(named(spooled())).toContain("returned");
    const failing = TraceContext.run({ pipelineName: "rejected" }, async () => {
      throw new Error("no");
    });
    await failing.catch(() => expect(named(spooled())).toContain("rejected"));
    expect(() =>
      TraceContext.run({ pipelineName: "thrown" }, () => {
        throw new Error("no");
      }),
    ).toThrow();
    expect(named(spooled())).toContain("thrown");
  });
});

describe("any other span", () => {
  it("is on disk by the end of the turn it ended in, from a callback and from a promise", async () => {
    const { backend, span, spooled } = startService();
    takeAway(backend);
    span("callback").end();
    await Promise.resolve().then(() => span("promise").end());
    await endOfTurn();
    expect(named(spooled())).toEqual(["callback", "promise"]);
  });

  it("is kept, with 10,000 of them in one turn", async () => {
    const { backend, collector, span, spooled } = startService();
    takeAway(backend);
    for (let n = 0; n < 10_000; n++) span(`span ${n}`).end();
    expect(collector.stats()).toMatchObject({ ended: 10_000, pending: 10_000 });
    // A turn that goes on and on is not held in memory.
    expect(spooled().length).toBeGreaterThan(8_000);
    await endOfTurn();
    expect(new Set(named(spooled())).size).toBe(10_000);
    backend.answer = () => undefined;
    await collector.forceFlush();
    expect(collector.stats()).toMatchObject({ delivered: 10_000, pending: 0, dropped: {} });
    expect(new Set(backend.names()).size).toBe(10_000);
  });
});

describe("stats", () => {
  it("have exactly these members, and what became of every span", async () => {
    const { backend, collector, span } = startService();
    expect(collector.stats()).toStrictEqual({
      ended: 0,
      delivered: 0,
      pending: 0,
      deadLettered: 0,
      sampledOut: 0,
      dropped: {},
      interrupted: 0,
      oldestPendingMs: 0,
      state: "ok",
    });
    takeAway(backend);
    span("a").end();
    await expect.poll(() => collector.stats().state).toBe("retrying");
    expect(collector.stats()).toStrictEqual({
      ended: 1,
      delivered: 0,
      pending: 1,
      deadLettered: 0,
      sampledOut: 0,
      dropped: {},
      interrupted: 0,
      oldestPendingMs: expect.any(Number),
      state: "retrying",
      lastError: "connection refused",
    });
    expect(collector.stats().oldestPendingMs).toBeGreaterThan(0);
  });

  it.each([
    ["unauthorized", "paused"],
    ["schema-missing", "schema-missing"],
  ] as const)(
    "say of a backend that answers %s that it is %s, and once to the logger",
    async (status, state) => {
      const { backend, collector, span, warnings } = startService();
      backend.answer = () => ({ status, reason: "told so" });
      span("a").end();
      await expect.poll(() => collector.stats().state).toBe(state);
      span("b").end();
      await endOfTurn();
      expect(warnings).toEqual([
        `Traces wait in the spool (${state}): told so. \`tracing doctor\` says how to mend it.`,
      ]);
      expect(imbalance(collector.stats())).toBe(0);
    },
  );
});

it("an outage is told once, however its reasons differ, and that it is over once", async () => {
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const { backend, collector, span } = startService({ logger: { info: say, warn: say } });
  let attempts = 0;
  backend.answer = () => {
    attempts += 1;
    return { status: "retry", reason: `failure ${attempts}` };
  };
  span("a").end();
  await expect.poll(() => attempts).toBeGreaterThan(2);
  backend.answer = () => undefined;
  await collector.forceFlush();
  expect(lines).toEqual([
    "Traces wait in the spool (retrying): failure 1. `tracing doctor` says how to mend it.",
    "Traces are being stored again.",
  ]);
});

describe("forceFlush", () => {
  it("resolves when all that was pending is stored", async () => {
    const { backend, collector, span } = startService({ lingerMs: 60_000 });
    span("a").end();
    await collector.forceFlush();
    expect(backend.names()).toEqual(["a"]);
  });

  it("gives up after its time, with a backend that hangs", async () => {
    const hanging = { send: () => new Promise<never>(() => undefined) };
    const { collector, span } = startService({ exporter: hanging, flushTimeoutMs: 20, shutdownTimeoutMs: 0 });
    span("a").end();
    expect(await collector.forceFlush()).toBeUndefined();
    expect(collector.stats().pending).toBe(1);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    ["rejects", () => Promise.reject(new Error("broken"))],
  ])("does not reject with an exporter that %s, and keeps the span", async (_, send) => {
    const { collector, span } = startService({
      exporter: { send },
      flushTimeoutMs: 20,
      shutdownTimeoutMs: 0,
    });
    span("a").end();
    await collector.forceFlush();
    await expect.poll(() => collector.stats().state).toBe("retrying");
    expect(collector.stats()).toMatchObject({ pending: 1, lastError: "broken" });
  });

  it("resolves before anything has started and after everything has stopped", async () => {
    const { collector } = startService();
    await collector.forceFlush();
    await collector.stop();
    await collector.forceFlush();
  });
});

describe("stop", () => {
  it("delivers what waits, is done once however often it is called, and counts as stopped", async () => {
    const { backend, collector, span } = startService({ lingerMs: 60_000 });
    span("a").end();
    const stopped = collector.stop();
    expect(collector.shutdown()).toBe(stopped);
    expect(collector.stats().state).toBe("stopped");
    await stopped;
    await collector.stop();
    expect(backend.names()).toEqual(["a"]);
    expect(collector.stats()).toMatchObject({ delivered: 1, pending: 0, state: "stopped" });
  });

  it("leaves to the next start what it cannot deliver", async () => {
    const first = startService({ shutdownTimeoutMs: 20 });
    takeAway(first.backend);
    first.span("a").end();
    await first.collector.stop();
    expect(first.collector.stats()).toMatchObject({ ended: 1, pending: 1 });
    const next = startService({ spoolDir: first.spoolDir });
    await next.collector.start();
    await next.collector.forceFlush();
    expect(next.backend.names()).toEqual(["a"]);
    expect(next.collector.stats()).toMatchObject({ ended: 1, delivered: 1, pending: 0 });
  });

  it("does not wait for an exporter that cannot be aborted", async () => {
    const hanging = { send: () => new Promise<never>(() => undefined) };
    const { collector, span, spooled } = startService({ exporter: hanging, shutdownTimeoutMs: 0 });
    span("a").end();
    await collector.stop();
    expect(named(spooled())).toEqual(["a"]);
  });

  it("keeps a span that ends while it delivers", async () => {
    const { backend, collector, span } = startService();
    const late = span("late");
    takeAway(backend);
    span("a").end();
    const stopped = collector.stop();
    late.end();
    backend.answer = () => undefined;
    await stopped;
    expect(collector.stats().dropped).toEqual({});
    expect(collector.stats().delivered + collector.stats().pending).toBe(2);
  });

  it("marks what is still open as interrupted, and stores that", async () => {
    const { backend, collector, span } = startService();
    const { promise, resolve } = Promise.withResolvers<void>();
    const run = TraceContext.run({ pipelineName: "open" }, () => promise);
    span("also open");
    await collector.stop();
    expect(backend.names("interrupted").sort()).toEqual(["also open", "open"]);
    expect(collector.stats()).toMatchObject({ ended: 0, interrupted: 2 });
    resolve();
    await run;
  });

  it("counts spans that end after it as dropped, and says so once", async () => {
    const { collector, span, warnings } = startService();
    const [one, other] = [span("one"), span("other")];
    await collector.stop();
    one.end();
    other.end();
    span("new").end();
    expect(collector.stats().dropped).toEqual({ stopped: 3 });
    expect(imbalance(collector.stats())).toBe(0);
    expect(warnings).toEqual([expect.stringContaining("after the collector had stopped")]);
  });

  it("does nothing to a collector that never started", async () => {
    const { collector } = startService();
    await collector.stop();
    expect(collector.stats()).toMatchObject({ ended: 0, state: "stopped" });
  });
});

describe("spans that were not sampled", () => {
  it("are counted and not kept", async () => {
    const { collector, backend } = startService();
    const recordOnly = {
      shouldSample: () => ({ decision: SamplingDecision.RECORD }),
      toString: () => "record",
    };
    for (const sampler of [recordOnly, new AlwaysOffSampler()]) {
      new BasicTracerProvider({ sampler, spanProcessors: [collector] }).getTracer("t").startSpan("s").end();
    }
    await collector.forceFlush();
    expect(collector.stats()).toMatchObject({ ended: 1, sampledOut: 1, pending: 0 });
    expect(backend.names()).toEqual([]);
  });
});

it("a logger that throws harms nobody", async () => {
  const refuse = () => {
    throw new Error("disk full");
  };
  const { backend, collector, span } = startService({ logger: { info: refuse, warn: refuse } });
  takeAway(backend);
  span("a").end();
  await expect.poll(() => collector.stats().state).toBe("retrying");
  backend.answer = () => undefined;
  await collector.forceFlush();
  expect(collector.stats()).toMatchObject({ delivered: 1, state: "ok" });
});
