import {
  type Attributes,
  type AttributeValue,
  type Context,
  createContextKey,
  type Span,
  trace as spans,
} from "@opentelemetry/api";
import type { CaptureSettings } from "../capture/settings.ts";
import { GENERAL, TRACING } from "../conventions/attributes.ts";
import { invalidOption } from "./errors.ts";
import { quietly } from "./quietly.ts";
import { RunNotes } from "./run-notes.ts";
import { placeOf, unrecordedSpan } from "./run-place.ts";
import { currentRuntime, type TracingRuntime } from "./runtime.ts";
import { settle } from "./settle.ts";
import { SpanEnding } from "./span-ending.ts";
import { SpanTime } from "./span-time.ts";
import { checkPipelineName, type TraceContextOptions, toRunAttributes, toTags } from "./trace-options.ts";
import { formatTraceparent, validSpanContext } from "./traceparent.ts";

export type { TraceContextOptions } from "./trace-options.ts";

/** The run that is going on in an OpenTelemetry context, and the one that opened its trace: the same unless nested. */
interface Runs {
  current: TraceContext;
  opener: TraceContext;
}

// Created from a name, so that two copies of this library in a process find each other's.
const RUNS = createContextKey("@app/tracing runs");

interface RunSeed {
  span: Span;
  time: SpanTime;
  pipelineName: string;
  sessionId?: string | undefined;
  tags?: readonly string[];
  capture: CaptureSettings;
  /** The run that opened the trace, for a nested one. */
  opener?: TraceContext | undefined;
}

let createRun: (seed: RunSeed) => TraceContext;

/** What one pipeline run knows about its trace. Its setters do nothing once the run has settled. */
export class TraceContext {
  /** 32 hex digits, as in W3C Trace Context. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** As the run was given it. */
  readonly pipelineName: string;
  /** As the run was given it. */
  readonly sessionId: string | undefined;
  readonly #span: Span;
  readonly #notes: RunNotes;
  readonly #opener: TraceContext;

  /** Runs make their own; see {@link TraceContext.run}. */
  private constructor(seed: RunSeed) {
    const spanContext = seed.span.spanContext();
    this.traceId = spanContext.traceId;
    this.spanId = spanContext.spanId;
    this.pipelineName = seed.pipelineName;
    this.sessionId = seed.sessionId;
    this.#span = seed.span;
    this.#notes = new RunNotes(seed.span, seed.capture, seed.tags ?? []);
    this.#opener = seed.opener ?? this;
  }

  /**
   * Opens a trace around `fn`, whose value or error passes through as it is; a synchronous `fn` stays synchronous, and a
   * native promise comes back as a promise derived from it. Other thenables are returned untouched, and the run ends
   * when they are.
   *
   * Inside another run it makes a child of it, unless `newTrace` says otherwise. Work that outlives `fn` still lands in
   * the trace.
   *
   * @throws {TracingError} `invalid-option`, before `fn` is called, when `pipelineName` is missing. Nothing else about
   * tracing ever throws: other options that make no sense are ignored with a warning.
   * @example
   * await TraceContext.run({ pipelineName: "learn", userId: 7 }, async (trace) => {
   *   const result = await answer(question);
   *   trace.setOutput(result);
   *   return result;
   * });
   */
  static run<T>(options: TraceContextOptions, fn: (trace: TraceContext) => T): T {
    if (typeof options !== "object" || options === null) throw invalidOption("options", options, "an object");
    const pipelineName = checkPipelineName(options.pipelineName);
    const runtime = currentRuntime();
    const opened = openRun(runtime, options, pipelineName);
    const call = () => fn(opened.run);
    if (!opened.span.isRecording()) return runtime.with(opened.context, call);
    const ending = new SpanEnding(opened.span, opened.time, runtime.capture, false);
    let result: T;
    try {
      result = runtime.with(opened.context, call);
    } catch (error) {
      ending.fail(error);
      throw error;
    }
    return settle(result, ending);
  }

  /** The innermost run that is going on here; undefined outside of any. */
  static current(): TraceContext | undefined {
    return runsOf(currentRuntime().active())?.current;
  }

  /** Replaces the run's input; undefined leaves it as it is. */
  setInput(value: unknown): void {
    this.#notes.content(TRACING.INPUT, value);
  }

  /** Replaces the run's output; undefined leaves it as it is. The value is snapshotted now. */
  setOutput(value: unknown): void {
    this.#notes.content(TRACING.OUTPUT, value);
  }

  setAttribute(name: string, value: AttributeValue): void {
    this.#notes.attribute(name, value);
  }

  /** Labels the run, and the trace when the run is a nested one. */
  addTag(tag: string): void {
    this.#notes.tag(tag);
    if (this.#opener !== this) this.#opener.addTag(tag);
  }

  /** Scores the whole trace; a second score of the same name replaces the first. */
  score(name: string, value: number, comment?: string): void {
    this.#opener.#notes.score(name, value, comment);
  }

  /** The W3C `traceparent` header for a request to another service: names the active span, if it is of this trace. */
  traceparent(): string {
    const active = validSpanContext(spans.getSpanContext(currentRuntime().active()));
    return formatTraceparent(active?.traceId === this.traceId ? active : this.#span.spanContext());
  }

  static {
    createRun = (seed) => new TraceContext(seed);
  }
}

/** A run in its context, so that whatever is called with that context is part of it. */
export function enterRun(context: Context, seed: RunSeed): { run: TraceContext; context: Context } {
  const run = createRun(seed);
  const runs: Runs = { current: run, opener: seed.opener ?? run };
  const { span, time } = seed;
  const inner = time.enter(spans.setSpan(context, span), span.spanContext());
  return { run, context: inner.setValue(RUNS, runs) };
}

/** The run that opened the trace of this context, whatever is nested in it; undefined outside of any. */
export function traceOf(context: Context): TraceContext | undefined {
  return runsOf(context)?.opener;
}

function runsOf(context: Context): Runs | undefined {
  return context.getValue(RUNS) as Runs | undefined;
}

/** Starts the span of a run. */
function openRun(runtime: TracingRuntime, options: TraceContextOptions, pipelineName: string) {
  const { capture } = runtime;
  const { context, links, opener } = placeWithOpener(runtime.active(), options);
  const tags = quietly("reading tags", () => toTags(options.tags, capture)) ?? [];
  const attributes: Attributes = {
    ...(opener ? {} : { [TRACING.ROOT]: true }),
    [TRACING.PIPELINE_NAME]: opener?.pipelineName ?? pipelineName,
    [TRACING.SPAN_KIND]: "pipeline",
    ...quietly("reading trace options", () => toRunAttributes(options, tags, capture)),
  };
  const time = new SpanTime(context);
  const started = quietly("starting a trace", () =>
    runtime.tracer.startSpan(pipelineName, { attributes, links, startTime: time.start }, context),
  );
  const span = started && validSpanContext(started.spanContext()) ? started : unrecordedSpan(context);
  const sessionId = attributes[GENERAL.SESSION_ID]?.toString() ?? opener?.sessionId;
  const entered = enterRun(context, { span, time, pipelineName, sessionId, tags, capture, opener });
  if (opener) for (const tag of tags) opener.addTag(tag);
  return { ...entered, span, time };
}

/** The place of a run, and the run that opened the trace there; a context that leads elsewhere knows of no runs. */
function placeWithOpener(active: Context, options: TraceContextOptions) {
  const { context, joins, links } = placeOf(active, options);
  const opener = joins ? traceOf(active) : undefined;
  const here = validSpanContext(spans.getSpanContext(context));
  if (opener && opener.traceId === here?.traceId) return { context, links, opener };
  return { context: context.deleteValue(RUNS), links };
}
