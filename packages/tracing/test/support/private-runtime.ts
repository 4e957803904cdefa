import type { Context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { type CaptureSettings, defaultCaptureSettings } from "../../src/capture/settings.ts";
import { SCOPE_NAME } from "../../src/conventions/attributes.ts";
import { installRuntime } from "../../src/core/runtime.ts";

export interface TestRuntime {
  /** What has ended so far, in that order. */
  spans(): ReadableSpan[];
  span(name: string): ReadableSpan;
  active(): Context;
  with<T>(context: Context, fn: () => T): T;
  provider: BasicTracerProvider;
  undo(): void;
}

export interface TestRuntimeOptions {
  capture?: Partial<CaptureSettings>;
  processors?: SpanProcessor[];
  sampler?: Sampler;
}

/** A set-up like the one `startTracing` makes, private to this library, whose spans are kept in memory. */
export function installTestRuntime({
  capture,
  processors = [],
  sampler,
}: TestRuntimeOptions = {}): TestRuntime {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [...processors, new SimpleSpanProcessor(exporter)],
    ...(sampler ? { sampler } : {}),
  });
  const manager = new AsyncLocalStorageContextManager().enable();
  const runtime = {
    active: () => manager.active(),
    with: <T>(context: Context, fn: () => T): T => manager.with(context, fn),
  };
  const uninstall = installRuntime({
    ...runtime,
    tracer: provider.getTracer(SCOPE_NAME),
    capture: { ...defaultCaptureSettings({}), ...capture },
  });
  return {
    ...runtime,
    provider,
    spans: () => exporter.getFinishedSpans(),
    span(name) {
      const found = exporter.getFinishedSpans().filter((span) => span.name === name);
      const [only] = found;
      if (!only || found.length > 1) throw new Error(`${found.length} spans are named ${name}`);
      return only;
    },
    undo() {
      uninstall();
      manager.disable();
    },
  };
}
