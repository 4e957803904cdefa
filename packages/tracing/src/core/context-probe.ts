import { type Context, createContextKey } from "@opentelemetry/api";

// Created from a name, so that two copies of this library in a process find each other's.
const PROBE = createContextKey("@app/tracing probe");

/** A context in which a span is none of the service's: a collector that meets it says so by `onMet`, and forgets it. */
export function withProbe(context: Context, onMet: () => void): Context {
  return context.setValue(PROBE, onMet);
}

/** Whether a span that starts in this context is a probe, which is answered then. */
export function answerProbe(context: Context): boolean {
  const onMet = context.getValue(PROBE);
  if (typeof onMet !== "function") return false;
  onMet();
  return true;
}
