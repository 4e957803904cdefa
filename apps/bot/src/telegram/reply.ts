import { FormattedString } from "@grammyjs/parse-mode";
import { type Api, GrammyError, type InlineKeyboard } from "grammy";
import { splitText } from "./split-text.ts";

/** What the bot says: formatted by entities, with buttons below. */
export interface Reply {
  text: FormattedString | string;
  buttons?: InlineKeyboard | undefined;
}

/**
 * Sends a reply, in several messages when it is long; the buttons are below the last one.
 *
 * @returns The id of the last message.
 * @throws What the API throws; messages sent before stay.
 */
export async function sendReply(api: Api, chatId: number, reply: Reply): Promise<number> {
  const [first, ...rest] = toMessages(reply);
  let messageId = await sendMessage(api, chatId, first);
  for (const message of rest) messageId = await sendMessage(api, chatId, message);
  return messageId;
}

/**
 * Puts a reply in the place of a message; what does not fit follows in new messages. A message that is gone, or too old
 * to be edited, is sent anew.
 *
 * @returns The id of the last message.
 * @throws What the API throws otherwise.
 */
export async function editReply(api: Api, chatId: number, messageId: number, reply: Reply): Promise<number> {
  const [first, ...rest] = toMessages(reply);
  let lastId = await editMessage(api, chatId, messageId, first);
  for (const message of rest) lastId = await sendMessage(api, chatId, message);
  return lastId;
}

/** The edit would change nothing. */
export function isNotModified(error: unknown): boolean {
  return isBadRequest(error) && /message is not modified/i.test(error.description);
}

/** The message was deleted, or Telegram no longer lets it be edited. */
export function isNotEditable(error: unknown): boolean {
  return (
    isBadRequest(error) &&
    /message to edit not found|message can't be edited|MESSAGE_ID_INVALID|message not found/i.test(
      error.description,
    )
  );
}

function isBadRequest(error: unknown): error is GrammyError {
  return error instanceof GrammyError && error.error_code === 400;
}

interface OneMessage {
  text: FormattedString;
  buttons: InlineKeyboard | undefined;
}

function toMessages({ text, buttons }: Reply): [OneMessage, ...OneMessage[]] {
  const parts = splitText(text);
  const [first, ...rest] = parts.map((part, index) => ({
    text: new FormattedString(toShowable(part.text), part.entities ?? []),
    buttons: index === parts.length - 1 ? buttons : undefined,
  }));
  if (!first) throw new TypeError("A reply needs text; it received one with nothing visible");
  return [first, ...rest];
}

/** Telegram takes no halves of characters, which models write now and then. The length stays, for the entities. */
function toShowable(text: string): string {
  return text.toWellFormed().replace(/[^\P{Cc}\n\t]/gu, " ");
}

async function sendMessage(api: Api, chatId: number, message: OneMessage): Promise<number> {
  const sent = await api.sendMessage(chatId, message.text.text, toOptions(message));
  return sent.message_id;
}

async function editMessage(
  api: Api,
  chatId: number,
  messageId: number,
  message: OneMessage,
): Promise<number> {
  try {
    await api.editMessageText(chatId, messageId, message.text.text, toOptions(message));
  } catch (error) {
    if (isNotEditable(error)) return sendMessage(api, chatId, message);
    if (!isNotModified(error)) throw error;
  }
  return messageId;
}

function toOptions({ text, buttons }: OneMessage) {
  return {
    entities: text.entities ?? [],
    link_preview_options: { is_disabled: true },
    ...(buttons && { reply_markup: buttons }),
  };
}
