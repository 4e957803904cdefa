import { cpSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, type SpanProcessor } from "@opentelemetry/sdk-trace-base";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { TraceCollector } from "../../src/collector/trace-collector.ts";
import { TraceContext } from "../../src/core/trace-context.ts";
import { tracedSpan } from "../../src/core/traced-span.ts";
import type { ReadableSpanLike } from "../../src/record/readable-span.ts";
import { MemoryBackend } from "../support/memory-backend.ts";
import { imbalance, scratchDir, startService } from "./service.ts";

afterEach(() => {
  trace.disable();
  context.disable();
});

/** All OpenTelemetry packages once more, as a service gets them that depends on another version of the SDK. */
function secondSdk(): typeof import("@opentelemetry/sdk-trace-base") {
  const resolve = createRequire(import.meta.url).resolve;
  const scope = dirname(dirname(resolve("@opentelemetry/sdk-trace-base/package.json")));
  const copy = join(scratchDir(), "node_modules", "@opentelemetry");
  cpSync(scope, copy, { recursive: true, dereference: true });
  return createRequire(join(copy, "index.js"))("@opentelemetry/sdk-trace-base");
}

/** A service that has registered an OpenTelemetry SDK of its own, with a collector behind it. */
function attach(Provider: typeof BasicTracerProvider) {
  const backend = new MemoryBackend();
  const collector = new TraceCollector({ exporter: backend, spoolDir: scratchDir(), lingerMs: 1 });
  const provider = new Provider({ spanProcessors: [collector] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return { backend, provider };
}

describe("as a span processor", () => {
  it("is one by the SDK's own type, and stores the spans of its provider", async () => {
    const { collector, backend } = startService();
    const processor: SpanProcessor = collector;
    const provider = new BasicTracerProvider({ spanProcessors: [processor] });
    provider.getTracer("http").startSpan("GET /").end();
    await provider.forceFlush();
    expect(backend.names()).toEqual(["GET /"]);
    await provider.shutdown();
    expect(collector.stats().state).toBe("stopped");
  });

  it("stores no span of another library as started before its parent, whose clock is finer", async () => {
    const { backend, provider } = attach(BasicTracerProvider);
    const nested = tracedSpan("step:own")(() => {
      trace.getTracer("pg").startActiveSpan("SELECT", (select) => {
        trace.getTracer("net").startSpan("connect").end();
        select.end();
      });
    });
    for (let run = 0; run < 50; run++) TraceContext.run({ pipelineName: "learn" }, nested);
    await provider.forceFlush();
    const records = [...backend.stored.values()];
    const starts = new Map(records.map(({ span_id, start }) => [span_id, start]));
    const early = records.filter(
      ({ parent_span_id, start }) =>
        parent_span_id !== null && start < (starts.get(parent_span_id) ?? "missing"),
    );
    expect(early).toEqual([]);
    await provider.shutdown();
  });

  it("takes the spans of another copy of the SDK, runs and their children among them", async () => {
    const second = secondSdk();
    expect(second.BasicTracerProvider).not.toBe(BasicTracerProvider);
    const { backend, provider } = attach(second.BasicTracerProvider);
    const traceId = TraceContext.run({ pipelineName: "learn" }, (run) => {
      trace.getTracer("pg").startSpan("SELECT").end();
      return run.traceId;
    });
    await provider.forceFlush();
    const stored = [...backend.stored.values()].map(({ name, type, pipeline, root, trace_id }) => ({
      name,
      type,
      pipeline,
      root,
      trace_id,
    }));
    const common = { pipeline: "learn", trace_id: traceId };
    expect(stored).toEqual([
      { ...common, type: "started", name: "learn", root: 3 },
      { ...common, type: "span", name: "SELECT", root: 0 },
      { ...common, type: "span", name: "learn", root: 3 },
    ]);
    await provider.shutdown();
  });

  it("knows the pipeline and the agent of foreign spans, however deep", async () => {
    const { backend, provider } = attach(BasicTracerProvider);
    const pg = trace.getTracer("pg");
    const agent = tracedSpan("agent:trainer")(() =>
      pg.startActiveSpan("transaction", (transaction) => {
        pg.startSpan("SELECT").end();
        transaction.end();
      }),
    );
    TraceContext.run({ pipelineName: "learn" }, () => agent());
    await provider.forceFlush();
    const select = [...backend.stored.values()].find((record) => record.name === "SELECT");
    expect(select).toMatchObject({ pipeline: "learn", agent: "trainer" });
    await provider.shutdown();
  });
});

describe("its own requests are part of no trace", () => {
  it("neither of ours nor of another SDK's, though the exporter makes spans of them", async () => {
    const manager = new AsyncLocalStorageContextManager().enable();
    context.setGlobalContextManager(manager);
    const backend = new MemoryBackend();
    const request = tracedSpan("step:request", { root: true })(async () => undefined);
    const spy = (fn: string) => async () => {
      trace.getTracer("undici").startSpan(`POST ${fn}`).end();
      await request();
      await TraceContext.run({ pipelineName: fn }, async () => undefined);
      return true;
    };
    const seen: string[] = [];
    const exporter = {
      async send(records: readonly string[]) {
        await spy("ingest")();
        seen.push("send");
        return backend.send(records);
      },
      ready: spy("schema_version"),
      async maintain() {
        await spy("maintain")();
        seen.push("maintain");
      },
    };
    const { collector } = startService({ exporter });
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [collector] }));
    await TraceContext.run({ pipelineName: "learn" }, async () => {
      trace.getTracer("pg").startSpan("SELECT").end();
      await collector.forceFlush();
    });
    await collector.forceFlush();
    expect(seen).toEqual(expect.arrayContaining(["send", "maintain"]));
    expect(backend.names().sort()).toEqual(["SELECT", "learn"]);
    expect(collector.stats()).toMatchObject({ ended: 2, pending: 0 });
  });
});

describe("whatever a span holds, nothing is thrown into the host", () => {
  const refuse = () => {
    throw new Error("do not touch");
  };
  const base = {
    name: "s",
    kind: 0,
    spanContext: () => ({ traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 }),
    startTime: [1_800_000_000, 0],
    endTime: [1_800_000_001, 0],
    status: { code: 0 },
    attributes: {},
    links: [],
    events: [],
    resource: { attributes: {} },
    instrumentationScope: { name: "x" },
  };

  it.each([
    ["a Proxy that refuses everything", new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse })],
    ["nothing", undefined],
    ["no context", { ...base, spanContext: refuse }],
    ["attributes that refuse", { ...base, attributes: new Proxy({}, { get: refuse, ownKeys: refuse }) }],
    ["no times", { ...base, startTime: undefined, endTime: undefined }],
    ["no lists", { ...base, links: undefined, events: null }],
  ])("%s", async (_, span) => {
    const { collector, warnings } = startService();
    collector.onStart(span as ReadableSpanLike, ROOT_CONTEXT);
    collector.onEnd(span as ReadableSpanLike);
    await collector.forceFlush();
    expect(collector.stats()).toMatchObject({ ended: 1, dropped: { unserializable: 1 } });
    expect(warnings.join()).not.toContain("do not touch");
  });

  it("and every value of an attribute is kept in some form", async () => {
    const { collector, backend } = startService();
    let ended = 0;
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string(),
          fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }),
        ),
        (attributes) => {
          ended += 1;
          const spanId = ended.toString(16).padStart(16, "0");
          const spanContext = () => ({ ...base.spanContext(), spanId });
          collector.onEnd({ ...base, spanContext, attributes } as unknown as ReadableSpanLike);
        },
      ),
      { numRuns: 200 },
    );
    await collector.forceFlush();
    expect(collector.stats()).toMatchObject({ ended, delivered: ended, dropped: {} });
    expect(backend.stored.size).toBe(ended);
    expect(imbalance(collector.stats())).toBe(0);
  });
});
