/** A text on one line, cut at a word to at most `maxCharacters`, with an ellipsis where something is gone. */
export function clip(text: string, maxCharacters: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  if (line.length <= maxCharacters) return line;
  const cut = line
    .slice(0, maxCharacters - 3)
    .toWellFormed()
    .replace(/\uFFFD$/, "");
  const atWord = cut.lastIndexOf(" ");
  return `${atWord > maxCharacters / 2 ? cut.slice(0, atWord) : cut}...`;
}

/** A clipped text in quotation marks; those inside it become single ones. */
export function quoted(text: string, maxCharacters: number): string {
  return `"${clip(text, maxCharacters).replaceAll(/["“”„]/g, "'")}"`;
}
