import { captureText } from "../capture/capture-text.ts";
import { captureAttributes, captureValue } from "../capture/capture-value.ts";
import type { CaptureSettings } from "../capture/settings.ts";
import { GEN_AI, SCOPE_NAME, TRACING } from "../conventions/attributes.ts";
import { isContentEvent, isContentName } from "./content-names.ts";
import type { ReadableSpanLike } from "./readable-span.ts";
import { formatMicros, toMicros } from "./time.ts";
import { attributeOf } from "./usage.ts";

/** Attributes may hold several captured values (messages, instructions), so together they get more room than one. */
const ATTRIBUTES_FACTOR = 4;
const MAX_EVENTS = 256;
const MAX_LINKS = 128;
/** Twice what an id takes: nobody has checked what a link leads to. */
const MAX_ID_BYTES = 64;
const MAX_SCORES = 64;
const MAX_SCORE_NAME_BYTES = 512;
const MAX_SCORE_COMMENT_BYTES = 8_192;
/** Text longer than this is not parsed to find out whether it is JSON: the cost must not depend on what others write. */
const MAX_PARSED_LENGTH = 4_000_000;

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

/** A JSON array, and whether all of its items are in it. */
export interface BoundedList {
  json: string | null;
  whole: boolean;
}

/** What a span was given and gave back: as captured by this library, else the messages of a model call or a tool's. */
export function contentOf(span: ReadableSpanLike, settings: CaptureSettings): Content {
  const own = span.instrumentationScope.name === SCOPE_NAME;
  const { attributes } = span;
  const captured = (name: string, ...others: string[]) => {
    if (!settings.content) return null;
    const value = attributes[name];
    if (value !== undefined) return own ? ownJson(value, settings) : foreignJson(value, settings);
    const other = others.map((other) => attributeOf(attributes, other)).find((found) => found !== undefined);
    return other === undefined ? null : foreignJson(other, settings);
  };
  const metadata = attributes[TRACING.METADATA];
  return {
    input: captured(TRACING.INPUT, GEN_AI.INPUT_MESSAGES, GEN_AI.TOOL_CALL_ARGUMENTS),
    output: captured(TRACING.OUTPUT, GEN_AI.OUTPUT_MESSAGES, GEN_AI.TOOL_CALL_RESULT),
    metadata:
      metadata === undefined ? null : own ? ownJson(metadata, settings) : foreignJson(metadata, settings),
    scores: toScoresJson(attributes[TRACING.SCORES], settings),
  };
}

export function toAttributesJson(span: ReadableSpanLike, settings: CaptureSettings): string | null {
  return attributesJson(span.attributes, settings);
}

/**
 * Events of this library's spans are brought to within `span`, in microseconds: the SDK reads the time of one that is added
 * without from the wall clock, whose ticks are coarser and which may step.
 */
export function toEventsJson(
  { events, instrumentationScope }: ReadableSpanLike,
  settings: CaptureSettings,
  span: { start: number; end: number },
): BoundedList {
  const own = instrumentationScope.name === SCOPE_NAME;
  const within = (micros: number) => (own ? Math.max(span.start, Math.min(micros, span.end)) : micros);
  const items = events.slice(0, MAX_EVENTS).map((event) => {
    const name = JSON.stringify(cappedText(event.name, 512, settings) ?? "");
    const time = formatMicros(within(toMicros(event.time).micros));
    const kept = settings.content || !isContentEvent(event.name) ? (event.attributes ?? {}) : {};
    return `{"name":${name},"time":"${time}","attributes":${attributesJson(kept, settings) ?? "{}"}}`;
  });
  return joinWithin(items, events.length, settings.limits.maxBytes * ATTRIBUTES_FACTOR);
}

export function toLinksJson({ links }: ReadableSpanLike, settings: CaptureSettings): BoundedList {
  const id = (value: unknown) => JSON.stringify(cappedText(value, MAX_ID_BYTES, settings) ?? "");
  const items = links.slice(0, MAX_LINKS).map(({ context, attributes = {} }) => {
    const kept = attributesJson(attributes, settings) ?? "{}";
    return `{"traceId":${id(context.traceId)},"spanId":${id(context.spanId)},"attributes":${kept}}`;
  });
  return joinWithin(items, links.length, settings.limits.maxBytes);
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
  const skip = (name: string) => LIFTED_NAMES.has(name) || (!settings.content && isContentName(name));
  const json = captureAttributes(attributes, { ...settings, limits }, skip);
  return json === "{}" ? null : json;
}

/** Scores are read inside SQL, so their texts are made such that Postgres takes them as `jsonb`. */
function toScoresJson(value: unknown, settings: CaptureSettings): string | null {
  const scores = parseJson(value)?.value;
  if (!Array.isArray(scores)) return null;
  const kept = scores.slice(0, MAX_SCORES).flatMap((score: unknown) => {
    if (typeof score !== "object" || score === null) return [];
    const { name, value, comment } = score as Record<string, unknown>;
    const cleanName = cappedText(name, MAX_SCORE_NAME_BYTES, settings);
    const cleanValue = scoreValue(value, settings);
    if (cleanName === null || cleanValue === null) return [];
    const cleanComment = cappedText(comment, MAX_SCORE_COMMENT_BYTES, settings);
    return [{ name: cleanName, value: cleanValue, comment: cleanComment }];
  });
  return kept.length > 0 ? JSON.stringify(kept) : null;
}

function scoreValue(value: unknown, settings: CaptureSettings): number | boolean | string | null {
  if (typeof value === "number" || typeof value === "boolean") return value;
  return cappedText(value, MAX_SCORE_NAME_BYTES, settings);
}

/** What this library wrote was captured, redacted and bounded when the call was made. */
function ownJson(value: unknown, settings: CaptureSettings): string {
  const asCaptured = typeof value === "string" && value.length <= settings.limits.maxBytes;
  return asCaptured ? value : foreignJson(value, settings);
}

/** JSON text keeps its structure, so that it is redacted by its names and can be read where it had to be cut. */
function foreignJson(value: unknown, settings: CaptureSettings): string {
  const parsed = parseJson(value);
  return captureValue(parsed ? parsed.value : value, settings).json;
}

/** What a JSON text says; undefined for anything else. */
function parseJson(text: unknown): { value: unknown } | undefined {
  if (typeof text !== "string" || text.length > MAX_PARSED_LENGTH) return undefined;
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** A JSON array of as many leading items as fit. */
function joinWithin(items: readonly string[], total: number, maxBytes: number): BoundedList {
  let bytes = 2;
  const cut = items.findIndex((item) => {
    bytes += Buffer.byteLength(item) + 1;
    return bytes > maxBytes;
  });
  const fitting = cut === -1 ? items : items.slice(0, cut);
  return {
    json: fitting.length === 0 ? null : `[${fitting.join(",")}]`,
    whole: fitting.length === total,
  };
}
