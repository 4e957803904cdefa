import { randomInt } from "node:crypto";
import { Chat } from "./chat.ts";

/** The private chats of all users, one each. */
export class Chats {
  readonly #chats = new Map<number, Chat>();
  readonly #known = new Set<number>();

  /** The chat as its user sees it; for the bot it is there once the user has done something in it. */
  of(userId: number): Chat {
    const existing = this.#chats.get(userId);
    if (existing) return existing;
    const user = { id: userId, is_bot: false, first_name: `User ${userId}`, language_code: "en" };
    const chat = new Chat(user, String(randomInt(2 ** 47)));
    this.#chats.set(userId, chat);
    return chat;
  }

  /** The bot may write to the user from now on: a bot cannot begin a conversation. */
  open(chat: Chat): void {
    this.#known.add(chat.user.id);
  }

  /** Undefined as long as the bot must not write to the user. */
  forBot(userId: number): Chat | undefined {
    return this.#known.has(userId) ? this.#chats.get(userId) : undefined;
  }

  touchAll(): void {
    for (const chat of this.#chats.values()) chat.touch();
  }

  close(): void {
    for (const chat of this.#chats.values()) chat.close();
  }
}
