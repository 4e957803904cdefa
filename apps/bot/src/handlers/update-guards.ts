import type { NextFunction } from "grammy";
import { RunStoppedError } from "../runs/run-registry.ts";
import { CANCEL } from "./answer-prompt.ts";
import { COMMANDS } from "./commands.ts";
import type { BotContext } from "./context.ts";

/**
 * Notes an update as it comes in, so that it is known of if this process dies, but without waiting for it: the order of
 * updates would become that in which the database answers.
 */
export async function note(ctx: BotContext, next: NextFunction): Promise<void> {
  const { updates } = ctx.deps;
  const { update_id: updateId } = ctx.update;
  ctx.isNew = updates.begin(updateId, ctx.chatId);
  // `once` meets the failure, when the update has its turn.
  ctx.isNew.catch(() => undefined);
  try {
    await next();
  } finally {
    if (await ctx.isNew) await updates.finish(updateId);
  }
}

/** Lets an update through once, whichever process of the bot is given it; goes behind `note` and the queue. */
export async function once(ctx: BotContext, next: NextFunction): Promise<void> {
  if (await ctx.isNew) return next();
  ctx.deps.logger.info({ updateId: ctx.update.update_id }, "An update came again and is left out");
}

/**
 * `/cancel` and its button stop what runs in the chat, ahead of the queue that it would have to wait in, and what is in
 * the queue before it.
 */
export async function stopOnCancel(ctx: BotContext, next: NextFunction): Promise<void> {
  const isCancel = commandOf(ctx) === "cancel" || ctx.callbackQuery?.data === CANCEL;
  if (!isCancel || ctx.chatId === undefined) return next();
  using _untilItsTurn = ctx.deps.runs.stop(ctx.chatId, new RunStoppedError("Stopped, as you asked."));
  await next();
}

const KNOWN: ReadonlySet<string> = new Set(["start", ...COMMANDS.map(({ command }) => command)]);

/** A command in the middle of an exercise leaves it; `/cancel` says so itself. */
export async function leaveOnCommand(ctx: BotContext, next: NextFunction): Promise<void> {
  const command = commandOf(ctx);
  if (command !== undefined && command !== "cancel" && KNOWN.has(command))
    ctx.session.activity = { kind: "idle" };
  await next();
}

/** The command that a message begins with, without the name of the bot. */
function commandOf(ctx: BotContext): string | undefined {
  const first = ctx.entities("bot_command").find(({ offset }) => offset === 0);
  return first?.text.slice(1).split("@")[0]?.toLowerCase();
}
