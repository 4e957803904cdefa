import { isAlnum } from "./secret-tokens.ts";

const MAX_NAME = 64;
const QUOTES = "\"'`";

/** A quotation mark as it stands in HTML. */
export const QUOTE_ENTITIES: readonly string[] = ["&quot;", "&#34;", "&#39;", "&#x27;", "&apos;"];

/** The source of a pattern: a colour of a terminal, as it is or as it stands in an escaped text. */
export const TERMINAL_COLOR = "(?:\u001b|\\\\u001[bB]|\\\\x1[bB])\\[[0-9;]{0,12}m";

/** The same where something on the way has taken the control character out. */
export const COLOR_OR_ITS_REST = "(?:\u001b|\ufffd|\\\\u001[bB]|\\\\x1[bB])?\\[[0-9;]{0,12}m";

/** What {@link assignedName} found before a separator. */
export interface AssignedName {
  text: string;
  /** Where it begins, without its quote. */
  start: number;
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
  const end = skipBack(text, at);
  const last = text[end - 1];
  if (last === undefined) return undefined;
  if (QUOTES.includes(last)) return quotedName(text, end - 1, last, isSecretName);
  const entity = last === ";" ? QUOTE_ENTITIES.find((quote) => text.endsWith(quote, end)) : undefined;
  if (entity !== undefined) return quotedName(text, end - entity.length, entity, isSecretName);

  let start = end;
  while (start > 0 && end - start < MAX_NAME && isNameCode(text.charCodeAt(start - 1))) start--;
  // In `\npassword` of an escaped text the "n" is no part of the name.
  if (text[start - 1] === "\\" && /[nrt]/.test(text[start] ?? "")) start++;
  if (end - start < 2) return undefined;
  const name = text.slice(start, end);
  if (isSecretName(name)) return bareName(text, start, end);
  if (!SECOND_WORD.test(name) || text[start - 1] !== " ") return undefined;

  let first = start - 1;
  while (first > 0 && start - first < MAX_NAME && isNameCode(text.charCodeAt(first - 1))) first--;
  return isSecretName(text.slice(first, end)) ? bareName(text, first, end) : undefined;
}

const COLOR_AT_END = new RegExp(`${COLOR_OR_ITS_REST}$`);
const MAX_COLOR = 20;

/** Over what may stand between a name and its separator: spaces, the bracket of an index, emphasis, a colour. */
function skipBack(text: string, at: number): number {
  let end = beforeSpaces(text, at);
  while (end > 0 && at - end < 12 && text[end - 1] === "*") end--;
  if (text[end - 1] === "]") end--;
  if (text[end - 1] !== "m") return end;
  const color = COLOR_AT_END.exec(text.slice(Math.max(0, end - MAX_COLOR), end));
  return color === null ? end : beforeSpaces(text, end - color[0].length);
}

function beforeSpaces(text: string, at: number): number {
  let end = at;
  while (end > 0 && at - end < 8 && (text[end - 1] === " " || text[end - 1] === "\t")) end--;
  return end;
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
  const near = text.slice(Math.max(0, end - MAX_NAME - quote.length), end);
  const open = near.lastIndexOf(quote);
  const length = near.length - open - quote.length;
  if (open === -1 || length < 2) return undefined;
  const name = near.slice(open + quote.length);
  return isSecretName(name)
    ? { text: name, start: end - length, quoted: true, enclosing: undefined }
    : undefined;
}

function bareName(text: string, start: number, end: number): AssignedName {
  const before = text[start - 1];
  const enclosing = before !== undefined && QUOTES.includes(before) ? before : undefined;
  return { text: text.slice(start, end), start, quoted: false, enclosing };
}

/** Letters, digits, `_`, `$`, `-` and `.`. */
function isNameCode(code: number): boolean {
  return isAlnum(code) || code === 0x5f || code === 0x24 || code === 0x2d || code === 0x2e || code > 0xbf;
}
