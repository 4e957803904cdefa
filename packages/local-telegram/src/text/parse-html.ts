import type { MessageEntity } from "@grammyjs/types";
import type { FormattedText } from "./entities.ts";
import { ParseError } from "./parse-error.ts";

interface OpenTag {
  name: string;
  at: number;
  offset: number;
  make(offset: number, length: number): MessageEntity | undefined;
}

const TOKEN =
  /<(\/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[a-zA-Z-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?)*)\s*>|&(#x[0-9a-f]+|#\d+|lt|gt|amp|quot);/gi;
const ATTRIBUTE = /([a-zA-Z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;
const NAMED: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"' };
const SIMPLE = {
  b: "bold",
  strong: "bold",
  i: "italic",
  em: "italic",
  u: "underline",
  ins: "underline",
  s: "strikethrough",
  strike: "strikethrough",
  del: "strikethrough",
  "tg-spoiler": "spoiler",
} as const;

/** Telegram's HTML. @throws {ParseError} */
export function parseHtml(source: string): FormattedText {
  const open: OpenTag[] = [];
  const entities: MessageEntity[] = [];
  let text = "";
  let last = 0;
  for (const token of source.matchAll(TOKEN)) {
    const [whole, slash, tag, attributes = "", character] = token;
    text += plain(source, last, token.index);
    last = token.index + whole.length;
    if (character !== undefined) text += decode(character);
    else if (slash) close(open.pop(), String(tag).toLowerCase(), token.index);
    else open.push(openTag(String(tag).toLowerCase(), readAttributes(attributes), token.index, text.length));
  }
  text += plain(source, last, source.length);
  const unclosed = open.at(-1);
  if (unclosed) throw new ParseError(`can't find end tag corresponding to start tag "${unclosed.name}"`);
  return { text, entities };

  function close(tag: OpenTag | undefined, name: string, at: number): void {
    const offset = bytesBefore(source, at);
    if (!tag) throw new ParseError(`unexpected end tag at byte offset ${offset}`);
    if (tag.name !== name) {
      throw new ParseError(
        `unmatched end tag at byte offset ${offset}, expected "</${tag.name}>", found "</${name}>"`,
      );
    }
    const entity = tag.make(tag.offset, text.length - tag.offset);
    if (entity && entity.length > 0) entities.push(entity);
  }

  function openTag(name: string, attributes: Map<string, string>, at: number, offset: number): OpenTag {
    return { name, at, offset, make: entityMaker(name, attributes, open.at(-1), bytesBefore(source, at)) };
  }
}

function entityMaker(
  name: string,
  attributes: Map<string, string>,
  parent: OpenTag | undefined,
  byteOffset: number,
): OpenTag["make"] {
  if (isSimple(name)) return (offset, length) => ({ type: SIMPLE[name], offset, length });
  if (name === "span" && attributes.get("class") === "tg-spoiler") {
    return (offset, length) => ({ type: "spoiler", offset, length });
  }
  if (name === "a") {
    const url = attributes.get("href") ?? "";
    return (offset, length) => (isLink(url) ? { type: "text_link", offset, length, url } : undefined);
  }
  if (name === "blockquote") {
    const type = attributes.has("expandable") ? "expandable_blockquote" : "blockquote";
    return (offset, length) => ({ type, offset, length });
  }
  if (name === "code" && parent?.name === "pre") {
    const language = attributes.get("class")?.match(/^language-(.+)$/)?.[1];
    if (language) parent.make = (offset, length) => ({ type: "pre", offset, length, language });
    return () => undefined;
  }
  if (name === "code" || name === "pre") return (offset, length) => ({ type: name, offset, length });
  throw new ParseError(`unsupported start tag "${name}" at byte offset ${byteOffset}`);
}

function isSimple(name: string): name is keyof typeof SIMPLE {
  return Object.hasOwn(SIMPLE, name);
}

function isLink(url: string): boolean {
  return /^(https?|tg|mailto|tel):/i.test(url);
}

function readAttributes(source: string): Map<string, string> {
  return new Map(
    [...source.matchAll(ATTRIBUTE)].map(([, name = "", double, single, bare]) => [
      name.toLowerCase(),
      (double ?? single ?? bare ?? "").replace(/&(lt|gt|amp|quot);/g, (_, entity) => NAMED[entity] ?? ""),
    ]),
  );
}

function plain(source: string, from: number, to: number): string {
  const part = source.slice(from, to);
  const stray = part.indexOf("<");
  if (stray >= 0) {
    const name = /^<\/?([^\s>]*)/.exec(part.slice(stray))?.[1] ?? "";
    throw new ParseError(
      `unsupported start tag "${name}" at byte offset ${bytesBefore(source, from + stray)}`,
    );
  }
  return part;
}

function decode(character: string): string {
  const name = character.toLowerCase();
  const code = name.startsWith("#x") ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  if (!name.startsWith("#")) return NAMED[name] ?? "";
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : "";
}

function bytesBefore(source: string, index: number): number {
  return Buffer.byteLength(source.slice(0, index));
}
