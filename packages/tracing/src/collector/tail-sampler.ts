import { peekRecord } from "../record/peek.ts";
import type { EncodedRecord } from "../record/record.ts";
import { isInSample, type ResolvedSampling } from "./sampling.ts";

/** What a verdict can depend on. */
export interface SampledSpan {
  traceId: string;
  /** Of the run that the span belongs to, where that is known. */
  pipeline: string | undefined;
  tags: readonly string[];
}

export interface EndedSampledSpan extends SampledSpan {
  failed: boolean;
  durationMs: number;
  /** Whether the trace, as far as this process is concerned, ends with it. */
  endsTrace: boolean;
}

export interface TailSamplerOptions {
  sampling: ResolvedSampling;
  /** Takes the records of a trace that is kept, in the order they came. */
  write(records: readonly EncodedRecord[]): void;
  /** Is told how many spans were left out. */
  drop(spans: number): void;
  /** Length of the records that wait for a verdict, in characters. @default 16 Mi */
  maxHeld?: number;
}

interface Undecided {
  records: EncodedRecord[];
  length: number;
  pipeline: string | undefined;
  tags: string[];
}

/** Traces whose verdict is remembered for spans that come late. */
const MAX_VERDICTS = 20_000;

/**
 * Decides which traces are kept. One that is in the sample is written as it goes; of any other the records wait in memory
 * until a failed span, or its end, tells whether it is kept all the same. Late spans follow the verdict.
 *
 * When too much waits, the oldest trace is left out without waiting for its end.
 */
export class TailSampler {
  readonly #sampling: ResolvedSampling;
  readonly #write: TailSamplerOptions["write"];
  readonly #drop: TailSamplerOptions["drop"];
  readonly #maxHeld: number;
  /** The oldest first. */
  readonly #undecided = new Map<string, Undecided>();
  readonly #verdicts = new Map<string, boolean>();
  #heldLength = 0;
  #heldSpans = 0;

  constructor({ sampling, write, drop, maxHeld = 16 * 2 ** 20 }: TailSamplerOptions) {
    this.#sampling = sampling;
    this.#write = write;
    this.#drop = drop;
    this.#maxHeld = maxHeld;
  }

  /** Spans that wait for a verdict. */
  get held(): number {
    return this.#heldSpans;
  }

  /** Whether a trace is kept already, now that a run of it starts. */
  start(span: SampledSpan): boolean {
    const verdict = this.#verdicts.get(span.traceId);
    if (verdict !== undefined) return verdict;
    if (!this.#isKeptAnyway(span)) return false;
    this.#decide(span.traceId, true);
    return true;
  }

  /** Writes the record of a span that has ended, keeps it until there is a verdict, or leaves it out. */
  end(span: EndedSampledSpan, record: EncodedRecord): void {
    const verdict = this.#verdicts.get(span.traceId);
    if (verdict === true) return this.#write([record]);
    if (verdict === false) return this.#drop(1);
    const trace = this.#hold(span, record);
    const rule = this.#sampling.ruleFor(trace.pipeline);
    const known = { ...span, pipeline: trace.pipeline, tags: trace.tags };
    if (this.#isKeptAnyway(known) || (span.failed && rule.keepErrors)) this.#decide(span.traceId, true);
    else if (span.endsTrace) this.#decide(span.traceId, span.durationMs >= rule.keepSlowerThanMs);
    else this.#makeRoom();
  }

  /** Of records that report spans as interrupted, those of traces that are kept; an undecided trace is, since it never ended. */
  keepInterrupted(records: readonly EncodedRecord[]): EncodedRecord[] {
    return records.filter((record) => {
      const traceId = peekRecord(record)?.traceId;
      if (traceId === undefined) return true;
      if (!this.#verdicts.has(traceId)) this.#decide(traceId, true);
      return this.#verdicts.get(traceId) === true;
    });
  }

  /** Leaves out what still waits. */
  close(): void {
    for (const traceId of this.#undecided.keys()) this.#decide(traceId, false);
  }

  #isKeptAnyway({ traceId, pipeline, tags }: SampledSpan): boolean {
    const rule = this.#sampling.ruleFor(pipeline);
    return isInSample(traceId, rule.ratio) || tags.some((tag) => rule.keepTags.has(tag));
  }

  #hold(span: SampledSpan, record: EncodedRecord): Undecided {
    const trace = this.#undecided.get(span.traceId) ?? {
      records: [],
      length: 0,
      pipeline: undefined,
      tags: [],
    };
    this.#undecided.set(span.traceId, trace);
    trace.records.push(record);
    trace.length += record.length;
    trace.pipeline ??= span.pipeline;
    trace.tags.push(...span.tags);
    this.#heldLength += record.length;
    this.#heldSpans += 1;
    return trace;
  }

  #decide(traceId: string, keep: boolean): void {
    this.#verdicts.set(traceId, keep);
    for (const oldest of this.#verdicts.keys()) {
      if (this.#verdicts.size <= MAX_VERDICTS) break;
      this.#verdicts.delete(oldest);
    }
    const trace = this.#undecided.get(traceId);
    if (!trace) return;
    this.#undecided.delete(traceId);
    this.#heldLength -= trace.length;
    this.#heldSpans -= trace.records.length;
    if (keep) this.#write(trace.records);
    else this.#drop(trace.records.length);
  }

  #makeRoom(): void {
    for (const oldest of this.#undecided.keys()) {
      if (this.#heldLength <= this.#maxHeld) return;
      this.#decide(oldest, false);
    }
  }
}
