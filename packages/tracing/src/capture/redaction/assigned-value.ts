import { type AssignedName, COLOR_OR_ITS_REST, QUOTE_ENTITIES, TERMINAL_COLOR } from "./assigned-name.ts";

/** Where a value stands, without its quotes. */
export interface AssignedValue {
  start: number;
  end: number;
}

const MAX_SPACE = 64;
const QUOTES = "\"'`";

/** Values that say something about a secret without being one: nothing, a type, where it is read from. */
const NO_SECRET = new RegExp(
  [
    "(?:null|true|false|undefined|none|nil|string|str|number|boolean|bool|bytes|unknown|any|object)(?![\\w-])",
    "(?:process\\.env|import\\.meta\\.env|os\\.environ)[.[][\\w.\"'\\]]{1,64}(?![\\w-])",
    "(?:\\$\\{[\\w.]{1,64}\\}|\\{\\{[\\w. ]{1,64}\\}\\})(?![\\w-])",
  ].join("|"),
  "iy",
);

/** Values with spaces in them. */
const WHOLE_LINE = /authorization$|cookie2?$|passphrase$|(?:seed|recovery).?phrase$|mnemonic$/i;

/** Colours of a terminal and emphasis, in front of a value. */
const DECORATION = new RegExp(`(?:${COLOR_OR_ITS_REST}|\\*{1,3}[ \\t]{1,4}){1,4}`, "y");

/** The value assigned to a secret name, from the separator's end on; undefined when there is none. */
export function assignedValue(text: string, from: number, name: AssignedName): AssignedValue | undefined {
  let start = from;
  // `=>`, `==`, `:=`
  while (start < from + 2 && (text[start] === "=" || text[start] === ">" || text[start] === ":")) start++;
  const space = start;
  while (start - space < MAX_SPACE && isSpace(text[start], name.quoted)) start++;
  DECORATION.lastIndex = start;
  if (DECORATION.test(text)) start = DECORATION.lastIndex;
  if (start >= text.length) return undefined;

  let quote = start;
  while (quote - start < 16 && text[quote] === "\\") quote++;
  if (isQuote(text[quote])) return { start: quote + 1, end: closingQuote(text, quote, quote - start) };
  const entity = text[start] === "&" && QUOTE_ENTITIES.find((found) => text.startsWith(found, start));
  if (entity)
    return { start: start + entity.length, end: closingEntity(text, start + entity.length, entity) };

  NO_SECRET.lastIndex = start;
  if (NO_SECRET.test(text)) return undefined;
  if (name.quoted && (text[start] === "{" || text[start] === "[")) {
    return { start, end: closingBracket(text, start) };
  }
  return { start, end: WHOLE_LINE.test(name.text) ? lineEnd(text, start, name) : wordEnd(text, start) };
}

function isSpace(character: string | undefined, orLineBreak: boolean): boolean {
  if (character === " " || character === "\t") return true;
  return orLineBreak && (character === "\n" || character === "\r");
}

function isQuote(character: string | undefined): boolean {
  return character !== undefined && QUOTES.includes(character);
}

/**
 * Where the string that opens at `open`, behind `depth` backslashes, ends: at the same quote behind as many, each
 * level of escaping taken into account. A string that never closes was cut, and ends with its line.
 */
function closingQuote(text: string, open: number, depth: number): number {
  const quote = text[open] as string;
  const period = 2 * (depth + 1);
  for (let at = text.indexOf(quote, open + 1); at !== -1; at = text.indexOf(quote, at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\" && at - 1 - slashes > open) slashes++;
    if (slashes < depth) return at - slashes;
    if ((slashes - depth) % period === 0) return at - depth;
  }
  return breakAfter(text, open);
}

function closingEntity(text: string, from: number, entity: string): number {
  const end = text.indexOf(entity, from);
  return end === -1 ? breakAfter(text, from) : end;
}

function breakAfter(text: string, from: number): number {
  const lineBreak = text.indexOf("\n", from);
  return lineBreak === -1 ? text.length : lineBreak;
}

/** Past the bracket that closes the one at `open`; one that never closes was cut, and runs to the end. */
function closingBracket(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    const character = text[at];
    if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

const LINE_END = /[\r\n]|\\[rn]/g;
const LINE_OR_QUOTE_END = /[\r\n"'`]|\\["'rn]/g;

/** A quoted parameter of `Authorization: Digest username="app", response="..."` is no longer than this. */
const MAX_PARAMETER = 1_024;

function lineEnd(text: string, start: number, name: AssignedName): number {
  const stop = name.enclosing === undefined && /cookie/i.test(name.text) ? LINE_END : LINE_OR_QUOTE_END;
  stop.lastIndex = start;
  for (let hit = stop.exec(text); hit !== null; hit = stop.exec(text)) {
    const [mark] = hit;
    if (!/["']/.test(mark) || text[hit.index - 1] !== "=") return hit.index;
    const close = text.slice(stop.lastIndex, stop.lastIndex + MAX_PARAMETER).indexOf(mark);
    if (close === -1) return hit.index;
    stop.lastIndex += close + mark.length;
  }
  return text.length;
}

// Closing punctuation ends a value only where nothing that could belong to it follows.
const WORD_END = new RegExp(
  `[\\s"'\`;&<>]|${TERMINAL_COLOR}|\\\\["'\`nrtu/]|[,)\\]}](?=$|[\\s"'\`,;.)\\]}\\\\])`,
  "g",
);

function wordEnd(text: string, start: number): number {
  WORD_END.lastIndex = start;
  return WORD_END.exec(text)?.index ?? text.length;
}
