import { RecordsUnavailableError } from "../storage/bot-records.ts";
import type { BotContext } from "./context.ts";
import { senderOf } from "./update-owner.ts";

/** What is remembered about the rep; nothing while the records are away, for a run goes well without. */
export async function notesOf(ctx: BotContext): Promise<string[]> {
  try {
    return await ctx.deps.records.readNotes(String(senderOf(ctx).id));
  } catch (error) {
    if (!(error instanceof RecordsUnavailableError)) throw error;
    ctx.deps.logger.warn({ err: error }, "A run goes without the notes about its rep");
    return [];
  }
}
