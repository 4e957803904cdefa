import { type Context, type HrTime, SpanStatusCode, trace as spans, TraceFlags } from "@opentelemetry/api";
import type { CaptureSettings } from "../capture/settings.ts";
import { TRACING } from "../conventions/attributes.ts";
import { traceOf } from "../core/trace-context.ts";
import type { ReadableSpanLike } from "../record/readable-span.ts";
import type { EncodedRecord } from "../record/record.ts";
import { hrTimeNow, startBelow } from "../record/time.ts";
import {
  agentNameOf,
  encodeRecord,
  type ToRecordOptions,
  tagsOf,
  toInterruptedRecord,
  toRecord,
  toStartedRecord,
} from "../record/to-record.ts";
import type { Logger } from "./logger.ts";
import { OpenSpans } from "./open-spans.ts";
import type { EndedSampledSpan, SampledSpan } from "./tail-sampler.ts";

/** What an ended span makes. */
export type EndedSpan =
  | { status: "recorded"; record: EncodedRecord; opensTrace: boolean; sampled: EndedSampledSpan }
  | { status: "sampled-out" }
  | { status: "unserializable" };

/** What the start of a run makes. */
export interface StartedRun {
  record: EncodedRecord;
  sampled: SampledSpan;
}

/** What is known of a span from where it was started. */
type Origin = Pick<ToRecordOptions, "pipeline" | "agent" | "start">;

/**
 * Makes records of spans, and knows which ones are open. It meets whatever a span holds, of any SDK, and never throws:
 * a span that cannot be read is reported by name of its error alone, whose message may hold anything.
 */
export class SpanRecorder {
  readonly #capture: CaptureSettings;
  readonly #logger: Logger;
  readonly #open = new OpenSpans<ReadableSpanLike>();
  readonly #origins = new WeakMap<object, Origin>();

  constructor(capture: CaptureSettings, logger: Logger) {
    this.#capture = capture;
    this.#logger = logger;
  }

  /** Notes a span that has started; returns the `started` record when it opens a trace. */
  start(span: ReadableSpanLike, parentContext: Context): StartedRun | undefined {
    return this.#guarded(() => {
      this.#open.add(span);
      const parent = spans.getSpan(parentContext);
      const above = parent && this.#origins.get(parent);
      this.#origins.set(span, {
        pipeline: traceOf(parentContext)?.pipelineName,
        agent: agentNameOf(span) ?? above?.agent,
        start: startBelow(above?.start, span.startTime),
      });
      if (!opensTrace(span)) return undefined;
      const record = encodeRecord(toStartedRecord(span, this.#optionsFor(span)));
      return { record, sampled: this.#toSampled(span) };
    });
  }

  end(span: ReadableSpanLike): EndedSpan {
    const ended = this.#guarded((): EndedSpan => {
      this.#open.remove(span);
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return { status: "sampled-out" };
      const record = encodeRecord(toRecord(span, this.#optionsFor(span)));
      const sampled = {
        ...this.#toSampled(span),
        failed: span.status.code === SpanStatusCode.ERROR,
        durationMs: millisecondsBetween(span.startTime, span.endTime),
        endsTrace: !this.#isBelowAnOpenSpan(span),
      };
      return { status: "recorded", record, opensTrace: opensTrace(span), sampled };
    });
    return ended ?? { status: "unserializable" };
  }

  /** The records of all spans that are open, none of which is afterwards. */
  interrupt(): EncodedRecord[] {
    const now = hrTimeNow();
    return this.#open
      .drain()
      .flatMap(
        (span) =>
          this.#guarded(() => encodeRecord(toInterruptedRecord(span, now, this.#optionsFor(span)))) ?? [],
      );
  }

  #toSampled(span: ReadableSpanLike): SampledSpan {
    const { [TRACING.PIPELINE_NAME]: own } = span.attributes;
    return {
      traceId: span.spanContext().traceId,
      pipeline: typeof own === "string" ? own : this.#origins.get(span)?.pipeline,
      tags: tagsOf(span.attributes).filter((tag) => typeof tag === "string"),
    };
  }

  #isBelowAnOpenSpan({ parentSpanContext: parent }: ReadableSpanLike): boolean {
    return parent !== undefined && !parent.isRemote && this.#open.has(parent.spanId);
  }

  #optionsFor(span: ReadableSpanLike): ToRecordOptions {
    return { settings: this.#capture, ...this.#origins.get(span) };
  }

  #guarded<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      this.#logger.warn(`A span could not be recorded (${name}).`);
      return undefined;
    }
  }
}

function millisecondsBetween([startS, startNs]: HrTime, [endS, endNs]: HrTime): number {
  return (endS - startS) * 1_000 + (endNs - startNs) / 1_000_000;
}

function opensTrace(span: ReadableSpanLike): boolean {
  return span.attributes[TRACING.ROOT] === true;
}
