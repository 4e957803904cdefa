import type { Attributes, Context, HrTime, Span } from "@opentelemetry/api";
import { GEN_AI, TRACING } from "../conventions/attributes.ts";
import { ItemLog } from "./item-log.ts";
import type { IterationEnding } from "./iteration.ts";
import { isObject, quietly, readMember } from "./quietly.ts";
import type { TracingRuntime } from "./runtime.ts";
import { isPlainPromise } from "./settle.ts";
import type { SpanEnding, StreamResult } from "./span-ending.ts";
import { msSinceStart, SpanTime } from "./span-time.ts";

/**
 * How a stream ended: read to its end, left by its consumer, ended by its signal, broken off by an error, or forgotten by
 * everybody.
 */
export type StreamOutcome = "consumed" | "stopped" | "aborted" | "failed" | "abandoned";

/** What is known of a stream once it has ended. */
export interface StreamEnd<Chunk> {
  /** How it ended. */
  outcome: StreamOutcome;
  /** How many chunks of the answer came. */
  chunks: number;
  /** From the start of the span, else from the call of `recordStream`; undefined when no chunk came. */
  timeToFirstChunkMs: number | undefined;
  /** The last chunk of any kind, where many providers report usage. */
  lastChunk: Chunk | undefined;
  /** What it failed with, or the reason of its signal. */
  error?: unknown;
}

/** What of a stream is recorded, and what happens at its end. */
export interface RecordStreamOptions<Chunk> {
  /**
   * What of a chunk is part of the answer: captured as output, texts joined, and counted; undefined for a chunk that is
   * none. @default the chunk itself
   */
  read?: ((chunk: Chunk) => unknown) | undefined;
  /**
   * Called once the stream has ended, however it did, in the context of the span, which is still open: the place for
   * `recordGeneration`. The span's end waits for a promise that it returns; the consumer does not. What it throws or
   * rejects with is the span's failure and goes no further, for clients whose streams end as if all were well.
   */
  onEnd?: ((end: StreamEnd<Chunk>) => unknown) | undefined;
  /** Ends the recording when it aborts, also of a stream that then ends as if it were complete, or says nothing more. */
  signal?: AbortSignal | undefined;
}

/** By the span that is held open, and by what stands in for the stream. */
const recordings = new WeakMap<object, StreamRecording>();

/** The recording that ends the span, or follows the stream; undefined when there is none any more. */
export function openRecording(of: unknown): StreamRecording | undefined {
  const recording = isObject(of) ? recordings.get(of) : undefined;
  return recording?.open ? recording : undefined;
}

/** Follows one stream for the span that was active when it began; ends the spans that are handed to it. */
export class StreamRecording implements IterationEnding {
  /** The recording keeps what passes by itself. */
  readonly output = false;
  readonly #span: Span | undefined;
  readonly #runtime: TracingRuntime;
  readonly #context: Context;
  readonly #time: SpanTime;
  readonly #options: RecordStreamOptions<unknown>;
  readonly #items: ItemLog | undefined;
  readonly #endings: SpanEnding[] = [];
  readonly #onAbort = () => this.#finish("aborted", { error: this.#options.signal?.reason });
  #chunks = 0;
  #timeToFirstChunkMs: number | undefined;
  #lastChunk: unknown;
  #stopped = false;
  #ended = false;
  #open = true;

  constructor(
    span: Span | undefined,
    runtime: TracingRuntime,
    context: Context,
    options: RecordStreamOptions<unknown>,
  ) {
    this.#span = span;
    this.#runtime = runtime;
    this.#context = context;
    this.#time = new SpanTime(context);
    this.#options = options;
    this.#items = runtime.capture.content ? new ItemLog(runtime.capture) : undefined;
    if (span) recordings.set(span, this);
    this.#set({ [GEN_AI.REQUEST_STREAM]: true });
    const { signal } = options;
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Whether spans may still be handed to it. */
  get open(): boolean {
    return this.#open;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Has the stream ended, so will the span. */
  endWith(ending: SpanEnding): void {
    this.#endings.push(ending);
  }

  /** What the consumer is given in the stream's place is followed by this. */
  standsBehind(stream: object): void {
    recordings.set(stream, this);
  }

  now(): HrTime {
    return this.#time.now();
  }

  pass(chunk: unknown): void {
    this.#lastChunk = chunk;
    const { read } = this.#options;
    const kept = read ? quietly("reading a chunk", () => read(chunk)) : chunk;
    if (kept === undefined || kept === null) return;
    this.#chunks += 1;
    if (this.#chunks === 1) this.#noteFirst();
    this.#items?.add(kept);
  }

  cutShort(): void {
    this.#stopped = true;
  }

  succeed(): void {
    if (this.#options.signal?.aborted) this.#onAbort();
    else this.#finish(this.#stopped ? "stopped" : "consumed");
  }

  succeedWith(): void {
    this.succeed();
  }

  fail(error: unknown): void {
    const aborted = this.#options.signal?.aborted || readMember(error, "name") === "AbortError";
    this.#finish(aborted ? "aborted" : "failed", { error });
  }

  abandon(lastActive: HrTime): void {
    this.#finish("abandoned", undefined, lastActive);
  }

  #noteFirst(): void {
    const now = this.#time.now();
    const ms = (this.#span && msSinceStart(this.#span, now)) ?? msBetween(this.#time.start, now);
    this.#timeToFirstChunkMs = ms;
    this.#set({ [GEN_AI.RESPONSE_TIME_TO_FIRST_CHUNK]: ms / 1000 });
  }

  #finish(outcome: StreamOutcome, failure?: { error: unknown }, endTime: HrTime = this.#time.now()): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#set({ [TRACING.STREAM_CHUNKS]: this.#chunks, [TRACING.STREAM_OUTCOME]: outcome });
    const abandoned = outcome === "abandoned";
    try {
      const told = this.#tell(outcome, failure);
      if (!isPlainPromise(told)) return this.#endSpans(endTime, { failure, abandoned });
      told.then(
        () => this.#endSpans(endTime, { failure, abandoned }),
        (error: unknown) =>
          this.#endSpans(endTime, { failure: failure ?? this.#toldFailure(error), abandoned }),
      );
    } catch (error) {
      this.#endSpans(endTime, { failure: failure ?? this.#toldFailure(error), abandoned });
    }
  }

  #endSpans(endTime: HrTime, result: Omit<StreamResult, "output">): void {
    this.#open = false;
    const output = this.#chunks > 0 ? this.#items?.toJson() : undefined;
    for (const ending of this.#endings) ending.endStream(endTime, { ...result, output });
  }

  /** A failure that only `onEnd` knows of. */
  #toldFailure(error: unknown): { error: unknown } {
    this.#set({ [TRACING.STREAM_OUTCOME]: "failed" });
    return { error };
  }

  #tell(outcome: StreamOutcome, failure: { error: unknown } | undefined): unknown {
    const end: StreamEnd<unknown> = {
      outcome,
      chunks: this.#chunks,
      timeToFirstChunkMs: this.#timeToFirstChunkMs,
      lastChunk: this.#lastChunk,
      ...failure,
    };
    return this.#runtime.with(this.#context, () => this.#options.onEnd?.(end));
  }

  #set(attributes: Attributes): void {
    const span = this.#span;
    if (span?.isRecording()) quietly("describing a stream", () => span.setAttributes(attributes));
  }
}

function msBetween([startS, startNs]: HrTime, [endS, endNs]: HrTime): number {
  return (endS - startS) * 1_000 + (endNs - startNs) / 1_000_000;
}
