import { type Context, createContextKey, type HrTime, type Span, trace as spans } from "@opentelemetry/api";
import { readMember } from "./quietly.ts";

/** Added to `performance.now()`, gives milliseconds since the epoch; one for all spans of a trace. */
interface TraceClock {
  traceId: string;
  offsetMs: number;
}

// Plain data under a name, so that two copies of this library in a process share the clock of a trace.
const CLOCK = createContextKey("@app/tracing clock");

/** What the wall clock ticks in; other libraries take their spans' starts from it. */
const TICK_MICROS = 1000;

/** The offset of the last trace: with every reading of the wall clock it comes closer to what is between two ticks. */
let lastOffsetMs = performance.timeOrigin;

/**
 * The start of one span and the times that follow it, to the microsecond.
 *
 * A trace reads the wall clock once, when it starts; from there on its time is the monotonic clock's. So no step of the
 * wall clock makes a span end before it starts, or a child start before its parent; the next trace follows the step.
 */
export class SpanTime {
  /** A pair, since the SDK takes a small number for a time of `performance.now()`. */
  readonly start: HrTime;
  readonly #startMicros: number;
  readonly #offsetMs: number;

  /** Of a span that starts now below what is active in `context`. */
  constructor(context: Context) {
    const parent = spans.getSpan(context);
    const parentMicros = startMicrosOf(parent);
    const clock = clockIn(context);
    const shared = clock && clock.traceId === parent?.spanContext().traceId;
    const nowMs = performance.now();
    const offsetMs = shared ? clock.offsetMs : readOffset();
    const behindMicros = (parentMicros ?? 0) - toMicros(nowMs + offsetMs);
    // A parent of another library may have seen the wall clock after a step: its children go on from there.
    this.#offsetMs = behindMicros > TICK_MICROS ? offsetMs + behindMicros / 1000 : offsetMs;
    this.#startMicros = Math.max(toMicros(nowMs + this.#offsetMs), parentMicros ?? 0);
    this.start = toHrTime(this.#startMicros);
  }

  /** The time now, never before the start. */
  now(): HrTime {
    return toHrTime(Math.max(toMicros(performance.now() + this.#offsetMs), this.#startMicros));
  }

  /** The context that the span's children are started in, which go by the same clock. */
  enter(context: Context, { traceId }: { traceId: string }): Context {
    const clock = clockIn(context);
    if (clock?.traceId === traceId && clock.offsetMs === this.#offsetMs) return context;
    const own: TraceClock = { traceId, offsetMs: this.#offsetMs };
    return context.setValue(CLOCK, own);
  }
}

function clockIn(context: Context): TraceClock | undefined {
  return context.getValue(CLOCK) as TraceClock | undefined;
}

/** How long the reading of both clocks may take to say enough; a process that was put aside in the middle reads again. */
const MAX_READING_MS = 0.1;
const MAX_READINGS = 3;

/** Brings the last offset to within what the wall clock allows, between the tick it shows and the next one. */
function readOffset(): number {
  let before = 0;
  let tickMs = 0;
  let after = Number.POSITIVE_INFINITY;
  for (let reading = 0; reading < MAX_READINGS && after - before > MAX_READING_MS; reading += 1) {
    before = performance.now();
    tickMs = Date.now();
    after = performance.now();
  }
  lastOffsetMs = Math.min(Math.max(lastOffsetMs, tickMs - after), tickMs + 1 - before);
  return lastOffsetMs;
}

/** Milliseconds from the start of a span of this process to `time`; undefined where its SDK does not tell. */
export function msSinceStart(span: Span, [seconds, nanos]: HrTime): number | undefined {
  const startMicros = startMicrosOf(span);
  return startMicros && Math.max(seconds * 1_000_000 + nanos / 1000 - startMicros, 0) / 1000;
}

/** When a span of this process started, as far as its SDK tells. */
function startMicrosOf(span: Span | undefined): number | undefined {
  const [seconds, nanos] = toPair(readMember(span, "startTime"));
  if (typeof seconds !== "number" || typeof nanos !== "number") return undefined;
  const micros = seconds * 1_000_000 + Math.ceil(nanos / 1000);
  return Number.isSafeInteger(micros) ? micros : undefined;
}

function toPair(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function toMicros(epochMs: number): number {
  return Math.floor(epochMs * 1000);
}

function toHrTime(micros: number): HrTime {
  const seconds = Math.floor(micros / 1_000_000);
  return [seconds, (micros - seconds * 1_000_000) * 1000];
}
