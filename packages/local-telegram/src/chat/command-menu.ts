export interface BotCommand {
  command: string;
  description: string;
}

/** Whom a list of commands is for, as the Bot API says it. */
export interface CommandScope {
  type: string;
  chat_id?: number;
}

/** Lists of commands by scope and language. */
export class CommandMenu {
  readonly #lists = new Map<string, BotCommand[]>();

  set(scope: CommandScope, languageCode: string, commands: BotCommand[]): void {
    this.#lists.set(toKey(scope, languageCode), commands);
  }

  get(scope: CommandScope, languageCode: string): BotCommand[] {
    return this.#lists.get(toKey(scope, languageCode)) ?? [];
  }

  delete(scope: CommandScope, languageCode: string): void {
    this.#lists.delete(toKey(scope, languageCode));
  }

  /** The list shown in a private chat: the most special scope that has one, the user's language first. */
  shownTo(userId: number, languageCode = "en"): BotCommand[] {
    const scopes = [{ type: "chat", chat_id: userId }, { type: "all_private_chats" }, { type: "default" }];
    for (const scope of scopes) {
      for (const language of [languageCode, ""]) {
        const commands = this.#lists.get(toKey(scope, language));
        if (commands && commands.length > 0) return commands;
      }
    }
    return [];
  }
}

function toKey({ type, chat_id: chatId }: CommandScope, languageCode: string): string {
  return JSON.stringify([type, chatId ?? null, languageCode]);
}
