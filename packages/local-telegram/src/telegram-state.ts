import { randomUUID } from "node:crypto";
import { CallbackQueries } from "./chat/callback-queries.ts";
import { Chats } from "./chat/chats.ts";
import { CommandMenu } from "./chat/command-menu.ts";
import { Faults } from "./chat/faults.ts";
import { FileStore } from "./chat/file-store.ts";
import { UpdateQueue } from "./chat/update-queue.ts";

/** Everything this Telegram knows; it lives as long as the process. */
export interface TelegramState {
  /** Changes with each start, so that a page notices that all has been forgotten. */
  runId: string;
  bot: BotProfile;
  chats: Chats;
  updates: UpdateQueue;
  queries: CallbackQueries;
  files: FileStore;
  commands: CommandMenu;
  faults: Faults;
}

export interface BotProfile {
  username: string;
  name: string;
}

export function createTelegramState(bot: BotProfile, callbackTimeoutMs: number): TelegramState {
  const chats = new Chats();
  return {
    runId: randomUUID(),
    bot,
    chats,
    updates: new UpdateQueue(() => chats.touchAll()),
    queries: new CallbackQueries(callbackTimeoutMs),
    files: new FileStore(),
    commands: new CommandMenu(),
    faults: new Faults(),
  };
}
