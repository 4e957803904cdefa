import { markAnswered } from "../telegram/queue.ts";
import { editReply, type Reply, sendReply } from "../telegram/reply.ts";
import type { BotContext } from "./context.ts";
import { chatOf } from "./update-owner.ts";

/** Answers a press by changing the message that was pressed, and anything else with a new message. */
export async function show(ctx: BotContext, reply: Reply): Promise<void> {
  const pressed = ctx.callbackQuery?.message?.message_id;
  if (pressed === undefined) await sendReply(ctx.api, chatOf(ctx), reply);
  else await editReply(ctx.api, chatOf(ctx), pressed, reply);
  markAnswered(ctx.update);
}

/** Answers with a new message, and leaves the one that was pressed as it is. */
export async function say(ctx: BotContext, reply: Reply): Promise<void> {
  await sendReply(ctx.api, chatOf(ctx), reply);
  markAnswered(ctx.update);
}

/** What a press of a button says that leads nowhere any more; said, so that the message it belongs to stays readable. */
export const OUTDATED = "This button is from an earlier version of me. /help lists what I can do now.";
