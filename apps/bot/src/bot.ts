import { Bot, session } from "grammy";
import { admin } from "./handlers/admin/index.ts";
import { basics } from "./handlers/basics.ts";
import type { BotContext, Dependencies } from "./handlers/context.ts";
import { toApology } from "./handlers/failure-view.ts";
import { forget } from "./handlers/forget.ts";
import { learn } from "./handlers/learn.ts";
import { messages } from "./handlers/messages.ts";
import { rating, toRatingToast } from "./handlers/rating.ts";
import { newSession, type SessionData } from "./handlers/session.ts";
import { stats } from "./handlers/stats.ts";
import { support } from "./handlers/support.ts";
import { train } from "./handlers/train.ts";
import { keepPace, leaveOnCommand, note, once, ownChatOnly, stopOnCancel } from "./handlers/update-guards.ts";
import { createApiRetries } from "./telegram/api-retries.ts";
import { answerCallbacksFirst, sequentialPerChat } from "./telegram/queue.ts";

export interface BotAddress {
  token: string;
  /** Where the Bot API answers: Telegram's, or one on this machine. */
  apiRoot: string;
}

/** Kinds of updates the bot asks for. */
export const ALLOWED_UPDATES = ["message", "callback_query"] as const;

/** A poll may take this long: 30 s, and some for the way. Other calls have a shorter time of their own. */
const API_TIMEOUT_S = 50;
/** Far more than a hundred updates of the longest messages are. */
const MAX_ANSWER_BYTES = 32 * 1_024 * 1_024;

/**
 * The bot with its features, a Composer each. What comes before the queue runs at once: leaving out what is not for the
 * bot or too much, noting the update, answering the press, stopping a run; what comes after runs one at a time a chat.
 */
export function createBot({ token, apiRoot }: BotAddress, deps: Dependencies): Bot<BotContext> {
  const bot = new Bot<BotContext>(token, {
    client: { apiRoot, timeoutSeconds: API_TIMEOUT_S, baseFetchConfig: { size: MAX_ANSWER_BYTES } },
  });
  bot.api.config.use(createApiRetries());

  bot.use((ctx, next) => {
    ctx.deps = deps;
    return next();
  });
  // Whatever else is sent, though nobody asks for it.
  const chats = bot.on([...ALLOWED_UPDATES]);
  chats.use(
    ownChatOnly,
    keepPace,
    note,
    answerCallbacksFirst({ logger: deps.logger, toast: toRatingToast }),
    stopOnCancel,
    sequentialPerChat(),
    once,
  );
  // Before the session, so that an operator is answered while the database is away.
  chats.use(admin);
  chats.use(
    session<SessionData, BotContext>({ initial: newSession, storage: deps.sessions }),
    leaveOnCommand,
  );
  chats.use(basics, learn, train, support, stats, forget, rating, messages);

  bot.catch(async ({ error, ctx }) => {
    deps.logger.error({ err: error, updateId: ctx.update.update_id }, "An update could not be handled");
    await ctx.reply(toApology(error)).catch((failure: unknown) => {
      deps.logger.warn({ err: failure }, "The apology could not be sent");
    });
  });
  return bot;
}
