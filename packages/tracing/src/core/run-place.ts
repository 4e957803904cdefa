import { randomBytes } from "node:crypto";
import { type Context, type Link, type Span, trace as spans, TraceFlags } from "@opentelemetry/api";
import type { TraceContextOptions } from "./trace-options.ts";
import { parseTraceparent, validSpanContext } from "./traceparent.ts";

/** Where a run belongs. */
export interface RunPlace {
  context: Context;
  /** Whether it is part of the trace that is active. */
  joins: boolean;
  links: Link[];
}

/** Into the active trace, under a span of another service, or into a trace of its own, linked to where it came from. */
export function placeOf(active: Context, { parent, newTrace }: TraceContextOptions): RunPlace {
  const remote = parent === undefined || parent === null ? undefined : parseTraceparent(parent);
  if (newTrace) {
    const origin = remote ?? validSpanContext(spans.getSpanContext(active));
    return {
      context: spans.deleteSpan(active),
      joins: false,
      links: origin ? [{ context: origin }] : [],
    };
  }
  if (remote) return { context: spans.setSpanContext(active, remote), joins: false, links: [] };
  return { context: active, joins: true, links: [] };
}

/**
 * Stands in where nothing is recorded (no SDK, or tracing is suppressed): what is below it belongs to the parent, if any.
 * Ids that are valid all the same serve logs and requests to other services.
 */
export function unrecordedSpan(parent: Context): Span {
  const id = (bytes: number) => randomBytes(bytes).toString("hex");
  const fresh = () => ({ traceId: id(16), spanId: id(8), traceFlags: TraceFlags.NONE });
  return spans.wrapSpanContext(validSpanContext(spans.getSpanContext(parent)) ?? fresh());
}
