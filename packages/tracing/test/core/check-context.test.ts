import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  type Sampler,
  SimpleSpanProcessor,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { readSpoolStatus } from "../../src/collector/spool/spool.ts";
import { TraceCollector } from "../../src/collector/trace-collector.ts";
import { checkContext } from "../../src/core/check-context.ts";
import { installTestRuntime } from "../support/private-runtime.ts";

afterEach(() => {
  trace.disable();
  context.disable();
});

function createCollector() {
  const spoolDir = mkdtempSync(join(tmpdir(), "check-context-"));
  const collector = new TraceCollector({ exporter: { send: async () => ({ status: "stored" }) }, spoolDir });
  onTestFinished(async () => {
    await collector.stop();
    rmSync(spoolDir, { recursive: true, force: true });
  });
  return { collector, spoolDir };
}

function registerProvider(spanProcessors: SpanProcessor[], sampler?: Sampler): void {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors, ...(sampler && { sampler }) }));
}

const registerContext = () => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const codes = async () => (await checkContext()).map(({ code }) => code);

describe("checkContext", () => {
  it("finds nothing where an SDK has the collector, and leaves no span behind", async () => {
    const { collector, spoolDir } = createCollector();
    const exporter = new InMemorySpanExporter();
    registerProvider([collector, new SimpleSpanProcessor(exporter)]);
    registerContext();
    expect(await checkContext()).toEqual([]);
    await collector.forceFlush();
    const waiting = readSpoolStatus(spoolDir).filter(({ pendingRecords }) => pendingRecords > 0);
    expect([collector.stats().ended, waiting, exporter.getFinishedSpans()]).toEqual([0, [], []]);
  });

  it("finds nothing where a sampler leaves most traces out, for it asks as a sampled caller's callee", async () => {
    const sampler = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0) });
    registerProvider([createCollector().collector], sampler);
    registerContext();
    expect(await codes()).toEqual([]);
  });

  it("asks the set-up that startTracing installs, whoever owns the global one", async () => {
    registerProvider([]);
    const runtime = installTestRuntime({ processors: [createCollector().collector] });
    onTestFinished(() => runtime.undo());
    expect(await codes()).toEqual([]);
  });

  it("tells that nothing is set up at all", async () => {
    expect(await codes()).toEqual(["context-lost", "no-sdk"]);
  });

  it("tells an SDK whose context is lost after an await", async () => {
    registerProvider([createCollector().collector]);
    expect(await codes()).toEqual(["context-lost"]);
  });

  it("tells another SDK that was first and keeps the collector from its spans, with the cure", async () => {
    registerProvider([new SimpleSpanProcessor(new InMemorySpanExporter())]);
    registerContext();
    registerProvider([createCollector().collector]);
    expect(await checkContext()).toEqual([
      {
        code: "not-collected",
        message: expect.stringContaining("has no TraceCollector"),
        cure: expect.stringMatching(/spanProcessors.*startTracing\(\)/),
      },
    ]);
  });

  it("tells a sampler that takes nothing, and a tracer that throws", async () => {
    registerContext();
    registerProvider([createCollector().collector], new AlwaysOffSampler());
    expect(await codes()).toEqual(["not-sampled"]);
    trace.disable();
    registerProvider([], {
      shouldSample: () => {
        throw new Error("no");
      },
      toString: () => "broken",
    });
    expect(await codes()).toEqual(["no-sdk"]);
  });
});
