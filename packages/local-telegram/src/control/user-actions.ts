import { MAX_TEXT_LENGTH } from "../bot-api/formatted-text.ts";
import type { Chat } from "../chat/chat.ts";
import type { ChatMessage } from "../chat/message.ts";
import type { UpdateContent } from "../chat/update-queue.ts";
import type { TelegramState } from "../telegram-state.ts";
import { cleanText, findEntities } from "../text/entities.ts";
import { ControlError } from "./control-error.ts";

export interface Sent {
  messageId: number;
  seq: number;
  /** Null when the bot has said that it wants no such updates. */
  updateId: number | null;
}

export interface Press {
  messageId: number;
  data: string;
  /** Takes data that no button carries, and messages that are gone. */
  force: boolean;
}

const MAX_DURATION_S = 86_400;

export function sendText(state: TelegramState, chat: Chat, source: string): Sent {
  const text = cleanText(source.replaceAll("\r\n", "\n")).trim();
  if (text === "" || text.length > MAX_TEXT_LENGTH) {
    throw new ControlError(
      `Received a text of ${text.length} characters. A message has from 1 to ${MAX_TEXT_LENGTH}, white space at its ends aside.`,
    );
  }
  const entities = findEntities(text);
  return deliver(state, chat, chat.send({ from: chat.user, text, ...(entities.length > 0 && { entities }) }));
}

export async function sendVoice(
  state: TelegramState,
  chat: Chat,
  voice: File,
  fields: Record<string, unknown>,
): Promise<Sent> {
  const duration = Number(fields.duration ?? 1);
  if (!Number.isInteger(duration) || duration < 0 || duration > MAX_DURATION_S) {
    throw new ControlError(
      `Received duration = ${JSON.stringify(fields.duration)}. Accepted are whole seconds up to ${MAX_DURATION_S}.`,
    );
  }
  if (voice.size === 0) throw new ControlError("Received an empty file. A voice message needs sound in it.");
  const mimeType = voice.type.split(";")[0]?.trim() || "audio/ogg";
  const file = state.files.add(new Uint8Array(await voice.arrayBuffer()), mimeType);
  const message = chat.send({
    from: chat.user,
    voice: {
      file_id: file.fileId,
      file_unique_id: file.uniqueId,
      duration,
      mime_type: file.mimeType,
      file_size: voice.size,
    },
  });
  return deliver(state, chat, message);
}

/** @returns with `callbackQueryId`, which the answers in the chat carry as well */
export function pressButton(state: TelegramState, chat: Chat, { messageId, data, force }: Press) {
  const message = chat.message(messageId);
  if (!force) checkButton(chat, messageId, data);
  const id = state.queries.add({ chat, messageId, data });
  const updateId = push(state, chat, {
    callback_query: {
      id,
      from: chat.user,
      message: message ?? { chat: chat.chat, message_id: messageId, date: 0 },
      chat_instance: chat.instance,
      data,
    },
  });
  return { callbackQueryId: id, seq: chat.seq, updateId };
}

function checkButton(chat: Chat, messageId: number, data: string): void {
  const message = chat.message(messageId);
  const who = `User ${chat.user.id}`;
  if (!message) throw new ControlError(`${who} has no message ${messageId}.`);
  const buttons = (message.reply_markup?.inline_keyboard ?? []).flat();
  const carried = buttons.flatMap((button) => ("callback_data" in button ? [button.callback_data] : []));
  if (carried.includes(data)) return;
  const list = carried.length === 0 ? "none" : carried.map((one) => JSON.stringify(one)).join(", ");
  throw new ControlError(
    `Received the data ${JSON.stringify(data.slice(0, 80))} for message ${messageId}. Its buttons carry: ${list}. ` +
      `{"force": true} sends it all the same.`,
  );
}

function deliver(state: TelegramState, chat: Chat, message: ChatMessage): Sent {
  return { messageId: message.message_id, seq: chat.seq, updateId: push(state, chat, { message }) };
}

/** From what a user has done the bot learns of the chat, and may write to it. */
function push(state: TelegramState, chat: Chat, content: UpdateContent): number | null {
  state.chats.open(chat);
  return state.updates.push(content) ?? null;
}
