import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOnSampler, BasicTracerProvider, type SpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { CaptureSettings } from "../capture/settings.ts";
import { GENERAL, SCOPE_NAME } from "../conventions/attributes.ts";
import type { TracingRuntime } from "./runtime.ts";

/** The SDK's own bounds would drop attributes and events silently; values are bounded by capture instead. */
const SPAN_LIMITS = { attributeCountLimit: 1_024, eventCountLimit: 1_024, linkCountLimit: 1_024 };

export interface PrivateRuntimeOptions {
  serviceName: string;
  capture: CaptureSettings;
  spanProcessors: SpanProcessor[];
}

/** A provider and a context that no other OpenTelemetry set-up of the process knows of, and the runtime over both. */
export interface PrivateRuntime {
  readonly runtime: TracingRuntime;
  readonly provider: BasicTracerProvider;
  readonly contextManager: AsyncLocalStorageContextManager;
}

/** Makes one, which samples everything; its owner installs the runtime, and disables the context manager at the end. */
export function createPrivateRuntime(options: PrivateRuntimeOptions): PrivateRuntime {
  const { serviceName, capture, spanProcessors } = options;
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ [GENERAL.SERVICE_NAME]: serviceName }),
    sampler: new AlwaysOnSampler(),
    spanLimits: SPAN_LIMITS,
    spanProcessors,
  });
  const contextManager = new AsyncLocalStorageContextManager().enable();
  const runtime: TracingRuntime = {
    tracer: provider.getTracer(SCOPE_NAME),
    capture,
    active: () => contextManager.active(),
    with: (ctx, fn) => contextManager.with(ctx, fn),
  };
  return { runtime, provider, contextManager };
}
