import type { NextFunction } from "grammy";
import { RunStoppedError } from "../runs/run-registry.ts";
import { CANCEL } from "./answer-prompt.ts";
import { COMMANDS } from "./commands.ts";
import type { BotContext } from "./context.ts";
import { say } from "./show.ts";
import { chatOf } from "./update-owner.ts";

const NOT_HERE = "This button is not for you.";
const TOO_FAST =
  "That was too fast: I am still busy with what you sent before, and left out what came after it. Wait for my answers, then send it again.";

/** The bot talks to people alone. Elsewhere, and to a press on a message of another's chat, nothing is done. */
export async function ownChatOnly(ctx: BotContext, next: NextFunction): Promise<void> {
  if (ctx.chat?.type === "private" && ctx.chat.id === ctx.from?.id) return next();
  if (!ctx.callbackQuery) return;
  try {
    await ctx.answerCallbackQuery({ text: NOT_HERE, show_alert: true });
  } catch (error) {
    ctx.deps.logger.warn({ err: error }, "A press that is out of place could not be answered");
  }
}

/** Leaves out what a chat sends faster than it can be handled, with a word about it; `/cancel` still comes through. */
export async function keepPace(ctx: BotContext, next: NextFunction): Promise<void> {
  const chatId = chatOf(ctx);
  const entry = ctx.deps.floodGate.enter(chatId, { urgent: isCancel(ctx) });
  if (entry.kind === "left-out") {
    if (!entry.isFirst) return;
    ctx.deps.logger.warn({ chatId }, "A chat sends too fast, and is left out until it is quiet");
    return say(ctx, { text: TOO_FAST });
  }
  using _inside = entry;
  await next();
}

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
  if (!isCancel(ctx) || ctx.chatId === undefined) return next();
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

function isCancel(ctx: BotContext): boolean {
  return commandOf(ctx) === "cancel" || ctx.callbackQuery?.data === CANCEL;
}

/** The command to this bot that a message begins with. A press has none, whatever the message begins with. */
function commandOf(ctx: BotContext): string | undefined {
  const first = ctx.message && ctx.entities("bot_command").find(({ offset }) => offset === 0);
  const [name, addressee = ctx.me.username] = first?.text.slice(1).split("@") ?? [];
  return addressee.toLowerCase() === ctx.me.username.toLowerCase() ? name : undefined;
}
