import type { Attributes, AttributeValue } from "@opentelemetry/api";
import { captureText } from "../capture/capture-text.ts";
import { type Captured, captureArguments, captureValue } from "../capture/capture-value.ts";
import { REDACTED } from "../capture/redaction/ranges.ts";
import type { CaptureSettings } from "../capture/settings.ts";

/** A snapshot of a value under `name`; `<name>.truncated` holds its size in bytes, or true, when it was cut. */
export function toContentAttributes(name: string, value: unknown, capture: CaptureSettings): Attributes {
  return value === undefined ? {} : named(name, captureValue(value, capture));
}

/** A snapshot of what a function was given: the argument when there is one, else the array of them. */
export function toArgumentsAttributes(
  name: string,
  args: readonly unknown[],
  capture: CaptureSettings,
): Attributes {
  return named(name, captureArguments(args, capture));
}

function named(name: string, { json, truncated, originalBytes }: Captured): Attributes {
  return truncated ? { [name]: json, [`${name}.truncated`]: originalBytes ?? true } : { [name]: json };
}

/** The attributes with secrets replaced, so that no exporter sees them; `<name>.truncated` tells the length of a list that was cut. */
export function cleanAttributes(attributes: Attributes, capture: CaptureSettings): Attributes {
  const clean: Attributes = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    const kept = cleanAttribute(name, value, capture);
    clean[name] = kept;
    if (Array.isArray(value) && Array.isArray(kept) && kept.length < value.length)
      clean[`${name}.truncated`] = value.length;
  }
  return clean;
}

/** What stands under a secret's name is replaced whole; a switch under such a name says nothing. */
function cleanAttribute(
  name: string,
  value: AttributeValue,
  { limits, redactor }: CaptureSettings,
): AttributeValue {
  if (typeof value !== "boolean" && redactor.isSecretName(name)) return REDACTED;
  const clean = (text: string) => captureText(text, limits.maxBytes, redactor, name).text;
  if (typeof value === "string") return clean(value);
  if (!Array.isArray(value)) return value;
  return firstItems(value, limits.maxBytes, (item) => (typeof item === "string" ? clean(item) : item));
}

/** What an item takes at least, so that the number of items is bounded with their size. */
const ITEM_BYTES = 8;

/** The first items of a list, changed, as many as fit into so many bytes; the rest is not looked at, however long the list is. */
function firstItems(
  list: readonly unknown[],
  maxBytes: number,
  change: (item: unknown) => unknown,
): AttributeValue {
  const kept: unknown[] = [];
  for (let room = maxBytes; kept.length < list.length && room > 0; ) {
    const item = change(list[kept.length]);
    room -= typeof item === "string" ? Math.max(ITEM_BYTES, Buffer.byteLength(item)) : ITEM_BYTES;
    kept.push(item);
  }
  return kept as AttributeValue;
}
