const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The body of a request cannot be used; the message says why without repeating any of it. */
export class BodyError extends Error {
  readonly reason: "malformed" | "too-deep";
  constructor(reason: "malformed" | "too-deep", message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * Splits a JSON object into its members, each as the JSON text it came as, without parsing them.
 *
 * Nesting beyond `maxDepth` is refused, because PGlite hangs on it instead of raising an error. What a member's text
 * holds is otherwise not checked: the database does that when it parses it.
 *
 * @throws {BodyError} when the text is no object, or too deep.
 */
export function toRequestMembers(text: string, maxDepth: number): Map<string, string> {
  const members = new Map<string, string>();
  let position = skipSpace(text, 0);
  if (text[position] !== "{") throw malformed();
  position = skipSpace(text, position + 1);
  if (text[position] === "}") return finish(text, position, members);
  for (;;) {
    if (text[position] !== '"') throw malformed();
    const nameEnd = skipString(text, position);
    const name = String(parse(text.slice(position, nameEnd)));
    position = skipSpace(text, nameEnd);
    if (text[position] !== ":") throw malformed();
    const start = skipSpace(text, position + 1);
    const end = skipValue(text, start, maxDepth);
    members.set(name, text.slice(start, end).trimEnd());
    if (text[end] === "}") return finish(text, end, members);
    position = skipSpace(text, end + 1);
  }
}

/**
 * The JSON object that a small body is.
 *
 * @throws {BodyError}
 */
export function parseObject(text: string): Record<string, unknown> {
  const value = parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed();
  return value as Record<string, unknown>;
}

/** Position of the comma or brace that ends the value which starts at `position`. */
function skipValue(text: string, start: number, maxDepth: number): number {
  let depth = 0;
  for (let position = start; position < text.length; position++) {
    switch (text.charCodeAt(position)) {
      case QUOTE:
        position = skipString(text, position) - 1;
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > maxDepth)
          throw new BodyError("too-deep", `JSON is nested deeper than ${maxDepth} levels`);
        break;
      case 0x2c: // ,
        if (depth === 0) return requireValue(start, position);
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (depth === 0) return requireValue(start, position);
        depth--;
        break;
    }
  }
  throw malformed();
}

function requireValue(start: number, end: number): number {
  if (start === end) throw malformed();
  return end;
}

/** Position after the closing quote of the string whose opening quote is at `position`. */
function skipString(text: string, position: number): number {
  let end = text.indexOf('"', position + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  if (end === -1) throw malformed();
  return end + 1;
}

function isEscaped(text: string, position: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(position - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

function skipSpace(text: string, from: number): number {
  let position = from;
  while (position < text.length && " \t\r\n".includes(text.charAt(position))) position++;
  return position;
}

function finish(text: string, end: number, members: Map<string, string>): Map<string, string> {
  if (text[end] !== "}" || skipSpace(text, end + 1) !== text.length) throw malformed();
  return members;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw Object.assign(malformed(), { cause });
  }
}

function malformed(): BodyError {
  return new BodyError("malformed", "Empty or invalid json");
}
