import type { Redactor } from "./redaction/redact.ts";
import { redactedBeginning } from "./redaction/text-window.ts";

/** Marks the end of a text that was cut; three bytes. */
const ELLIPSIS = "…";

const encoder = new TextEncoder();

/**
 * A redacted text of at most `maxBytes` UTF-8 bytes, cut between two characters, that Postgres takes as `text`:
 * a lone surrogate becomes U+FFFD and a NUL the symbol for one, U+2400. A text that was cut ends in an ellipsis.
 * Never throws; reads no more than it keeps and a little beyond.
 */
export function captureText(
  text: string,
  maxBytes: number,
  redactor: Redactor,
  name?: string,
): { text: string; truncated: boolean } {
  const beginning = redactedBeginning(text, maxBytes, redactor, name);
  const storable = beginning.text.toWellFormed().replaceAll("\0", "\u2400");
  if (beginning.whole && fits(storable, maxBytes)) return { text: storable, truncated: false };
  const suffix = maxBytes > 16 ? ELLIPSIS : "";
  return { text: cutToBytes(storable, maxBytes - Buffer.byteLength(suffix)) + suffix, truncated: true };
}

function fits(text: string, maxBytes: number): boolean {
  return text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes;
}

function cutToBytes(text: string, maxBytes: number): string {
  if (fits(text, maxBytes)) return text;
  return text.slice(0, encoder.encodeInto(text, new Uint8Array(maxBytes)).read);
}
