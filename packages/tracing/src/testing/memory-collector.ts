import type { Context } from "@opentelemetry/api";
import type { CaptureSettings } from "../capture/settings.ts";
import { SpanRecorder } from "../collector/span-recorder.ts";
import { answerProbe } from "../core/context-probe.ts";
import type { ReadableSpanLike } from "../record/readable-span.ts";
import type { TraceRecord } from "../record/record.ts";
import { toStartedRecord } from "../record/to-record.ts";
import type { TraceDetail } from "../store/trace-repo.ts";
import { readTrace } from "./read-trace.ts";

/** A span that has started and not ended. */
export interface OpenSpan {
  name: string;
  traceId: string;
}

/** What is known of one trace. */
interface KeptTrace {
  /** Of spans that have ended, and what roots said when they started. */
  records: TraceRecord[];
  open: Set<ReadableSpanLike>;
  /** Span ids in the order in which the spans started, which a clock that stands still does not tell. */
  order: Map<string, number>;
}

/** A span processor that keeps records in memory, where the collector of a service has a spool and a store. */
export class MemoryCollector {
  readonly #settings: CaptureSettings;
  readonly #recorder: SpanRecorder;
  /** By trace id, in the order in which the traces began. */
  readonly #traces = new Map<string, KeptTrace>();
  readonly #cleared = new Set<string>();
  #onSpanEnd: (() => void)[] = [];

  constructor(settings: CaptureSettings) {
    this.#settings = settings;
    this.#recorder = new SpanRecorder(settings, {
      info: () => undefined,
      warn: (text) => console.warn(text),
    });
  }

  onStart(span: ReadableSpanLike, parentContext: Context): void {
    if (answerProbe(parentContext)) return;
    const started = this.#recorder.start(span, parentContext);
    const { traceId, spanId } = span.spanContext();
    if (this.#cleared.has(traceId)) return;
    const trace = this.#traceOf(traceId);
    trace.open.add(span);
    trace.order.set(spanId, trace.order.size);
    if (started) trace.records.push(JSON.parse(started.record) as TraceRecord);
  }

  onEnd(span: ReadableSpanLike): void {
    const ended = this.#recorder.end(span);
    const trace = this.#traces.get(span.spanContext().traceId);
    trace?.open.delete(span);
    if (ended.status === "recorded") trace?.records.push(JSON.parse(ended.record) as TraceRecord);
    const waiting = this.#onSpanEnd;
    this.#onSpanEnd = [];
    for (const tell of waiting) tell();
  }

  /** What would be stored of the trace; undefined when there is nothing. */
  records(traceId: string): readonly TraceRecord[] | undefined {
    return this.#traces.get(traceId)?.records;
  }

  trace(traceId: string): TraceDetail | undefined {
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return undefined;
    const { records, open, order } = trace;
    const told = new Set(records.map((record) => record.span_id));
    const running = [...open]
      .map((span) => toStartedRecord(span, { settings: this.#settings }))
      .filter((record) => !told.has(record.span_id));
    return readTrace([...records, ...running], order);
  }

  traceIds(): string[] {
    return [...this.#traces.keys()];
  }

  openSpans(): OpenSpan[] {
    return [...this.#traces].flatMap(([traceId, { open }]) =>
      [...open].map(({ name }) => ({ name, traceId })),
    );
  }

  /** Resolves when the next span has ended. */
  nextEnd(): Promise<void> {
    return new Promise((resolve) => {
      this.#onSpanEnd.push(resolve);
    });
  }

  /** What still comes of the traces that are forgotten is not kept either. */
  clear(): void {
    for (const traceId of this.#traces.keys()) this.#cleared.add(traceId);
    this.#traces.clear();
  }

  // There is nothing to flush and nothing to close.

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  #traceOf(traceId: string): KeptTrace {
    const known = this.#traces.get(traceId);
    if (known) return known;
    const trace: KeptTrace = { records: [], open: new Set(), order: new Map() };
    this.#traces.set(traceId, trace);
    return trace;
  }
}
