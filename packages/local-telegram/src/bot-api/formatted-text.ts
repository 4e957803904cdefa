import type { MessageEntity } from "@grammyjs/types";
import { z } from "zod";
import {
  cleanText,
  type FormattedText,
  sortEntities,
  trimText,
  withFoundEntities,
} from "../text/entities.ts";
import { ParseError } from "../text/parse-error.ts";
import { parseHtml } from "../text/parse-html.ts";
import { parseMarkdown } from "../text/parse-markdown.ts";
import { badRequest } from "./api-error.ts";
import type { Parameters } from "./parameters.ts";

/** In UTF-16 code units, once the formatting has become entities. */
export const MAX_TEXT_LENGTH = 4_096;

const place = { offset: z.int(), length: z.int() };
const styles = z.enum([
  "bold",
  "italic",
  "underline",
  "strikethrough",
  "spoiler",
  "blockquote",
  "expandable_blockquote",
  "code",
]);
const foundByTelegram = z.enum([
  "mention",
  "hashtag",
  "cashtag",
  "bot_command",
  "url",
  "email",
  "phone_number",
  "text_mention",
  "custom_emoji",
  "date_time",
]);
const entitySchema = z.union([
  z.object({ type: styles, ...place }),
  z.object({ type: z.literal("pre"), language: z.string().optional(), ...place }),
  z.object({ type: z.literal("text_link"), url: z.string(), ...place }),
  z.object({ type: foundByTelegram, ...place }).transform(() => undefined),
]);

/** The text of a message that the bot sends, its formatting as entities. @throws {ApiError} */
export function readFormattedText(parameters: Parameters): FormattedText {
  const source = cleanText(parameters.text("text") ?? "");
  const formatted = trimText(withFoundEntities(parse(source, parameters)));
  if (formatted.text === "") throw badRequest("message text is empty");
  if (formatted.text.length > MAX_TEXT_LENGTH) throw badRequest("message is too long");
  return formatted;
}

function parse(source: string, parameters: Parameters): FormattedText {
  const mode = parameters.text("parse_mode")?.toLowerCase();
  try {
    if (mode === "html") return parseHtml(source);
    if (mode === "markdownv2") return parseMarkdown(source);
  } catch (error) {
    if (error instanceof ParseError) throw badRequest(`can't parse entities: ${error.message}`);
    throw error;
  }
  if (mode !== undefined) throw badRequest("unsupported parse_mode");
  const entities = parameters.json(
    "entities",
    z.array(entitySchema),
    "can't parse entities: unsupported entity",
  );
  return { text: source, entities: placeEntities(source, entities ?? []) };
}

function placeEntities(text: string, entities: readonly z.infer<typeof entitySchema>[]): MessageEntity[] {
  const placed = entities.flatMap((entity): MessageEntity[] => {
    if (!entity || entity.length <= 0 || entity.offset < 0) return [];
    checkPlace(text, entity);
    if (entity.type !== "pre") return [entity];
    const { language, ...pre } = entity;
    return [language ? { ...pre, language } : pre];
  });
  return sortEntities(placed);
}

function checkPlace(text: string, { offset, length }: { offset: number; length: number }): void {
  const end = offset + length;
  if (offset >= text.length) {
    throw badRequest(`entity begins after the end of the text at UTF-16 offset ${offset}`);
  }
  if (end > text.length) {
    throw badRequest(
      `entity beginning at UTF-16 offset ${offset} ends after the end of the text at UTF-16 offset ${end}`,
    );
  }
  if (isInsideSymbol(text, offset)) {
    throw badRequest(
      `entity begins in a middle of a UTF-16 symbol at byte offset ${bytesBefore(text, offset)}`,
    );
  }
  if (isInsideSymbol(text, end)) {
    throw badRequest(
      `entity beginning at UTF-16 offset ${offset} ends in a middle of a UTF-16 symbol at byte offset ${bytesBefore(text, end)}`,
    );
  }
}

function isInsideSymbol(text: string, offset: number): boolean {
  return (text.codePointAt(offset - 1) ?? 0) > 0xffff;
}

function bytesBefore(text: string, offset: number): number {
  return Buffer.byteLength(text.slice(0, offset - 1));
}
