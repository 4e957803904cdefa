/** A text whose formatting cannot be read; the message is what follows `can't parse entities: `. */
export class ParseError extends Error {
  override readonly name = "ParseError";
}
