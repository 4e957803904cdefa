/** How much indentation is looked at. */
const MAX_INDENT = 64;

/** A line break, as it is or as it stands in an escaped text. */
const BREAK = "(?:\\r?\\n|(?:\\\\{1,7}r)?\\\\{1,7}n)";
/** Nothing but the mark of a block behind a name, then the break. */
const BLOCK = new RegExp(
  `[ \\t]{0,${MAX_INDENT}}(?:[|>][+-]?\\d?[+-]?)?[ \\t]{0,${MAX_INDENT}}${BREAK}`,
  "y",
);
/** The lines below an error's message are none of its value. */
const STACK_FRAME = "at ";
const INDENT = /[ \t]{0,64}/y;
const TO_BREAK = new RegExp(BREAK, "g");
/** In an escaped text, the string that it stands in may end first. */
const TO_BREAK_OR_QUOTE = new RegExp(`${BREAK}|(?<!\\\\)"`, "g");

/**
 * The lines below a name that belong to it, as in YAML those that are indented further than its own; `from` is behind its
 * colon. Undefined when there are none.
 */
export function indentedValue(
  text: string,
  nameStart: number,
  from: number,
): { start: number; end: number } | undefined {
  BLOCK.lastIndex = from;
  if (!BLOCK.test(text)) return undefined;
  const indent = indentOfLine(text, nameStart);
  const first = BLOCK.lastIndex;
  const toBreak = text[first - 1] === "\n" ? TO_BREAK : TO_BREAK_OR_QUOTE;
  let end = first;
  for (let at = first; at < text.length; ) {
    INDENT.lastIndex = at;
    INDENT.test(text);
    const begins = INDENT.lastIndex;
    toBreak.lastIndex = begins;
    const lineBreak = toBreak.exec(text);
    const lineEnd = lineBreak?.index ?? text.length;
    const outside = begins - at <= indent || text.startsWith(STACK_FRAME, begins);
    if (lineEnd > begins && outside) break;
    if (lineEnd > begins) end = lineEnd;
    at = lineBreak === null || lineBreak[0] === '"' ? text.length : toBreak.lastIndex;
  }
  if (end === first) return undefined;
  INDENT.lastIndex = first;
  INDENT.test(text);
  return { start: INDENT.lastIndex, end };
}

/** How far back the beginning of a line is looked for. */
const MAX_LINE = 256;
const LAST_LINE = new RegExp(`^(?:[^]*${BREAK})?([ \\t]*)`);

/** How far the line is indented in which a name stands. */
function indentOfLine(text: string, nameStart: number): number {
  return LAST_LINE.exec(text.slice(Math.max(0, nameStart - MAX_LINE), nameStart))?.[1]?.length ?? 0;
}
