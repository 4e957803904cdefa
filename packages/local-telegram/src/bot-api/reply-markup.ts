import type { InlineKeyboardMarkup } from "@grammyjs/types";
import { z } from "zod";
import { badRequest } from "./api-error.ts";
import type { Parameters } from "./parameters.ts";

const MAX_DATA_BYTES = 64;
const MAX_BUTTONS = 100;
const PROBLEM = "can't parse reply keyboard markup JSON object";

const buttonSchema = z.looseObject({
  text: z.string(),
  callback_data: z.string().optional(),
  url: z.string().optional(),
});
const markupSchema = z.looseObject({ inline_keyboard: z.array(z.array(buttonSchema)).optional() });

/** The inline keyboard of a message. Other keyboards are taken and not shown. @throws {ApiError} */
export function readInlineKeyboard(parameters: Parameters): InlineKeyboardMarkup | undefined {
  const rows = parameters.json("reply_markup", markupSchema, PROBLEM)?.inline_keyboard ?? [];
  const keyboard = rows.filter((row) => row.length > 0).map((row) => row.map(toButton));
  if (keyboard.flat().length > MAX_BUTTONS) throw badRequest("reply markup is too long");
  return keyboard.length === 0 ? undefined : { inline_keyboard: keyboard };
}

function toButton({ text, callback_data: data, url }: z.infer<typeof buttonSchema>) {
  if (text.trim() === "")
    throw badRequest('can\'t parse inline keyboard button: field "text" must be non-empty');
  if (data !== undefined) {
    const bytes = Buffer.byteLength(data);
    if (bytes === 0 || bytes > MAX_DATA_BYTES) throw badRequest("BUTTON_DATA_INVALID");
    return { text, callback_data: data };
  }
  if (url !== undefined) {
    if (!/^(https?|tg|mailto|tel):/i.test(url))
      throw badRequest(`inline keyboard button URL '${url}' is invalid: wrong HTTP URL`);
    return { text, url };
  }
  throw badRequest("can't parse inline keyboard button: text buttons are unallowed in the inline keyboard");
}
