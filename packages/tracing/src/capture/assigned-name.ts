import { isAlnum } from "./secret-tokens.ts";

const MAX_NAME = 64;
const QUOTES = "\"'`";

/** What {@link assignedName} found before a separator. */
export interface AssignedName {
  text: string;
  /** `"name": value`, so that the value may be an object and may stand on the next line. */
  quoted: boolean;
  /** The quote the name and its value stand in together, as in `-H 'Cookie: a=b'`. */
  enclosing: string | undefined;
}

/** Words that name a secret only together with the word before them: "API key", "connection string". */
const SECOND_WORD = /^(?:keys?|string|phrase|header|codes?|word)$/i;

/** Said of other things too; in running text they count only where they are quoted or stand before "=". */
const AMBIGUOUS = /^(?:pass|auth|sig|pat|otp|cred|creds)$/i;

export function isAmbiguousInProse(name: AssignedName): boolean {
  return !name.quoted && AMBIGUOUS.test(name.text);
}

/** The name of a secret that stands before the separator at `at`, looking back over a bounded stretch. */
export function assignedName(
  text: string,
  at: number,
  isSecretName: (name: string) => boolean,
): AssignedName | undefined {
  let end = at;
  while (end > 0 && at - end < 8 && (text[end - 1] === " " || text[end - 1] === "\t")) end--;
  if (text[end - 1] === "]") end--;
  const last = text[end - 1];
  if (last === undefined) return undefined;
  if (QUOTES.includes(last)) return quotedName(text, end - 1, last, isSecretName);

  let start = end;
  while (start > 0 && end - start < MAX_NAME && isNameCode(text.charCodeAt(start - 1))) start--;
  // In `\npassword` of an escaped text the "n" is no part of the name.
  if (text[start - 1] === "\\" && /[nrt]/.test(text[start] ?? "")) start++;
  if (end - start < 2) return undefined;
  const name = text.slice(start, end);
  if (isSecretName(name)) return { text: name, quoted: false, enclosing: quoteBefore(text, start) };
  if (!SECOND_WORD.test(name) || text[start - 1] !== " ") return undefined;

  let first = start - 1;
  while (first > 0 && start - first < MAX_NAME && isNameCode(text.charCodeAt(first - 1))) first--;
  const both = text.slice(first, end);
  return isSecretName(both) ? { text: both, quoted: false, enclosing: quoteBefore(text, first) } : undefined;
}

/** The name inside quotes; the closing one is at `close`, perhaps behind the backslashes of an escaped text. */
function quotedName(
  text: string,
  close: number,
  quote: string,
  isSecretName: (name: string) => boolean,
): AssignedName | undefined {
  let end = close;
  while (end > 0 && close - end < 16 && text[end - 1] === "\\") end--;
  const open = text.lastIndexOf(quote, end - 1);
  const length = end - open - 1;
  if (open === -1 || length < 2 || length > MAX_NAME) return undefined;
  const name = text.slice(open + 1, end);
  return isSecretName(name) ? { text: name, quoted: true, enclosing: undefined } : undefined;
}

function quoteBefore(text: string, start: number): string | undefined {
  const before = text[start - 1];
  return before !== undefined && QUOTES.includes(before) ? before : undefined;
}

/** Letters, digits, `_`, `$`, `-` and `.`. */
function isNameCode(code: number): boolean {
  return isAlnum(code) || code === 0x5f || code === 0x24 || code === 0x2d || code === 0x2e || code > 0xbf;
}
