/** JSON text and the UTF-8 bytes it takes. */
export interface JsonText {
  json: string;
  bytes: number;
}

// Most texts are short and need neither escaping nor counting, and finding that out is cheaper than doing either.
const PLAIN_ASCII = /^[ !#-[\]-~]*$/;
const WORTH_TESTING = 512;

/** The JSON string for a text; a lone surrogate is escaped. */
export function toJsonText(text: string): JsonText {
  if (text.length <= WORTH_TESTING && PLAIN_ASCII.test(text)) {
    return { json: `"${text}"`, bytes: text.length + 2 };
  }
  const json = JSON.stringify(text);
  return { json, bytes: Buffer.byteLength(json) };
}

/** The longest beginning of `text` whose JSON string, without its quotes, takes at most `maxBytes`. */
export function cutForJson(text: string, maxBytes: number): string {
  let bytes = 0;
  let index = 0;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    const pair = isHighSurrogate(code) && isLowSurrogate(text.charCodeAt(index + 1));
    bytes += pair ? 4 : unitBytes(code);
    if (bytes > maxBytes) break;
    index += pair ? 2 : 1;
  }
  return text.slice(0, index);
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** What `JSON.stringify` makes of one UTF-16 unit, in UTF-8 bytes. */
function unitBytes(code: number): number {
  if (code < 0x20) return code === 8 || code === 9 || code === 10 || code === 12 || code === 13 ? 2 : 6;
  if (code < 0x80) return code === 0x22 || code === 0x5c ? 2 : 1;
  if (code < 0x800) return 2;
  return code >= 0xd800 && code <= 0xdfff ? 6 : 3;
}
