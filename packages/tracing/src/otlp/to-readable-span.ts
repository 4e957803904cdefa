import { type Attributes, type HrTime, SpanKind, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { REDACTED } from "../capture/redaction/ranges.ts";
import { createRedactor } from "../capture/redaction/redact.ts";
import { GENERAL, SCOPE_NAME } from "../conventions/attributes.ts";
import type { RecordKind, TraceRecord } from "../record/record.ts";
import { toSpanAttributes } from "./span-attributes.ts";

/** The encoder groups spans by these objects, not by what is in them. */
const SCOPE = Object.freeze({ name: SCOPE_NAME });

const INTERRUPTED = "The process ended before the span did.";

const KINDS: Readonly<Partial<Record<RecordKind, SpanKind>>> = {
  llm: SpanKind.CLIENT,
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

const redactor = createRedactor();

/** Makes resources, one object a service, for the spans of one request. Secrets among the attributes are replaced. */
export function createResources(
  attributes: Readonly<Record<string, string>>,
): (service: string | null) => Resource {
  const clean = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      redactor.text(name),
      redactor.isSecretName(name) ? REDACTED : redactor.text(value),
    ]),
  );
  const resources = new Map<string | null, Resource>();
  return (service) => {
    const known = resources.get(service);
    if (known) return known;
    const name = service === null ? {} : { [GENERAL.SERVICE_NAME]: service };
    const resource = resourceFromAttributes({ ...clean, ...name });
    resources.set(service, resource);
    return resource;
  };
}

/**
 * The span that a `span` or `interrupted` record tells of, as the official encoder takes it. An interrupted one is an
 * error, and says so in an attribute.
 *
 * @throws {Error} when the record is not whole.
 */
export function toReadableSpan(record: TraceRecord, resource: Resource): ReadableSpan {
  const startTime = toHrTime(record.start);
  const micros = record.duration_us ?? 0;
  const spanContext = { traceId: record.trace_id, spanId: record.span_id, traceFlags: TraceFlags.SAMPLED };
  return {
    name: record.name,
    kind: KINDS[record.kind] ?? SpanKind.INTERNAL,
    spanContext: () => spanContext,
    ...(record.parent_span_id !== null && {
      parentSpanContext: {
        traceId: record.trace_id,
        spanId: record.parent_span_id,
        traceFlags: TraceFlags.SAMPLED,
        isRemote: record.root > 0,
      },
    }),
    startTime,
    endTime: record.end === null ? startTime : toHrTime(record.end),
    duration: [Math.floor(micros / 1_000_000), (micros % 1_000_000) * 1_000],
    ended: true,
    status: toStatus(record),
    attributes: toSpanAttributes(record) as Attributes,
    events: toItems(record.events).map(({ name, time, attributes }) => ({
      name: String(name),
      time: toHrTime(time),
      attributes: toAttributes(attributes),
    })),
    links: toItems(record.links).map(({ traceId, spanId, attributes }) => ({
      context: { traceId: String(traceId), spanId: String(spanId), traceFlags: TraceFlags.NONE },
      attributes: toAttributes(attributes),
    })),
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function toStatus({ type, status, error_message }: TraceRecord): ReadableSpan["status"] {
  if (type === "interrupted") return { code: SpanStatusCode.ERROR, message: INTERRUPTED };
  if (status !== "error") return { code: SpanStatusCode.UNSET };
  return { code: SpanStatusCode.ERROR, ...(error_message !== null && { message: error_message }) };
}

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/;

/** Seconds and nanoseconds of a record's microsecond text. */
function toHrTime(iso: unknown): HrTime {
  const match = TIME.exec(String(iso));
  const ms = Date.parse(`${match?.[1]}Z`);
  if (!match || Number.isNaN(ms))
    throw new TypeError("A time of the record is not in the form that records have.");
  return [ms / 1000, Number(match[2]) * 1000];
}

function toItems(json: string | null): Record<string, unknown>[] {
  const items: unknown = json === null ? [] : JSON.parse(json);
  return Array.isArray(items) ? items : [];
}

function toAttributes(value: unknown): Attributes {
  return typeof value === "object" && value !== null ? (value as Attributes) : {};
}
