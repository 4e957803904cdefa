import { randomBytes } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createContextKey, trace as spans, TraceFlags } from "@opentelemetry/api";
import { withProbe } from "./context-probe.ts";
import { quietly } from "./quietly.ts";
import { currentRuntime, type TracingRuntime } from "./runtime.ts";

/** Why runs would not be traced as they should, and what mends it. */
export interface ContextTrouble {
  /** For programs. */
  code: keyof typeof CONTEXT_TROUBLES;
  /** What is the matter. */
  message: string;
  /** What to do. */
  cure: string;
}

/** Everything that {@link checkContext} can find. */
export const CONTEXT_TROUBLES = {
  "context-lost": {
    message: "What is active in OpenTelemetry's context is gone after an await: every span would be a root.",
    cure: "Call startTracing(), which has a context of its own, or start your OpenTelemetry SDK before; without one, context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()).",
  },
  "no-sdk": {
    message:
      "Nothing records spans: tracing is not started, and no OpenTelemetry SDK is registered, or one with another version of @opentelemetry/api.",
    cure: "Call startTracing(), or start your OpenTelemetry SDK before; `tracing doctor` tells versions that differ.",
  },
  "not-sampled": {
    message:
      "The OpenTelemetry SDK of this process records no spans, even of a trace that its caller samples.",
    cure: "Check its sampler: OTEL_TRACES_SAMPLER, OTEL_SDK_DISABLED, or in Sentry `tracesSampleRate`.",
  },
  "not-collected": {
    message:
      "Spans are recorded by an OpenTelemetry SDK that has no TraceCollector: the first one to register owns them.",
    cure: "Hand that SDK the TraceCollector (`spanProcessors`, in Sentry `openTelemetrySpanProcessors`), or call startTracing(), which depends on no other SDK.",
  },
} as const satisfies Readonly<Record<string, { message: string; cure: string }>>;

const MARK = createContextKey("@app/tracing context check");

/**
 * Whether `TraceContext` and `tracedSpan` work in this process as it is set up now; an empty array when they do.
 *
 * For a service whose OpenTelemetry is set up by somebody else, after all of it is. It starts one span that never ends, so
 * that nothing is exported or stored. Never rejects.
 *
 * @example
 * sdk.start();
 * for (const { message, cure } of await checkContext()) console.warn(message, cure);
 */
export async function checkContext(): Promise<ContextTrouble[]> {
  const runtime = currentRuntime();
  const kept = await keepsContext(runtime);
  const recorder = quietly("checking the context", () => findRecorder(runtime)) ?? "no-sdk";
  const codes = [...(kept ? [] : ["context-lost" as const]), ...(recorder === "collector" ? [] : [recorder])];
  return codes.map((code) => ({ code, ...CONTEXT_TROUBLES[code] }));
}

async function keepsContext(runtime: TracingRuntime): Promise<boolean> {
  return runtime.with(runtime.active().setValue(MARK, true), async () => {
    await nextTurn();
    return runtime.active().getValue(MARK) === true;
  });
}

function findRecorder(runtime: TracingRuntime): "collector" | "no-sdk" | "not-sampled" | "not-collected" {
  let met = false;
  const id = (bytes: number) => randomBytes(bytes).toString("hex");
  // Samplers that decide by chance follow a caller who samples.
  const caller = { traceId: id(16), spanId: id(8), traceFlags: TraceFlags.SAMPLED, isRemote: true };
  const context = withProbe(spans.setSpanContext(runtime.active(), caller), () => {
    met = true;
  });
  const span = runtime.tracer.startSpan("tracing.check", {}, context);
  if (met) return "collector";
  if (span.isRecording()) return "not-collected";
  return span.spanContext().spanId === caller.spanId ? "no-sdk" : "not-sampled";
}
