import { FormattedString } from "@grammyjs/parse-mode";

/** UTF-16 code units that fit into one message. */
const MESSAGE_LIMIT = 4_096;

/** A preferred cut must leave a part at least this full; otherwise the next kind of cut is tried. */
const LEAST_FILL = 1 / 3;

const LINE = /\r?\n/g;
const PARAGRAPH = /\r?\n\s*\n/g;
/** Not the spaces that ask to stay together. */
const WORD_GAP = /[^\S\u00A0\u202F\u2060\uFEFF]+/g;
/** A message of only these counts as empty. */
const BLANK = /^[\s\p{Cc}\p{Cf}]*$/u;

const sentences = new Intl.Segmenter(undefined, { granularity: "sentence" });
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Splits a text into parts that each fit into a message: between paragraphs, else lines, else sentences, else words,
 * else characters as people see them. White space around a cut is dropped, formatting that crosses one goes on in the
 * next part, and a text with nothing visible has no parts.
 *
 * @param limit UTF-16 code units of a part.
 * @throws {RangeError} when the limit is below 2, which could not hold every character.
 */
export function splitText(text: FormattedString | string, limit = MESSAGE_LIMIT): FormattedString[] {
  if (!(Number.isInteger(limit) && limit >= 2)) {
    throw new RangeError(`splitText takes a limit that is a whole number from 2 up; it received ${limit}`);
  }
  const whole = typeof text === "string" ? new FormattedString(text) : text;
  const parts: FormattedString[] = [];
  let start = 0;
  while (start < whole.text.length) {
    start += leadingSpace(whole.text.slice(start));
    const rest = whole.text.length - start;
    const end = start + (rest <= limit ? rest : findCut(whole.text.slice(start), limit));
    const part = trimmedSlice(whole, start, end);
    if (part) parts.push(part);
    start = end;
  }
  return parts;
}

function leadingSpace(text: string): number {
  return text.length - text.trimStart().length;
}

function trimmedSlice(whole: FormattedString, start: number, end: number): FormattedString | undefined {
  const length = whole.text.slice(start, end).trimEnd().length;
  const { text, entities } = whole.slice(start, start + length);
  if (BLANK.test(text)) return undefined;
  const visible = (entities ?? []).filter(
    ({ offset, length: units }) => text.slice(offset, offset + units).trim() !== "",
  );
  return new FormattedString(text, visible);
}

/** Where to end the first part of a text that is longer than the limit, and begins with no space. */
function findCut(text: string, limit: number): number {
  const characters = graphemes.segment(text);
  const isBetweenCharacters = (index: number): boolean => characters.containing(index)?.index === index;
  const last = (candidates: Iterable<{ index: number }>, least: number): number | undefined => {
    const found = Array.from(candidates, ({ index }) => index).findLast(
      (index) => index <= limit && isBetweenCharacters(index),
    );
    return found !== undefined && found >= least ? found : undefined;
  };
  const least = Math.ceil(limit * LEAST_FILL);
  const window = text.slice(0, limit + 4);
  return (
    last(window.matchAll(PARAGRAPH), least) ??
    last(window.matchAll(LINE), least) ??
    last(sentences.segment(window), least) ??
    last(window.matchAll(WORD_GAP), 1) ??
    lastCharacter(text, characters, limit)
  );
}

function lastCharacter(text: string, characters: Intl.Segments, limit: number): number {
  const boundary = characters.containing(limit)?.index ?? limit;
  if (boundary > 0) return boundary;
  // One character longer than a whole message, such as a letter under hundreds of accents.
  return isLowSurrogate(text.charCodeAt(limit)) ? limit - 1 : limit;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc_00 && unit <= 0xdf_ff;
}
