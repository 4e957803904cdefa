import { REDACTED } from "./ranges.ts";

/** A component of a URL, of which at least one character is encoded. */
const COMPONENT = /(?:[\w.~!*'()+-]|%[0-9A-Fa-f]{2})+/g;
const ENCODED = /(?:%[0-9A-Fa-f]{2})+/g;
const ENCODED_MARK = encodeURIComponent(REDACTED);

/**
 * The text in which every percent-encoded component has been decoded, redacted, and encoded again where something was
 * found: what a secret's name and its value stand in may be encoded with them. A component in which nothing is found
 * stays as it is.
 */
export function redactEncoded(text: string, redact: (decoded: string) => string): string {
  if (!text.includes("%")) return text;
  return text.replace(COMPONENT, (component) => {
    if (!component.includes("%")) return component;
    const decoded = decode(component);
    const clean = redact(decoded);
    if (clean !== decoded) return encode(clean);
    // In forms, a space is a plus sign.
    const spaced = component.includes("+") ? decoded.replaceAll("+", " ") : decoded;
    const cleanSpaced = spaced === decoded ? spaced : redact(spaced);
    return cleanSpaced === spaced ? component : encode(cleanSpaced);
  });
}

/** Bytes that are no UTF-8 become U+FFFD. */
function decode(component: string): string {
  return component.replace(ENCODED, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"));
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(ENCODED_MARK, REDACTED);
}
