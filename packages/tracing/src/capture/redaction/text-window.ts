import type { Redactor } from "./redact.ts";

/**
 * How far beyond a cut a text is read, in UTF-16 units: more than any rule needs to see of a secret before it knows
 * one.
 */
export const LOOKAHEAD = 4_096;

/**
 * The beginning of a text, redacted, however long the text is.
 *
 * A secret that begins in what is kept is seen whole enough to be found, because more is redacted than is kept. The
 * end of what was read may hold an unrecognised half of one, so as much as was read ahead is dropped again.
 */
export function redactedBeginning(
  text: string,
  maxLength: number,
  redactor: Redactor,
  name?: string,
): { text: string; whole: boolean } {
  if (text.length <= maxLength + LOOKAHEAD) return { text: redactor.text(text, name), whole: true };
  const safe = redactor.text(text.slice(0, Math.max(0, maxLength + LOOKAHEAD)), name);
  return { text: safe.slice(0, Math.max(0, safe.length - LOOKAHEAD)), whole: false };
}
