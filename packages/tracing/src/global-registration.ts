import { type ContextManager, context, propagation, type TracerProvider, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import type { Logger } from "./collector/logger.ts";

/**
 * Registers with the OpenTelemetry API what nobody else has registered yet, and says what somebody has; the returned
 * function takes away only what was registered here.
 */
export function registerGlobally(
  provider: TracerProvider,
  contextManager: ContextManager,
  logger: Logger,
): () => void {
  const parts = [
    { name: "tracer provider", api: trace, mine: trace.setGlobalTracerProvider(provider) },
    { name: "context manager", api: context, mine: context.setGlobalContextManager(contextManager) },
    {
      name: "propagator",
      api: propagation,
      mine: propagation.setGlobalPropagator(new W3CTraceContextPropagator()),
    },
  ];
  const taken = parts.filter((part) => !part.mine).map((part) => part.name);
  if (taken.length > 0) {
    logger.warn(
      `global: true has no effect on the ${taken.join(", ")}: another OpenTelemetry SDK in the process has registered its own.`,
    );
  }
  return () => {
    for (const part of parts) if (part.mine) part.api.disable();
  };
}
