import type { BotContext } from "./context.ts";

/** Who sent the message or pressed the button. */
export function senderOf(ctx: BotContext): { id: number } {
  if (!ctx.from) throw new Error("This update has no sender.");
  return ctx.from;
}

export function chatOf(ctx: BotContext): number {
  if (ctx.chatId === undefined) throw new Error("This update belongs to no chat.");
  return ctx.chatId;
}
