import type { AttributeValue } from "@opentelemetry/api";
import { captureText } from "../capture/capture-text.ts";
import { captureAttributes } from "../capture/capture-value.ts";
import type { CaptureSettings } from "../capture/settings.ts";
import { GEN_AI, LEGACY_NAMES, SCOPE_NAME, TRACING } from "../conventions/attributes.ts";
import type { ReadableSpanLike } from "./readable-span.ts";
import { formatMicros, toMicros } from "./time.ts";
import { attributeOf } from "./usage.ts";

/** Attributes may hold several captured values (messages, instructions), so together they get more room than one. */
const ATTRIBUTES_FACTOR = 4;
const MAX_EVENTS = 256;
const MAX_LINKS = 128;

/** Names under which content travels; none of them is kept when content is switched off. */
const CONTENT_NAMES: ReadonlySet<string> = new Set(
  [GEN_AI.INPUT_MESSAGES, GEN_AI.OUTPUT_MESSAGES, GEN_AI.SYSTEM_INSTRUCTIONS].flatMap((name) => [
    name,
    ...(LEGACY_NAMES[name] ?? []),
  ]),
);

/** Names that have a place of their own in a record. */
const LIFTED_NAMES: ReadonlySet<string> = new Set([
  TRACING.INPUT,
  TRACING.OUTPUT,
  TRACING.METADATA,
  TRACING.SCORES,
  TRACING.TAGS,
]);

export interface Content {
  input: string | null;
  output: string | null;
  metadata: string | null;
  scores: string | null;
}

/** What a span was given and gave back: as captured by this library, else the messages of a model call. */
export function contentOf(span: ReadableSpanLike, settings: CaptureSettings): Content {
  const own = span.instrumentationScope.name === SCOPE_NAME;
  const json = (value: unknown) => toJsonText(value, own, settings);
  const { attributes } = span;
  return {
    input: settings.content
      ? json(attributes[TRACING.INPUT] ?? attributeOf(attributes, GEN_AI.INPUT_MESSAGES))
      : null,
    output: settings.content
      ? json(attributes[TRACING.OUTPUT] ?? attributeOf(attributes, GEN_AI.OUTPUT_MESSAGES))
      : null,
    metadata: json(attributes[TRACING.METADATA]),
    scores: toScoresJson(attributes[TRACING.SCORES], settings),
  };
}

/** Scores are read inside SQL, so their texts are made such that Postgres takes them as `jsonb`. */
function toScoresJson(value: unknown, settings: CaptureSettings): string | null {
  if (typeof value !== "string" || !isJson(value)) return null;
  const scores: unknown = JSON.parse(value);
  if (!Array.isArray(scores)) return null;
  const clean = (member: unknown) =>
    typeof member === "number" ? member : cappedText(member, 512, settings);
  return JSON.stringify(
    scores
      .filter((score) => score !== null && typeof score === "object")
      .map(({ name, value, comment }) => ({
        name: clean(name),
        value: clean(value),
        comment: clean(comment),
      })),
  );
}

export function toAttributesJson(span: ReadableSpanLike, settings: CaptureSettings): string | null {
  return attributesJson(span.attributes, settings);
}

export function toEventsJson(span: ReadableSpanLike, settings: CaptureSettings): string | null {
  if (span.events.length === 0) return null;
  return joinWithin(
    span.events.slice(0, MAX_EVENTS).map((event) => {
      const name = JSON.stringify(cappedText(event.name, 512, settings) ?? "");
      const time = formatMicros(toMicros(event.time).micros);
      return `{"name":${name},"time":"${time}","attributes":${attributesJson(event.attributes ?? {}, settings) ?? "{}"}}`;
    }),
    settings.limits.maxBytes * ATTRIBUTES_FACTOR,
  );
}

export function toLinksJson(span: ReadableSpanLike, settings: CaptureSettings): string | null {
  if (span.links.length === 0) return null;
  return joinWithin(
    span.links.slice(0, MAX_LINKS).map((link) => {
      const { traceId, spanId } = link.context;
      return `{"traceId":"${traceId}","spanId":"${spanId}","attributes":${attributesJson(link.attributes ?? {}, settings) ?? "{}"}}`;
    }),
    settings.limits.maxBytes,
  );
}

/** Text for a header column: redacted, well-formed, without NUL, at most `maxBytes` of UTF-8; null when there is none. */
export function cappedText(value: unknown, maxBytes: number, settings: CaptureSettings): string | null {
  if (typeof value !== "string" && typeof value !== "number") return null;
  const text = captureText(String(value), maxBytes, settings.redactor).text;
  return text === "" ? null : text;
}

function attributesJson(
  attributes: Readonly<Record<string, unknown>>,
  settings: CaptureSettings,
): string | null {
  const limits = { ...settings.limits, maxBytes: settings.limits.maxBytes * ATTRIBUTES_FACTOR };
  const skip = (name: string) => LIFTED_NAMES.has(name) || (!settings.content && CONTENT_NAMES.has(name));
  const json = captureAttributes(attributes, { ...settings, limits }, skip);
  return json === "{}" ? null : json;
}

// Our own values were captured, redacted and bounded when the call was made; anyone else's are so here.
function toJsonText(value: AttributeValue | unknown, own: boolean, settings: CaptureSettings): string | null {
  if (typeof value !== "string") return value === undefined ? null : JSON.stringify(value);
  if (own) return value;
  const { text } = captureText(value, settings.limits.maxBytes, settings.redactor);
  return isJson(text) ? text : JSON.stringify(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A JSON array of as many leading items as fit. */
function joinWithin(items: readonly string[], maxBytes: number): string {
  let bytes = 2;
  const fitting = items.filter((item) => {
    bytes += Buffer.byteLength(item) + 1;
    return bytes <= maxBytes;
  });
  return `[${fitting.join(",")}]`;
}
