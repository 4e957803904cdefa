/** What the store has of a text that a column is to hold: well-formed, without NUL, and cut between two characters. */
export function storedText(text: string, maxBytes = 512): string {
  const storable = text.toWellFormed().replaceAll("\0", "\u2400");
  if (Buffer.byteLength(storable) <= maxBytes) return storable;
  let kept = "";
  let bytes = 0;
  for (const character of storable) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes - 3) break;
    kept += character;
  }
  return `${kept}…`;
}

/** The same of a header, which may be a number too; none when there is nothing in it. */
export function storedHeader(value: unknown): string | null {
  const isHeader = typeof value === "string" || typeof value === "number";
  return isHeader ? storedText(String(value)) || null : null;
}
