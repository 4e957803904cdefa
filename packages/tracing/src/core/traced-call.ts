import { type Attributes, type Context, type Span, trace as spans } from "@opentelemetry/api";
import { GEN_AI, TRACING } from "../conventions/attributes.ts";
import { cleanAttributes, toArgumentsAttributes, toContentAttributes } from "./content.ts";
import { Iteration } from "./iteration.ts";
import { quietly } from "./quietly.ts";
import { currentRuntime, type TracingRuntime } from "./runtime.ts";
import { settle } from "./settle.ts";
import { SpanEnding } from "./span-ending.ts";
import type { SpanPlan } from "./span-plan.ts";
import { SpanTime } from "./span-time.ts";
import { openRecording } from "./stream-recording.ts";
import { enterRun, traceOf } from "./trace-context.ts";
import { isWebStream, iterationMode, traceIterable } from "./traced-iterable.ts";
import { validSpanContext } from "./traceparent.ts";

export type Callable = (this: unknown, ...args: unknown[]) => unknown;

/** Calls `fn` in a span of its own, or just calls it where there is no trace to be part of. */
export function callTraced(plan: SpanPlan, fn: Callable, self: unknown, args: unknown[]): unknown {
  const runtime = currentRuntime();
  const active = runtime.active();
  const parent = spans.getSpan(active);
  const inTrace = parent !== undefined && validSpanContext(parent.spanContext()) !== undefined;
  if (!inTrace && plan.options.root !== true) return Reflect.apply(fn, self, args);

  const opened = quietly("starting a span", () => open(plan, args, runtime, active, inTrace));
  if (opened === undefined) return Reflect.apply(fn, self, args);
  const { context, span, time } = opened;
  const call = () => Reflect.apply(fn, self, args);
  if (!span.isRecording()) return runtime.with(context, call);
  const ending = new SpanEnding(span, time, runtime.capture, plan.options.captureOutput ?? true);
  let result: unknown;
  try {
    result = runtime.with(context, call);
  } catch (error) {
    ending.fail(error);
    throw error;
  }
  return settle(result, ending, (value) => {
    // An object handed back, as fluent methods do, is not a new iteration.
    const handedBack = value === self || args.includes(value);
    const recording = openRecording(handedBack ? span : value) ?? openRecording(span);
    if (recording) recording.endWith(ending);
    else if (handedBack) ending.succeed(value);
    else return follow(value, runtime, context, ending);
    return value;
  });
}

/** Ends the span with a value, or with the last item of an iteration. */
function follow(value: unknown, runtime: TracingRuntime, context: Context, ending: SpanEnding): unknown {
  const mode = iterationMode(value);
  if (mode === undefined) ending.succeed(value);
  else if (isWebStream(value)) ending.leave("stream");
  else return traceIterable(value as object, mode, new Iteration(runtime, context, ending));
  return value;
}

/** Undefined when tracing is suppressed here. */
function open(
  plan: SpanPlan,
  args: readonly unknown[],
  runtime: TracingRuntime,
  active: Context,
  inTrace: boolean,
): { context: Context; span: Span; time: SpanTime } | undefined {
  const { name, kind, spanKind } = plan;
  const { capture, tracer } = runtime;
  const run = inTrace ? traceOf(active) : undefined;
  const attributes: Attributes = { ...plan.base };
  if (!inTrace) attributes[TRACING.ROOT] = true;
  const pipelineName = inTrace ? run?.pipelineName : name;
  if (pipelineName !== undefined) attributes[TRACING.PIPELINE_NAME] = pipelineName;
  if (run?.sessionId !== undefined && (kind === "agent" || kind === "llm")) {
    attributes[GEN_AI.CONVERSATION_ID] = run.sessionId;
  }
  Object.assign(
    attributes,
    quietly(`reading the attributes of ${name}`, () => ownAttributes(plan, args, runtime)),
  );

  if (inTrace) {
    const time = new SpanTime(active);
    const span = tracer.startSpan(name, { kind: spanKind, attributes, startTime: time.start }, active);
    if (!validSpanContext(span.spanContext())) return undefined;
    if (span.isRecording()) {
      quietly(`capturing the input of ${name}`, () => span.setAttributes(inputOf(plan, args, runtime)));
    }
    return { context: time.enter(spans.setSpan(active, span), span.spanContext()), span, time };
  }
  // A processor sees the root of a trace once it starts, with all that is known about it.
  Object.assign(
    attributes,
    quietly(`capturing the input of ${name}`, () => inputOf(plan, args, runtime)),
  );
  const time = new SpanTime(active);
  const span = tracer.startSpan(name, { kind: spanKind, attributes, startTime: time.start }, active);
  if (!validSpanContext(span.spanContext())) return undefined;
  return { ...enterRun(active, { span, time, pipelineName: name, capture }), span, time };
}

function ownAttributes(
  { options }: SpanPlan,
  args: readonly unknown[],
  { capture }: TracingRuntime,
): Attributes {
  if (options.attributes === undefined) return {};
  const attributes = typeof options.attributes === "function" ? options.attributes(args) : options.attributes;
  return cleanAttributes(attributes ?? {}, capture);
}

function inputOf({ options }: SpanPlan, args: readonly unknown[], { capture }: TracingRuntime): Attributes {
  const { captureInput = true } = options;
  if (!capture.content || captureInput === false) return {};
  if (captureInput === true) return toArgumentsAttributes(TRACING.INPUT, args, capture);
  return toContentAttributes(TRACING.INPUT, captureInput(args), capture);
}
