import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Chat, MessageContent } from "../chat/chat.ts";
import type { ChatMessage } from "../chat/message.ts";
import type { TelegramState } from "../telegram-state.ts";
import { badRequest } from "./api-error.ts";
import { readFormattedText } from "./formatted-text.ts";
import type { MethodCall } from "./method-call.ts";
import type { Parameters } from "./parameters.ts";
import { readInlineKeyboard } from "./reply-markup.ts";

const NOT_MODIFIED =
  "message is not modified: specified new message content and reply markup are exactly the same as a current content " +
  "and reply markup of the message";
const CHAT_ACTIONS = [
  "typing",
  "upload_photo",
  "record_video",
  "upload_video",
  "record_voice",
  "upload_voice",
  "upload_document",
  "choose_sticker",
  "find_location",
  "record_video_note",
  "upload_video_note",
];
const MAX_ANSWER_LENGTH = 200;

const replySchema = z.looseObject({
  message_id: z.int(),
  allow_sending_without_reply: z.boolean().optional(),
});

export function sendMessage({ state, bot, parameters }: MethodCall): ChatMessage {
  const chat = findChat(state, parameters);
  const { text, entities } = readFormattedText(parameters);
  const markup = readInlineKeyboard(parameters);
  const replyTo = findRepliedTo(chat, parameters);
  return chat.send({
    from: bot,
    ...toContent(text, entities, markup),
    ...(replyTo && { reply_to_message: replyTo }),
  });
}

export function editMessageText({ state, parameters }: MethodCall): ChatMessage {
  const chat = findChat(state, parameters);
  const message = findOwnMessage(chat, parameters);
  const { text, entities } = readFormattedText(parameters);
  return edit(chat, message, toContent(text, entities, readInlineKeyboard(parameters)));
}

export function editMessageReplyMarkup({ state, parameters }: MethodCall): ChatMessage {
  const chat = findChat(state, parameters);
  const message = findOwnMessage(chat, parameters);
  return edit(chat, message, toContent(message.text, message.entities, readInlineKeyboard(parameters)));
}

export function deleteMessage({ state, parameters }: MethodCall): true {
  const chat = findChat(state, parameters);
  if (!chat.delete(readMessageId(parameters))) throw badRequest("message to delete not found");
  return true;
}

export function sendChatAction({ state, parameters }: MethodCall): true {
  const chat = findChat(state, parameters);
  const action = parameters.text("action") ?? "";
  if (!CHAT_ACTIONS.includes(action)) throw badRequest("wrong parameter action in request");
  chat.type();
  return true;
}

export function answerCallbackQuery({ state, parameters }: MethodCall): true {
  const id = parameters.text("callback_query_id") ?? "";
  const pressed = state.queries.find(id);
  if (!pressed) throw badRequest("query is too old and response timeout expired or query ID is invalid");
  const text = parameters.text("text") ?? "";
  if (text.length > MAX_ANSWER_LENGTH) throw badRequest("MESSAGE_TOO_LONG");
  const { chat, messageId, data } = pressed;
  chat.answer({ callbackQueryId: id, messageId, data, text, alert: parameters.boolean("show_alert") });
  return true;
}

function edit(chat: Chat, message: ChatMessage, content: MessageContent): ChatMessage {
  const { text, entities, reply_markup } = message;
  if (isDeepStrictEqual(toContent(text, entities, reply_markup), content)) throw badRequest(NOT_MODIFIED);
  return chat.edit(message, content);
}

function toContent(
  text: string | undefined,
  entities: MessageContent["entities"],
  markup: MessageContent["reply_markup"],
): MessageContent {
  return {
    ...(text !== undefined && { text }),
    ...(entities && entities.length > 0 && { entities }),
    ...(markup && { reply_markup: markup }),
  };
}

function findChat({ chats }: TelegramState, parameters: Parameters): Chat {
  const id = parameters.text("chat_id");
  if (id === undefined) throw badRequest("chat_id is empty");
  const chat = /^\d{1,16}$/.test(id) ? chats.forBot(Number(id)) : undefined;
  if (!chat) throw badRequest("chat not found");
  return chat;
}

function readMessageId(parameters: Parameters): number {
  const id = parameters.integer("message_id");
  if (id === undefined) throw badRequest("message identifier is not specified");
  return id;
}

function findOwnMessage(chat: Chat, parameters: Parameters): ChatMessage {
  const message = chat.message(readMessageId(parameters));
  if (!message) throw badRequest("message to edit not found");
  if (!message.from.is_bot) throw badRequest("message can't be edited");
  return message;
}

/** The message that is answered, without what it answers itself. */
function findRepliedTo(chat: Chat, parameters: Parameters): ChatMessage | undefined {
  const reply = parameters.json("reply_parameters", replySchema, "can't parse reply parameters JSON object");
  const messageId = reply?.message_id ?? parameters.integer("reply_to_message_id");
  if (messageId === undefined) return undefined;
  const message = chat.message(messageId);
  if (!message) {
    if (reply?.allow_sending_without_reply || parameters.boolean("allow_sending_without_reply"))
      return undefined;
    throw badRequest("message to be replied not found");
  }
  const { reply_to_message: _earlier, ...repliedTo } = message;
  return repliedTo;
}
