import type { InlineKeyboardMarkup, MessageEntity } from "@grammyjs/types";

export interface UserProfile {
  id: number;
  is_bot: boolean;
  first_name: string;
  username?: string;
  language_code?: string;
}

export interface PrivateChat {
  id: number;
  type: "private";
  first_name: string;
}

export interface Voice {
  file_id: string;
  file_unique_id: string;
  duration: number;
  mime_type: string;
  file_size: number;
}

/** A message as the Bot API writes it, with the fields that occur here. */
export interface ChatMessage {
  message_id: number;
  from: UserProfile;
  chat: PrivateChat;
  /** Seconds since 1970. */
  date: number;
  edit_date?: number;
  text?: string;
  entities?: MessageEntity[];
  voice?: Voice;
  caption?: string;
  caption_entities?: MessageEntity[];
  reply_markup?: InlineKeyboardMarkup;
  reply_to_message?: ChatMessage;
}

/** What is shown of a button: `data` or `url` says what a press does. */
export interface ButtonView {
  text: string;
  data?: string;
  url?: string;
}

/** A message as scripts and the chat page see it. */
export interface MessageView {
  messageId: number;
  from: "bot" | "user";
  /** Seconds since 1970. */
  date: number;
  text: string;
  entities: MessageEntity[];
  buttons: ButtonView[][];
  edited: boolean;
  /** The chat's `seq` when the message was sent or last edited. */
  seq: number;
  replyTo?: number;
  voice?: { durationS: number; mimeType: string; bytes: number; fileId: string };
}

export function toMessageView(message: ChatMessage, seq: number): MessageView {
  const { voice, reply_to_message: replyTo } = message;
  return {
    messageId: message.message_id,
    from: message.from.is_bot ? "bot" : "user",
    date: message.date,
    text: message.text ?? message.caption ?? "",
    entities: message.entities ?? message.caption_entities ?? [],
    buttons: toButtons(message),
    edited: message.edit_date !== undefined,
    seq,
    ...(replyTo && { replyTo: replyTo.message_id }),
    ...(voice && {
      voice: {
        durationS: voice.duration,
        mimeType: voice.mime_type,
        bytes: voice.file_size,
        fileId: voice.file_id,
      },
    }),
  };
}

function toButtons({ reply_markup: markup }: ChatMessage): ButtonView[][] {
  return (markup?.inline_keyboard ?? []).map((row) =>
    row.map((button) => ({
      text: button.text,
      ...("callback_data" in button && button.callback_data !== undefined && { data: button.callback_data }),
      ...("url" in button && button.url !== undefined && { url: button.url }),
    })),
  );
}
