import { Composer } from "grammy";
import type { BotContext } from "./context.ts";
import { toApology } from "./failure-view.ts";
import { answerLevel } from "./learn.ts";
import { toMenu } from "./menu.ts";
import { OUTDATED, say } from "./show.ts";
import { answerDeal } from "./support.ts";
import { answerScenario } from "./train.ts";

/** What is no command: answers to what the chat waits for, in text or by voice. Goes last. */
export const messages = new Composer<BotContext>();

export const UNKNOWN_COMMAND = "I do not know this command. /help lists what I can do.";

messages.on("message:text", async (ctx) => {
  if (ctx.entities("bot_command").some(({ offset }) => offset === 0))
    return say(ctx, { text: UNKNOWN_COMMAND });
  return answer(ctx, ctx.message.text);
});

messages.on(["message:voice", "message:audio"], async (ctx) => {
  const { transcriber, downloadVoice, logger } = ctx.deps;
  if (!transcriber)
    return say(ctx, {
      text: "I cannot listen to voice messages here; that is not set up. Please write instead.",
    });
  if (ctx.session.activity.kind === "idle") return say(ctx, { text: NOTHING_OPEN, buttons: toMenu() });
  const { file_id } = ctx.message.voice ?? ctx.message.audio;
  let text: string;
  try {
    using listening = ctx.deps.runs.begin(ctx.chatId);
    const { signal } = listening;
    text = await transcriber.transcribe(await downloadVoice(file_id, signal), { signal });
  } catch (error) {
    logger.warn({ err: error }, "A voice message could not be understood");
    return say(ctx, { text: toApology(error) });
  }
  // Only now, so that no trace has the voice in it.
  return answer(ctx, text);
});

messages.on("message", (ctx) => say(ctx, { text: ctx.deps.transcriber ? ONLY_TEXT_AND_VOICE : ONLY_TEXT }));

messages.on("callback_query", (ctx) => say(ctx, { text: OUTDATED }));

const ONLY_TEXT_AND_VOICE = "I understand text and voice messages only. Please write, or record it.";
const ONLY_TEXT = "I understand text only. Please write it.";
const NOTHING_OPEN =
  "I am not waiting for an answer. Learn and Train give you an exercise, Support a strategy for a deal.";

async function answer(ctx: BotContext, text: string): Promise<void> {
  const { activity } = ctx.session;
  switch (activity.kind) {
    case "learn":
      return answerLevel(ctx, activity.levelId, text);
    case "train":
      return answerScenario(ctx, activity, text);
    case "support":
      return answerDeal(ctx, text);
    case "idle":
      return say(ctx, { text: NOTHING_OPEN, buttons: toMenu() });
  }
}
