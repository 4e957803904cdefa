import type { Update } from "grammy/types";
import { RateLimiterRes } from "rate-limiter-flexible";
import type { BotContext } from "./context.ts";
import { say } from "./show.ts";
import { senderOf } from "./update-owner.ts";

/** Updates that have taken their turn. */
const served = new WeakSet<Update>();

/**
 * Takes one of the turns that a rep has in a minute, before anything is spent on the update; an update takes one, however
 * often it is asked for. With none left it says so, and returns false.
 */
export async function takeTurn(ctx: BotContext): Promise<boolean> {
  if (served.has(ctx.update)) return true;
  const waitS = await secondsToWait(ctx);
  if (waitS === 0) served.add(ctx.update);
  else await say(ctx, { text: `That was quick. Give me ${waitS} s, then send it again.` });
  return waitS === 0;
}

async function secondsToWait(ctx: BotContext): Promise<number> {
  try {
    await ctx.deps.limiter.consume(senderOf(ctx).id);
    return 0;
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000));
    throw refusal;
  }
}
