import { type Context, context, type Tracer, trace } from "@opentelemetry/api";
import { type CaptureSettings, defaultCaptureSettings } from "../capture/settings.ts";
import { SCOPE_NAME } from "../conventions/attributes.ts";

/** Where spans come from and how the active one is found: a private OpenTelemetry set-up, or the process's global one. */
export interface TracingRuntime {
  readonly tracer: Tracer;
  readonly capture: CaptureSettings;
  active(): Context;
  with<T>(context: Context, fn: () => T): T;
}

/** Joins whatever provider and context manager the process has registered with the OpenTelemetry API. */
const attached: TracingRuntime = {
  get tracer() {
    return trace.getTracer(SCOPE_NAME);
  },
  capture: defaultCaptureSettings(),
  active: () => context.active(),
  with: (ctx, fn) => context.with(ctx, fn),
};

let installed: TracingRuntime | undefined;

/** The runtime that `startTracing` installed, else the attached one. */
export function currentRuntime(): TracingRuntime {
  return installed ?? attached;
}

/** Whether a runtime is installed, so that nothing is joined that the process has registered. */
export function isRuntimeInstalled(): boolean {
  return installed !== undefined;
}

/** Makes `runtime` current until the returned function is called; a later installation wins over an earlier one. */
export function installRuntime(runtime: TracingRuntime): () => void {
  installed = runtime;
  return () => {
    if (installed === runtime) installed = undefined;
  };
}
