import { createRedactor } from "./redact.ts";

const MAX_MESSAGE_CHARS = 300;
const redactor = createRedactor();

/** One line of what a backend says; what it echoes of a row, a key or an address is replaced, and long texts are cut off. */
export function toSafeText(text: string, maxChars = MAX_MESSAGE_CHARS): string {
  const line = redactor.text(
    text
      .slice(0, maxChars * 4)
      .replace(/\s+/g, " ")
      .trim(),
  );
  return line.length > maxChars ? `${line.slice(0, maxChars)}...` : line;
}
