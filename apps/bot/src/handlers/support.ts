import { randomBytes } from "node:crypto";
import { Composer, InlineKeyboard } from "grammy";
import { WISHES, type Wish } from "../coaching/task.ts";
import type { SupportAnswer } from "../pipelines/catalog.ts";
import { CANCEL } from "./answer-prompt.ts";
import { runCoached } from "./coached-run.ts";
import type { BotContext } from "./context.ts";
import { notesOf } from "./notes.ts";
import { addDraft, type Draft } from "./session.ts";
import { OUTDATED, say } from "./show.ts";
import { toStrategyReply } from "./support-view.ts";

/** `/support`: a closing strategy for a deal, which can be written again or saved. */
export const support = new Composer<BotContext>();

const MIN_WORDS = 5;

const STATUS: Readonly<Record<Wish, string>> = {
  regenerate: "Writing another strategy",
  shorter: "Making it shorter",
  more_aggressive: "Making it more aggressive",
};

support.command("support", async (ctx) => {
  ctx.session.activity = { kind: "support" };
  await say(ctx, {
    text: "Tell me about the deal: who buys what, for how much, what has happened, what is in the way.\n\nReply with your answer, in text or by voice.",
    buttons: new InlineKeyboard().text("Cancel", CANCEL),
  });
});

support.callbackQuery(new RegExp(`^support:(${WISHES.join("|")}):(.+)$`), async (ctx) => {
  const wish = WISHES.find((candidate) => candidate === ctx.match[1]) ?? "regenerate";
  const draft = findDraft(ctx, ctx.match[2]);
  if (!draft) return say(ctx, { text: OUTDATED });
  const { deal, signals, strategy: previous } = draft;
  return runCoached(ctx, {
    pipeline: "support_regen",
    input: { deal, signals, previous, wish, notes: await notesOf(ctx) },
    traced: { wish, deal, previous },
    status: STATUS[wish],
    onDone: (answer) => keepDraft(ctx, deal, answer),
  });
});

support.callbackQuery(/^support:save:(.+)$/, async (ctx) => {
  const draft = findDraft(ctx, ctx.match[1]);
  if (!draft) return say(ctx, { text: OUTDATED });
  const text = draft.saved
    ? "This strategy is saved already."
    : "Saved. Good luck with the deal; tell me how it goes.";
  draft.saved = true;
  return say(ctx, { text });
});

/** Writes a strategy for a deal that the rep described. */
export async function answerDeal(ctx: BotContext, deal: string): Promise<void> {
  if (deal.trim().split(/\s+/).length < MIN_WORDS) {
    return say(ctx, {
      text: "That is too little to work with. Tell me who buys what, and what is in the way.",
    });
  }
  await runCoached(ctx, {
    pipeline: "support",
    input: { deal, notes: await notesOf(ctx) },
    traced: { deal },
    status: "Reading the deal and writing a strategy",
    onDone: (answer) => {
      ctx.session.activity = { kind: "idle" };
      return keepDraft(ctx, deal, answer);
    },
  });
}

function keepDraft(ctx: BotContext, deal: string, { signals, strategy }: SupportAnswer) {
  const draft: Draft = { id: randomBytes(6).toString("hex"), deal, signals, strategy, saved: false };
  addDraft(ctx.session, draft);
  return toStrategyReply(draft);
}

function findDraft(ctx: BotContext, id: string | undefined): Draft | undefined {
  return ctx.session.drafts.find((draft) => draft.id === id);
}
