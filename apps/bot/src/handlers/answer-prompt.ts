import { FormattedString, fmt } from "@grammyjs/parse-mode";
import { InlineKeyboard } from "grammy";
import type { Exercise } from "../coaching/exercise.ts";
import type { Reply } from "../telegram/reply.ts";

export const CANCEL = "cancel";

/** The message that waits for an answer: its only button leaves the exercise. */
export function toAnswerPrompt({ title, scenario, task }: Exercise): Reply {
  return {
    text: fmt`${FormattedString.bold(title)}\n\n${scenario.trim()}\n\n${FormattedString.bold("Your task")}\n${task.trim()}\n\nReply with your answer, in text or by voice.`,
    buttons: new InlineKeyboard().text("Cancel", CANCEL),
  };
}
