import { FormattedString, fmt } from "@grammyjs/parse-mode";
import { InlineKeyboard } from "grammy";
import type { Exercise } from "../coaching/exercise.ts";
import type { Reply } from "../telegram/reply.ts";
import type { BotContext } from "./context.ts";

export const CANCEL = "cancel";

/** An exercise that waits for its answer. */
export function toAnswerPrompt(ctx: BotContext, { title, scenario, task }: Exercise): Reply {
  return askFor(
    ctx,
    fmt`${FormattedString.bold(title)}\n\n${scenario.trim()}\n\n${FormattedString.bold("Your task")}\n${task.trim()}`,
  );
}

/** The message that waits for an answer: its only button leaves. Voice is offered where it is understood. */
export function askFor({ deps }: BotContext, text: FormattedString | string): Reply {
  const how = deps.transcriber ? "Reply with your answer, in text or by voice." : "Reply with your answer.";
  return { text: fmt`${text}\n\n${how}`, buttons: new InlineKeyboard().text("Cancel", CANCEL) };
}
