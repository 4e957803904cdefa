import type { MessageEntity } from "@grammyjs/types";

export interface FormattedText {
  text: string;
  entities: MessageEntity[];
}

const COMMAND = /(?<![\p{L}\p{N}_/@<>])\/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?![\p{L}\p{N}_/@<>])/gu;
const URL_IN_TEXT = /\bhttps?:\/\/[^\s<>"]*[^\s<>"'.,:;!?)\]}]/giu;
const MENTION = /(?<![\p{L}\p{N}_@/])@[a-zA-Z][a-zA-Z0-9_]{3,31}(?![\p{L}\p{N}_])/gu;

/** The entities that Telegram finds in a text by itself; of two that overlap, the first in this order stands. */
export function findEntities(text: string): MessageEntity[] {
  const found: MessageEntity[] = [];
  for (const [type, pattern] of [
    ["url", URL_IN_TEXT],
    ["bot_command", COMMAND],
    ["mention", MENTION],
  ] as const) {
    for (const match of text.matchAll(pattern)) {
      const entity = { type, offset: match.index, length: match[0].length };
      if (!found.some((other) => overlaps(other, entity))) found.push(entity);
    }
  }
  return sortEntities(found);
}

/** Adds what Telegram finds by itself, except inside code and links. */
export function withFoundEntities({ text, entities }: FormattedText): FormattedText {
  const closed = entities.filter(({ type }) => type === "code" || type === "pre" || type === "text_link");
  const found = findEntities(text).filter((entity) => !closed.some((other) => overlaps(other, entity)));
  return { text, entities: sortEntities([...entities, ...found]) };
}

/** Takes the white space off both ends, as Telegram does; entities move, shrink or go. */
export function trimText({ text, entities }: FormattedText): FormattedText {
  const trimmed = text.trim();
  const start = text.length - text.trimStart().length;
  const end = start + trimmed.length;
  const kept = entities.flatMap((entity) => {
    const from = Math.max(entity.offset, start);
    const to = Math.min(entity.offset + entity.length, end);
    return to > from ? [{ ...entity, offset: from - start, length: to - from }] : [];
  });
  return { text: trimmed, entities: sortEntities(kept) };
}

/** Control characters become spaces and lone surrogates the replacement character; the length stays. */
export function cleanText(text: string): string {
  return [...text.toWellFormed()]
    .map((char) => ((char < " " && char !== "\n") || char === "\u007f" ? " " : char))
    .join("");
}

/** By offset; of those that begin together, the longest first. */
export function sortEntities(entities: readonly MessageEntity[]): MessageEntity[] {
  return entities.toSorted((one, other) => one.offset - other.offset || other.length - one.length);
}

function overlaps(
  one: { offset: number; length: number },
  other: { offset: number; length: number },
): boolean {
  return one.offset < other.offset + other.length && other.offset < one.offset + one.length;
}
