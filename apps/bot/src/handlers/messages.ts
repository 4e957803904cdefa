import { Composer } from "grammy";
import { answer } from "./answer.ts";
import type { BotContext } from "./context.ts";
import { OUTDATED, say } from "./show.ts";
import { voice } from "./voice.ts";

/** What is no command: answers to what the chat waits for, in text or by voice. Goes last. */
export const messages = new Composer<BotContext>();

export const UNKNOWN_COMMAND = "I do not know this command. /help lists what I can do.";

messages.on("message:text", async (ctx) => {
  if (ctx.entities("bot_command").some(({ offset }) => offset === 0))
    return say(ctx, { text: UNKNOWN_COMMAND });
  return answer(ctx, ctx.message.text);
});

messages.use(voice);

messages.on("message", (ctx) => say(ctx, { text: ctx.deps.transcriber ? ONLY_TEXT_AND_VOICE : ONLY_TEXT }));

messages.on("callback_query", (ctx) => say(ctx, { text: OUTDATED }));

const ONLY_TEXT_AND_VOICE = "I understand text and voice messages only. Please write, or record it.";
const ONLY_TEXT = "I understand text only. Please write it.";
