import { Composer, InlineKeyboard } from "grammy";
import { isNotEditable, isNotModified, type Reply } from "../telegram/reply.ts";
import type { BotContext } from "./context.ts";
import { OUTDATED, say } from "./show.ts";
import { senderOf } from "./update-owner.ts";

/** Thumbs below an answer become a score of its trace, so that an operator sees which runs helped. */
export const rating = new Composer<BotContext>();

const SCORE = "helpful";

rating.callbackQuery(/^rate:(up|down):([0-9a-f]{32})$/, async (ctx) => {
  const [, thumb, traceId = ""] = ctx.match;
  if (!(await isOwn(ctx, traceId))) return say(ctx, { text: OUTDATED });
  await ctx.deps.traceRepo.score(traceId, { name: SCORE, value: thumb === "up" });
  // The thumbs go, so that a rating is seen to be taken; the rest of the buttons stays.
  const rows = ctx.callbackQuery.message?.reply_markup?.inline_keyboard ?? [];
  try {
    await ctx.editMessageReplyMarkup({
      reply_markup: { inline_keyboard: rows.filter((row) => !isThumbs(row)) },
    });
  } catch (error) {
    // Pressed twice, or the message was deleted since.
    if (!isNotModified(error) && !isNotEditable(error)) throw error;
  }
});

/** What a press shows at once, before it is worked on. */
export function toRatingToast(data: string): string | undefined {
  return data.startsWith("rate:") ? "Thank you" : undefined;
}

/** The same reply, which can be rated. */
export function withThumbs({ text, buttons = new InlineKeyboard() }: Reply, traceId: string): Reply {
  const thumbs = InlineKeyboard.from([
    [
      InlineKeyboard.text("👍 Helpful", `rate:up:${traceId}`),
      InlineKeyboard.text("👎 Not helpful", `rate:down:${traceId}`),
    ],
  ]);
  return { text, buttons: buttons.clone().append(thumbs) };
}

/** A run's trace is stored within a second of its end; one who is quicker waits for it. */
async function isOwn(ctx: BotContext, traceId: string): Promise<boolean> {
  const { traceRepo, tracing } = ctx.deps;
  const read = () => traceRepo.getTrace(traceId, { skeleton: true });
  let trace = await read();
  if (!trace) {
    await tracing.forceFlush();
    trace = await read();
  }
  return trace?.telegramId === String(senderOf(ctx).id);
}

function isThumbs(row: readonly object[]): boolean {
  return row.some((button) => "callback_data" in button && String(button.callback_data).startsWith("rate:"));
}
