import { sequentialize } from "@grammyjs/runner";
import type { Context, MiddlewareFn } from "grammy";
import type { Update } from "grammy/types";
import type { Logger } from "../logger.ts";
import { describeError } from "./secrets.ts";

const ON_IT = "I am on it";

/** What to do once the presses under way have been answered. */
const onAnswered = new WeakMap<Update, () => void>();

/** Tells that a person has seen what comes of an update: from then on a press of the same button is a new wish. */
export function markAnswered(update: Update): void {
  onAnswered.get(update)?.();
}

export interface AnswerCallbacksOptions {
  logger: Logger;
  /** A short note to show for a press, by its data. @default none */
  toast?: (data: string) => string | undefined;
}

/**
 * Answers a press on a button at once, before it queues behind a long handler, where it would expire. It goes before
 * `sequentialPerChat()` and keeps the order of updates; handlers cannot answer a press again. Failures are logged.
 *
 * A button that is pressed again before its press is marked as answered, or has been handled, does nothing more.
 */
export function answerCallbacksFirst<C extends Context>({
  logger,
  toast = () => undefined,
}: AnswerCallbacksOptions): MiddlewareFn<C> {
  const underWay = new Set<string>();
  const answer = async (ctx: C, text: string | undefined): Promise<void> => {
    try {
      await ctx.answerCallbackQuery(text === undefined ? {} : { text });
    } catch (error) {
      logger.warn({ reason: describeError(error) }, "A press on a button could not be answered");
    }
  };
  return async (ctx, next) => {
    if (!ctx.callbackQuery) return next();
    const { from, message, data = "" } = ctx.callbackQuery;
    const press = JSON.stringify([from.id, message?.chat.id, message?.message_id, data]);
    if (underWay.has(press)) return answer(ctx, ON_IT);
    underWay.add(press);
    const end = () => {
      onAnswered.delete(ctx.update);
      underWay.delete(press);
    };
    onAnswered.set(ctx.update, end);
    const answered = answer(ctx, toast(data));
    try {
      await next();
    } finally {
      // Another press of the button may be under way by now, if this one was marked.
      if (onAnswered.has(ctx.update)) end();
      await answered;
    }
  };
}

/** Handles the updates of one chat, and of one person, one after the other; those of others go on meanwhile. */
export function sequentialPerChat<C extends Context>(): MiddlewareFn<C> {
  return sequentialize((ctx) => [
    ...(ctx.chat ? [`chat:${ctx.chat.id}`] : []),
    ...(ctx.from ? [`user:${ctx.from.id}`] : []),
  ]);
}
