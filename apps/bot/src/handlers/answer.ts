import type { BotContext } from "./context.ts";
import { answerLevel } from "./learn.ts";
import { toMenu } from "./menu.ts";
import { say } from "./show.ts";
import { answerDeal } from "./support.ts";
import { answerScenario } from "./train.ts";

/** In UTF-16 code units; a message of Telegram is shorter, a transcript need not be. */
const MAX_LENGTH = 16_000;

const NOTHING_OPEN =
  "I am not waiting for an answer. Learn and Train give you an exercise, Support a strategy for a deal.";
const TOO_LONG = `That is too long for me; ${MAX_LENGTH.toLocaleString("en-US")} characters are the most I take. Send the part that matters.`;

/** Takes what a rep wrote or said as the answer that the chat waits for. */
export async function answer(ctx: BotContext, given: string): Promise<void> {
  const text = toPlainText(given);
  if (text.length > MAX_LENGTH) return say(ctx, { text: TOO_LONG });
  const { activity } = ctx.session;
  switch (activity.kind) {
    case "learn":
      return answerLevel(ctx, activity.levelId, text);
    case "train":
      return answerScenario(ctx, activity, text);
    case "support":
      return answerDeal(ctx, text);
    case "idle":
      return sayNothingOpen(ctx);
  }
}

export function sayNothingOpen(ctx: BotContext): Promise<void> {
  return say(ctx, { text: NOTHING_OPEN, buttons: toMenu() });
}

/** Without halves of characters, and with nothing that steers a terminal or ends a text before its end. */
function toPlainText(text: string): string {
  return text.toWellFormed().replace(/[^\P{Cc}\n\t]/gu, " ");
}
