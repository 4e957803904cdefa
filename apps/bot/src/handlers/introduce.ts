import type { Api } from "grammy";
import type { Logger } from "../logger.ts";
import type { BotRecords } from "../storage/bot-records.ts";
import { COMMANDS } from "./commands.ts";

const WAS_RESTARTED = "I was restarted in the middle of your last message. Please send it again.";

/**
 * The chats whose message a process before this one could not finish. To be asked before the first update is taken on,
 * which would look the same.
 */
export async function takeAbandonedChats(records: BotRecords, logger: Logger): Promise<number[]> {
  try {
    return await records.takeAbandoned();
  } catch (error) {
    logger.warn({ err: error }, "It is not known what was left unfinished");
    return [];
  }
}

/** Sets the menu, and tells the chats that were left in the middle; nothing depends on it. */
export async function introduce(api: Api, abandonedChats: readonly number[], logger: Logger): Promise<void> {
  const calls = [
    api.setMyCommands(COMMANDS),
    ...abandonedChats.map((chatId) => api.sendMessage(chatId, WAS_RESTARTED)),
  ];
  for (const result of await Promise.allSettled(calls)) {
    if (result.status === "rejected")
      logger.warn({ err: result.reason }, "The bot could not introduce itself");
  }
}
