import { createRedactor } from "./redact.ts";
import { redactedBeginning } from "./text-window.ts";

const MAX_MESSAGE_CHARS = 300;
const redactor = createRedactor();

/** One line of what a backend says; what it echoes of a row, a key or an address is replaced, and long texts are cut off. */
export function toSafeText(text: string, maxChars = MAX_MESSAGE_CHARS): string {
  // As much is redacted away, more is read than is kept.
  const line = redactedBeginning(text, maxChars * 4, redactor)
    .text.replace(/\s+/g, " ")
    .trim();
  return line.length > maxChars ? `${line.slice(0, maxChars)}...` : line;
}
