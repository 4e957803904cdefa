import { StoreError } from "@app/tracing";
import { Composer, InlineKeyboard } from "grammy";
import type { BotContext } from "./context.ts";
import { say, show } from "./show.ts";
import { senderOf } from "./update-owner.ts";

/** `/forget`: erases what is kept about a rep, traces of their runs included. */
export const forget = new Composer<BotContext>();

forget.command("forget", (ctx) =>
  say(ctx, {
    text: "This erases your scores, saved strategies, my notes about you, and the traces of your runs. It cannot be undone.",
    buttons: new InlineKeyboard().text("Erase everything", "forget:yes").text("Keep it", "forget:no"),
  }),
);

forget.callbackQuery("forget:no", (ctx) => show(ctx, { text: "Nothing was erased." }));

forget.callbackQuery("forget:yes", async (ctx) => {
  const { background, records, tracing } = ctx.deps;
  const userId = String(senderOf(ctx).id);
  // What it would note would be kept after the erasure.
  await background.giveUp(userId);
  try {
    await tracing.erase({ telegramId: userId });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return say(ctx, {
      text: "I cannot reach my records right now, so not everything is erased yet. Try again in a minute.",
    });
  }
  await records.forget(userId);
  // Deletes it at the end of this update, instead of writing it.
  const flavored: BotContext = ctx;
  flavored.session = undefined;
  return show(ctx, { text: "Everything about you is erased. /start begins anew." });
});
