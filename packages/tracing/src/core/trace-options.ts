import { type Attributes, diag } from "@opentelemetry/api";
import { captureText } from "../capture/capture-text.ts";
import type { CaptureSettings } from "../capture/settings.ts";
import { GENERAL, TRACING } from "../conventions/attributes.ts";
import { toContentAttributes } from "./content.ts";
import { invalidOption } from "./errors.ts";

/** What identifies a user; kept and returned as a string. */
export type Id = number | string | bigint;

/** What a run says about itself. */
export interface TraceContextOptions {
  /** What runs, e.g. `learn`: the name of the trace and of its root span. */
  pipelineName: string;
  /** Whose run it is, on Telegram. */
  telegramId?: Id | undefined;
  /** Whose run it is. */
  userId?: Id | undefined;
  /** Groups the traces of one conversation. */
  sessionId?: Id | undefined;
  /** Labels to filter by; those of a nested run go to the trace as well. */
  tags?: readonly string[] | undefined;
  /** Anything worth keeping about the run; captured as JSON, redacted and bounded, also when content is switched off. */
  metadata?: Readonly<Record<string, unknown>> | undefined;
  /** What the run was given; not kept when capture of content is switched off. */
  input?: unknown;
  /** A W3C `traceparent` header from another service, whose trace is joined. One that is malformed is ignored with a warning. */
  parent?: string | undefined;
  /** Opens a trace of its own, linked to the active one, instead of joining it. @default false */
  newTrace?: boolean | undefined;
}

/** @throws {TracingError} `invalid-option` */
export function checkPipelineName(pipelineName: unknown): string {
  if (typeof pipelineName === "string" && pipelineName.trim() !== "") return pipelineName;
  throw invalidOption("pipelineName", pipelineName, "a non-empty string");
}

/** The id as a string, or undefined, with a warning, when it is none. */
function toId(option: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const id =
    typeof value === "string" || typeof value === "bigint" || Number.isFinite(value) ? String(value) : "";
  if (id !== "") return id;
  diag.warn(`@app/tracing: ${option} is neither a number, a string nor a bigint and is ignored.`);
  return undefined;
}

/** Tags of one run; what comes after them is not looked at. */
const MAX_TAGS = 1_000;

/** The strings among the first 1,000 of `tags`, redacted, each once. */
export function toTags(tags: unknown, { limits, redactor }: CaptureSettings): string[] {
  if (tags === undefined || tags === null) return [];
  const strings = Array.isArray(tags)
    ? tags.slice(0, MAX_TAGS).filter((tag) => typeof tag === "string" && tag !== "")
    : [];
  if (!Array.isArray(tags) || strings.length < tags.length) {
    diag.warn(`@app/tracing: a tag that is not a non-empty string, or comes after ${MAX_TAGS}, is ignored.`);
  }
  return [...new Set(strings.map((tag: string) => captureText(tag, limits.maxBytes, redactor).text))];
}

/** What a run says about itself, as attributes of its span. */
export function toRunAttributes(
  options: TraceContextOptions,
  tags: string[],
  capture: CaptureSettings,
): Attributes {
  const ids = {
    [TRACING.TELEGRAM_ID]: toId("telegramId", options.telegramId),
    [GENERAL.USER_ID]: toId("userId", options.userId),
    [GENERAL.SESSION_ID]: toId("sessionId", options.sessionId),
  };
  const attributes: Attributes = {};
  for (const [name, id] of Object.entries(ids)) if (id !== undefined) attributes[name] = id;
  if (tags.length > 0) attributes[TRACING.TAGS] = tags;
  Object.assign(attributes, toContentAttributes(TRACING.METADATA, options.metadata, capture));
  if (capture.content) Object.assign(attributes, toContentAttributes(TRACING.INPUT, options.input, capture));
  return attributes;
}
