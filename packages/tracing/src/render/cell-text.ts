/**
 * Text measured in terminal cells: what it takes to print names and messages of unknown origin in columns.
 */

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Text of which every UTF-16 unit takes one cell: ASCII, and the line work, blocks and dashes used here. */
const SIMPLE = /^[\x20-\x7e\u2013\u2014\u2026\u22ef\u2500-\u259f]*$/;
// East Asian Wide and Fullwidth blocks: https://www.unicode.org/reports/tr11/
const WIDE =
  /^[\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{4dbf}\u{4e00}-\u{a4cf}\u{a960}-\u{a97f}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}\u{20000}-\u{3fffd}]/u;
const EMOJI = /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\u{fe0f}|\p{Regional_Indicator})/u;
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]/u;

/** Cells that `text` takes on a terminal; control characters are expected to be gone already. */
export function cellWidth(text: string): number {
  if (SIMPLE.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment);
  return width;
}

function graphemeWidth(grapheme: string): number {
  if (ZERO_WIDTH.test(grapheme)) return 0;
  return WIDE.test(grapheme) || EMOJI.test(grapheme) ? 2 : 1;
}

/** At most `width` cells of `text`; what was cut ends in an ellipsis. */
export function truncateCells(text: string, width: number): string {
  if (width <= 0) return "";
  if (text.length <= width && SIMPLE.test(text)) return text;
  let kept = "";
  let used = 0;
  let keptBeforeLast = "";
  for (const { segment } of segmenter.segment(text)) {
    const next = graphemeWidth(segment);
    if (used + next > width) return `${keptBeforeLast}…`;
    used += next;
    kept += segment;
    if (used <= width - 1) keptBeforeLast = kept;
  }
  return kept;
}

export function padCells(text: string, width: number, align: "left" | "right" = "left"): string {
  const padding = " ".repeat(Math.max(width - cellWidth(text), 0));
  return align === "left" ? text + padding : padding + text;
}

/**
 * `text` with nothing in it that a terminal obeys: control characters become visible, direction overrides and lone
 * surrogates become U+FFFD. Line breaks and tabs stay.
 */
export function printable(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[\p{Cs}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{80}-\u{9f}]/gu, "\u{fffd}")
    .replace(/[^\P{Cc}\n\t]/gu, (control) =>
      String.fromCodePoint(0x2400 + Math.min(control.codePointAt(0) ?? 0, 0x21)),
    );
}

/** {@link printable} text on a single line, runs of white space folded into one space. */
export function oneLine(text: string): string {
  return printable(text).replace(/\s+/g, " ").trim();
}
