import type { Api } from "grammy";
import type { Logger } from "../logger.ts";
import type { BotRecords } from "../storage/bot-records.ts";
import { COMMANDS } from "./commands.ts";

const WAS_RESTARTED = "I was restarted in the middle of your last message. Please send it again.";

/** The menu, and a word to those whose message a process before this one could not finish. */
export async function introduce(api: Api, records: BotRecords, logger: Logger): Promise<void> {
  const quietly = async <T>(what: string, call: Promise<T>): Promise<T | undefined> => {
    try {
      return await call;
    } catch (error) {
      logger.warn({ err: error }, what);
      return undefined;
    }
  };
  await quietly("The menu of commands could not be set", api.setMyCommands(COMMANDS));
  const abandoned = await quietly("It is not known what was left unfinished", records.takeAbandoned());
  for (const chatId of abandoned ?? []) {
    await quietly("A chat could not be told of the restart", api.sendMessage(chatId, WAS_RESTARTED));
  }
}
