/** JSON text and the UTF-8 bytes it takes. */
export interface JsonText {
  json: string;
  bytes: number;
}

// Most texts are short and need neither escaping nor counting, and finding that out is cheaper than doing either.
const PLAIN_ASCII = /^[ !#-[\]-~]*$/;
const WORTH_TESTING = 256;

/** The JSON string for a text; a lone surrogate is escaped. */
export function toJsonText(text: string): JsonText {
  if (text.length <= WORTH_TESTING && PLAIN_ASCII.test(text)) {
    return { json: `"${text}"`, bytes: text.length + 2 };
  }
  const json = JSON.stringify(text);
  return { json, bytes: Buffer.byteLength(json) };
}

/** A text is measured in stretches of this length as long as they fit; only the last is gone through unit by unit. */
const STRETCH = 1_024;

/** The longest beginning of `text` whose JSON string, without its quotes, takes at most `maxBytes`. */
export function cutForJson(text: string, maxBytes: number): string {
  let bytes = 0;
  let index = 0;
  while (index < text.length) {
    const full = index + STRETCH;
    const end = isPair(text, full - 1) ? full + 1 : full;
    const stretch = toJsonText(text.slice(index, end)).bytes - 2;
    if (bytes + stretch > maxBytes) break;
    bytes += stretch;
    index = end;
  }
  while (index < text.length) {
    const code = text.charCodeAt(index);
    const pair = isPair(text, index);
    bytes += pair ? 4 : unitBytes(code);
    if (bytes > maxBytes) break;
    index += pair ? 2 : 1;
  }
  return text.slice(0, index);
}

function isPair(text: string, index: number): boolean {
  const high = text.charCodeAt(index);
  if (!(high >= 0xd800 && high <= 0xdbff)) return false;
  const low = text.charCodeAt(index + 1);
  return low >= 0xdc00 && low <= 0xdfff;
}

/** What `JSON.stringify` makes of one UTF-16 unit, in UTF-8 bytes. */
function unitBytes(code: number): number {
  if (code < 0x20) return code === 8 || code === 9 || code === 10 || code === 12 || code === 13 ? 2 : 6;
  if (code < 0x80) return code === 0x22 || code === 0x5c ? 2 : 1;
  if (code < 0x800) return 2;
  return code >= 0xd800 && code <= 0xdfff ? 6 : 3;
}
