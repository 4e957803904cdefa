import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import { resolveCaptureSettings } from "../../src/capture/settings.ts";
import type { ReadableSpanLike } from "../../src/record/readable-span.ts";
import type { TraceRecord } from "../../src/record/record.ts";
import { toRecord } from "../../src/record/to-record.ts";

export const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
export const SPAN_ID = "b7ad6b7169203331";

/** 2026-11-24T10:00:00 and so many microseconds. */
export function at(micros: number): HrTime {
  const seconds = Date.UTC(2026, 10, 24, 10) / 1000;
  const whole = Math.floor(micros / 1_000_000);
  return [seconds + whole, (micros - whole * 1_000_000) * 1000];
}

export const settings = resolveCaptureSettings({}, {});

/** A span as an SDK hands it to a processor: of this library, a second long, without a parent unless told otherwise. */
export function ended(overrides: Partial<ReadableSpanLike> = {}): ReadableSpanLike {
  return {
    name: "learn",
    kind: SpanKind.INTERNAL,
    spanContext: () => ({ traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: TraceFlags.SAMPLED }),
    startTime: at(0),
    endTime: at(1_000_000),
    status: { code: SpanStatusCode.UNSET },
    attributes: {},
    links: [],
    events: [],
    resource: { attributes: { "service.name": "bot" } },
    instrumentationScope: { name: "@app/tracing" },
    ...overrides,
  };
}

/** A span of somebody else's instrumentation. */
export function foreign(overrides: Partial<ReadableSpanLike> = {}): ReadableSpanLike {
  return ended({ instrumentationScope: { name: "ai" }, ...overrides });
}

export function recordOf(overrides: Partial<ReadableSpanLike> = {}): TraceRecord {
  return toRecord(ended(overrides), { settings });
}

/** An exception as OpenTelemetry's `recordException` leaves it. */
export function exception(
  type: string,
  message: string,
  stack = `${type}: ${message}\n    at run (bot.js:1:1)`,
) {
  return {
    name: "exception",
    time: at(500_000),
    attributes: { "exception.type": type, "exception.message": message, "exception.stacktrace": stack },
  };
}

export function failed(type: string, message: string): Partial<ReadableSpanLike> {
  return {
    status: { code: SpanStatusCode.ERROR, message },
    attributes: { "error.type": type },
    events: [exception(type, message)],
  };
}
