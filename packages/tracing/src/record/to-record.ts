import { type Attributes, type HrTime, SpanKind } from "@opentelemetry/api";
import type { CaptureSettings } from "../capture/settings.ts";
import { GEN_AI, GENERAL, TRACING } from "../conventions/attributes.ts";
import { cappedText, contentOf, toAttributesJson, toEventsJson, toLinksJson } from "./content.ts";
import { type Failure, failureOf, fingerprintOf } from "./failure.ts";
import type { ReadableSpanLike } from "./readable-span.ts";
import {
  type EncodedRecord,
  OWN_KINDS,
  RECORD_FORMAT,
  type RecordKind,
  type RootClaim,
  type TraceRecord,
} from "./record.ts";
import { formatMicros, toMicros } from "./time.ts";
import { attributeOf, usageOf } from "./usage.ts";

/** Indexed text longer than this makes an index row that Postgres refuses. */
const MAX_HEADER_BYTES = 512;
const MAX_ERROR_BYTES = 8_192;
const MAX_STACK_BYTES = 16_384;
const MAX_TAGS = 64;
const MAX_TAGS_READ = 1_024;

export interface ToRecordOptions {
  settings: CaptureSettings;
  /** The pipeline of the trace the span was started in, where the span itself does not say. */
  pipeline?: string | undefined;
  /** The nearest agent that the span was started under. */
  agent?: string | undefined;
  /** When the span started, in the time of its parent. @default its `startTime` */
  start?: HrTime | undefined;
}

/** The record of a span that has ended. */
export function toRecord(span: ReadableSpanLike, options: ToRecordOptions): TraceRecord {
  return buildRecord(span, "span", span.endTime, options);
}

/** The record that makes a trace visible as `running`, from its root span at the moment it starts. */
export function toStartedRecord(span: ReadableSpanLike, options: ToRecordOptions): TraceRecord {
  return buildRecord(span, "started", undefined, options);
}

/** The record of a span that will never end, because its process does; `now` is when that was noticed. */
export function toInterruptedRecord(
  span: ReadableSpanLike,
  now: HrTime,
  options: ToRecordOptions,
): TraceRecord {
  return buildRecord(span, "interrupted", now, options);
}

/** One line of JSON; `JSON.stringify` escapes line breaks and keeps the order of members that `peekRecord` relies on. */
export function encodeRecord(record: TraceRecord): EncodedRecord {
  return JSON.stringify(record);
}

function buildRecord(
  span: ReadableSpanLike,
  type: TraceRecord["type"],
  endTime: HrTime | undefined,
  { settings, pipeline, agent, start: startTime = span.startTime }: ToRecordOptions,
): TraceRecord {
  const { attributes } = span;
  const identity = span.spanContext();
  const root = rootClaim(span);
  const start = toMicros(startTime);
  const end = endTime && toMicros(endTime);
  const usage = usageOf(attributes, new Date(start.micros / 1000));
  const header = (value: unknown) => cappedText(value, MAX_HEADER_BYTES, settings);
  const failure = cleanFailure(span, settings);
  const content = contentOf(span, settings);
  const tags = tagsOf(attributes);
  const events = toEventsJson(span, settings, {
    start: start.micros,
    end: end ? Math.max(end.micros, start.micros) : Number.POSITIVE_INFINITY,
  });
  const links = toLinksJson(span, settings);

  return {
    v: RECORD_FORMAT,
    type,
    trace_id: identity.traceId,
    span_id: identity.spanId,
    parent_span_id: span.parentSpanContext?.spanId ?? null,
    root,
    pipeline: header(attributes[TRACING.PIPELINE_NAME] ?? pipeline ?? (root > 0 ? span.name : undefined)),
    agent: header(agentNameOf(span) ?? agent),
    service: header(span.resource.attributes[GENERAL.SERVICE_NAME]),
    name: header(span.name) ?? "",
    kind: kindOf(span, usage.operation),
    status:
      type === "started" ? "running" : type === "interrupted" ? "interrupted" : failure ? "error" : "ok",
    start: formatMicros(start.micros),
    end: end ? formatMicros(Math.max(end.micros, start.micros)) : null,
    duration_us: end ? Math.max(end.micros - start.micros, 0) : null,
    telegram_id: header(attributes[TRACING.TELEGRAM_ID]),
    user_id: header(attributes[GENERAL.USER_ID]),
    session_id: header(attributes[GENERAL.SESSION_ID] ?? attributeOf(attributes, GEN_AI.CONVERSATION_ID)),
    tags: tags.slice(0, MAX_TAGS).flatMap((tag) => header(tag) ?? []),
    metadata: content.metadata,
    operation: header(usage.operation),
    provider: header(usage.provider),
    model: header(usage.model),
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cost_usd: usage.costUsd,
    cost_source: usage.costSource,
    counts_usage: usage.counts,
    error_type: failure?.type ?? null,
    error_message: failure?.message ?? null,
    error_stack: failure?.stack ?? null,
    fingerprint: failure ? fingerprintOf(span.name, failure) : null,
    input: content.input,
    output: content.output,
    attributes: toAttributesJson(span, settings),
    events: events.json,
    links: links.json,
    scores: content.scores,
    clamped: clampedOf({
      start: start.clamped,
      end: end !== undefined && (end.clamped || end.micros < start.micros),
      tags: tags.length > MAX_TAGS,
      events: !events.whole,
      links: !links.whole,
    }),
  };
}

function rootClaim(span: ReadableSpanLike): RootClaim {
  const parent = span.parentSpanContext;
  if (span.attributes[TRACING.ROOT] === true) return parent ? 2 : 3;
  return !parent || parent.isRemote ? 1 : 0;
}

const KIND_OF_OPERATION: ReadonlyMap<string | null, RecordKind> = new Map([
  ["chat", "llm"],
  ["text_completion", "llm"],
  ["generate_content", "llm"],
  ["embeddings", "llm"],
  ["invoke_agent", "agent"],
  ["create_agent", "agent"],
  ["execute_tool", "tool"],
  ["retrieval", "retrieval"],
]);

const KIND_OF_SPAN_KIND: Readonly<Record<SpanKind, RecordKind>> = {
  [SpanKind.INTERNAL]: "step",
  [SpanKind.SERVER]: "server",
  [SpanKind.CLIENT]: "client",
  [SpanKind.PRODUCER]: "producer",
  [SpanKind.CONSUMER]: "consumer",
};

function kindOf(span: ReadableSpanLike, operation: string | null): RecordKind {
  const stated = span.attributes[TRACING.SPAN_KIND];
  if (OWN_KINDS.has(stated)) return stated as RecordKind;
  return KIND_OF_OPERATION.get(operation) ?? KIND_OF_SPAN_KIND[span.kind] ?? "step";
}

function cleanFailure(span: ReadableSpanLike, settings: CaptureSettings): Failure | undefined {
  const failure = failureOf(span);
  return (
    failure && {
      type: cappedText(failure.type, MAX_HEADER_BYTES, settings),
      message: cappedText(failure.message, MAX_ERROR_BYTES, settings),
      stack: cappedText(failure.stack, MAX_STACK_BYTES, settings),
    }
  );
}

/** The name of the agent that the span is; undefined when it is none. */
export function agentNameOf(span: ReadableSpanLike): string | undefined {
  const operation = attributeOf(span.attributes, GEN_AI.OPERATION_NAME);
  if (kindOf(span, typeof operation === "string" ? operation : null) !== "agent") return undefined;
  const name = span.attributes[GEN_AI.AGENT_NAME];
  return typeof name === "string" && name !== "" ? name : span.name;
}

/** The span's tags, each once: texts, where nobody has put anything else there. */
export function tagsOf(attributes: Attributes): unknown[] {
  const tags: unknown = attributes[TRACING.TAGS];
  try {
    return Array.isArray(tags) ? [...new Set(tags.slice(0, MAX_TAGS_READ))] : [];
  } catch {
    return []; // A Proxy that lets nobody in.
  }
}

function clampedOf(outOfRange: Readonly<Record<string, boolean>>): string[] | null {
  const names = Object.keys(outOfRange).filter((name) => outOfRange[name]);
  return names.length > 0 ? names : null;
}
