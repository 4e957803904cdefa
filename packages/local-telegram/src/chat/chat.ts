import type { InlineKeyboardMarkup, MessageEntity } from "@grammyjs/types";
import {
  type ChatMessage,
  type MessageView,
  type PrivateChat,
  toMessageView,
  type UserProfile,
} from "./message.ts";
import { ChangeSignal } from "./wait.ts";

/** What the bot answered to a press of a button. */
export interface CallbackAnswer {
  callbackQueryId: string;
  messageId: number;
  data: string;
  text: string;
  /** Shown in a box that must be closed, instead of for a moment. */
  alert: boolean;
}

/** The state of a chat after a certain `seq`. */
export interface ChatView {
  seq: number;
  messages: MessageView[];
  deleted: number[];
  typing: boolean;
  answers: CallbackAnswer[];
  activity: number;
}

export type MessageDraft = Omit<ChatMessage, "message_id" | "chat" | "date">;

export interface MessageContent {
  text?: string;
  entities?: MessageEntity[];
  reply_markup?: InlineKeyboardMarkup;
}

export interface ChatWait {
  after: number;
  /** Also come back when `activity` is no longer this. */
  activity?: number | undefined;
  ms: number;
  signal: AbortSignal;
}

const TYPING_MS = 5_000;
const KEPT_ANSWERS = 20;
const KEPT_DELETIONS = 1_000;

/**
 * The private chat of one user with the bot. `seq` counts what is sent and edited; `activity` counts what else a
 * person sees: typing, answers to presses, deletions.
 */
export class Chat {
  readonly user: UserProfile;
  readonly chat: PrivateChat;
  readonly instance: string;
  readonly #messages = new Map<number, { message: ChatMessage; seq: number }>();
  readonly #changes = new ChangeSignal();
  readonly #answers: CallbackAnswer[] = [];
  readonly #deleted: number[] = [];
  #seq = 0;
  #activity = 0;
  #lastMessageId = 0;
  #typingUntil = 0;
  #typingEnds: NodeJS.Timeout | undefined;

  constructor(user: UserProfile, instance: string) {
    this.user = user;
    this.chat = { id: user.id, type: "private", first_name: user.first_name };
    this.instance = instance;
  }

  get seq(): number {
    return this.#seq;
  }

  message(messageId: number): ChatMessage | undefined {
    return this.#messages.get(messageId)?.message;
  }

  send(draft: MessageDraft): ChatMessage {
    this.#lastMessageId += 1;
    const message: ChatMessage = {
      message_id: this.#lastMessageId,
      chat: this.chat,
      date: nowSeconds(),
      ...draft,
    };
    if (draft.from.is_bot) this.#stopTyping();
    this.#put(message);
    return message;
  }

  /** Puts content in the place of what the message had; a part that is missing is taken away. */
  edit(message: ChatMessage, content: MessageContent): ChatMessage {
    const { text: _text, entities: _entities, reply_markup: _markup, ...kept } = message;
    const edited = { ...kept, ...content, edit_date: nowSeconds() };
    this.#put(edited);
    return edited;
  }

  /** False when there is no such message. */
  delete(messageId: number): boolean {
    if (!this.#messages.delete(messageId)) return false;
    this.#deleted.push(messageId);
    if (this.#deleted.length > KEPT_DELETIONS) this.#deleted.shift();
    this.touch();
    return true;
  }

  /** The bot is typing, for five seconds or until it sends something. */
  type(): void {
    this.#typingUntil = Date.now() + TYPING_MS;
    clearTimeout(this.#typingEnds);
    this.#typingEnds = setTimeout(() => this.touch(), TYPING_MS).unref();
    this.touch();
  }

  answer(answer: CallbackAnswer): void {
    this.#answers.push(answer);
    if (this.#answers.length > KEPT_ANSWERS) this.#answers.shift();
    this.touch();
  }

  /** Something beside the messages has changed. */
  touch(): void {
    this.#activity += 1;
    this.#changes.notify();
  }

  async wait({ after, activity, ms, signal }: ChatWait): Promise<void> {
    const hasNews = () => this.#seq > after || (activity !== undefined && this.#activity !== activity);
    await this.#changes.until(hasNews, ms, signal);
  }

  view(after: number): ChatView {
    return {
      seq: this.#seq,
      messages: [...this.#messages.values()]
        .filter(({ seq }) => seq > after)
        .map(({ message, seq }) => toMessageView(message, seq)),
      deleted: [...this.#deleted],
      typing: Date.now() < this.#typingUntil,
      answers: [...this.#answers],
      activity: this.#activity,
    };
  }

  close(): void {
    clearTimeout(this.#typingEnds);
  }

  #put(message: ChatMessage): void {
    this.#seq += 1;
    this.#messages.set(message.message_id, { message, seq: this.#seq });
    this.#changes.notify();
  }

  #stopTyping(): void {
    this.#typingUntil = 0;
    clearTimeout(this.#typingEnds);
  }
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
