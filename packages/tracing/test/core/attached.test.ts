import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterEach, describe, expect, it } from "vitest";
import { TraceContext } from "../../src/core/trace-context.ts";
import { tracedSpan } from "../../src/core/traced-span.ts";
import { toSpanTrees } from "../support/span-tree.ts";

function registerGlobally() {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return exporter;
}

afterEach(() => {
  trace.disable();
  context.disable();
});

const step = tracedSpan("step:a")(async () => {
  await Promise.resolve();
  return TraceContext.current()?.pipelineName;
});

describe("attached to the service's own OpenTelemetry", () => {
  it("joins the trace that is active, and opens it for us", async () => {
    const exporter = registerGlobally();
    await trace.getTracer("http").startActiveSpan("GET /", async (span) => {
      expect(await TraceContext.run({ pipelineName: "learn" }, () => step())).toBe("learn");
      span.end();
    });
    const spans = exporter.getFinishedSpans();
    expect(toSpanTrees(spans)).toEqual([
      { name: "GET /", children: [{ name: "learn", children: [{ name: "step:a", children: [] }] }] },
    ]);
    const run = spans.find((span) => span.name === "learn");
    expect(run?.attributes["tracing.root"]).toBe(true);
    expect(run?.instrumentationScope.name).toBe("@app/tracing");
  });

  it("traces a function below a foreign span, without a run", async () => {
    const exporter = registerGlobally();
    await trace.getTracer("http").startActiveSpan("GET /", async (span) => {
      expect(await step()).toBeUndefined();
      span.end();
    });
    expect(toSpanTrees(exporter.getFinishedSpans())).toEqual([
      { name: "GET /", children: [{ name: "step:a", children: [] }] },
    ]);
  });

  it("takes in the spans of other instrumentation", async () => {
    const exporter = registerGlobally();
    TraceContext.run({ pipelineName: "learn" }, () => trace.getTracer("pg").startSpan("SELECT").end());
    expect(toSpanTrees(exporter.getFinishedSpans())).toEqual([
      { name: "learn", children: [{ name: "SELECT", children: [] }] },
    ]);
  });

  it("with no SDK calls straight through", async () => {
    const result = await TraceContext.run({ pipelineName: "learn" }, async (run) => {
      run.setOutput(1);
      await step();
      expect(run.traceparent()).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-00$/);
      return 5;
    });
    expect(result).toBe(5);
  });
});
