import { randomBytes } from "node:crypto";
import { Composer } from "grammy";
import { WISHES, type Wish } from "../coaching/task.ts";
import type { SupportAnswer } from "../pipelines/catalog.ts";
import type { Reply } from "../telegram/reply.ts";
import { askFor } from "./answer-prompt.ts";
import { runCoached } from "./coached-run.ts";
import type { BotContext } from "./context.ts";
import { OPEN, toMenu } from "./menu.ts";
import { notesOf } from "./notes.ts";
import { addDraft, type Draft } from "./session.ts";
import { say } from "./show.ts";
import { toSavedReply, toStrategyReply } from "./support-view.ts";

/** `/support`: a closing strategy for a deal, which can be written again or saved. */
export const support = new Composer<BotContext>();

/** The button that lists what was saved. */
export const SAVED = "support:saved";

const MIN_WORDS = 5;
const DESCRIBE =
  "Tell me about the deal: who buys what, for how much, what has happened, what is in the way.";
const TOO_LITTLE =
  "That is too little to work with. Tell me in a sentence or two who buys what, and what is in the way.";
const GONE: Reply = {
  text: "I no longer have this strategy. Describe the deal again, and I write you a new one.",
  buttons: toMenu(),
};

const STATUS: Readonly<Record<Wish, string>> = {
  regenerate: "Writing another strategy",
  shorter: "Making it shorter",
  more_aggressive: "Making it more aggressive",
};

support.command("support", openSupport);
support.callbackQuery(OPEN.support, openSupport);

async function openSupport(ctx: BotContext): Promise<void> {
  ctx.session.activity = { kind: "support" };
  await say(ctx, askFor(ctx, DESCRIBE));
}

support.callbackQuery(new RegExp(`^support:(${WISHES.join("|")}):(.+)$`), async (ctx) => {
  const wish = WISHES.find((candidate) => candidate === ctx.match[1]) ?? "regenerate";
  const draft = findDraft(ctx, ctx.match[2]);
  if (!draft) return say(ctx, GONE);
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
  if (!draft) return say(ctx, GONE);
  const text = draft.saved
    ? "This strategy is saved already; /stats has it."
    : "Saved; /stats has it whenever you need it. Good luck with the deal.";
  draft.saved = true;
  return say(ctx, { text });
});

support.callbackQuery(SAVED, (ctx) =>
  say(ctx, toSavedReply(ctx.session.drafts.filter(({ saved }) => saved))),
);

support.callbackQuery(/^support:show:(.+)$/, (ctx) => {
  const draft = findDraft(ctx, ctx.match[1]);
  return say(ctx, draft ? toStrategyReply(draft) : GONE);
});

/** Writes a strategy for a deal that the rep described. */
export async function answerDeal(ctx: BotContext, deal: string): Promise<void> {
  if (countWords(deal) < MIN_WORDS) return say(ctx, askFor(ctx, TOO_LITTLE));
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

/** In any script, also in those that put no spaces between words. */
function countWords(text: string): number {
  const segments = new Intl.Segmenter(undefined, { granularity: "word" }).segment(text);
  return Array.from(segments).filter(({ isWordLike }) => isWordLike).length;
}

function keepDraft(ctx: BotContext, deal: string, { signals, strategy }: SupportAnswer) {
  const draft: Draft = { id: randomBytes(6).toString("hex"), deal, signals, strategy, saved: false };
  addDraft(ctx.session, draft);
  return toStrategyReply(draft);
}

function findDraft(ctx: BotContext, id: string | undefined): Draft | undefined {
  return ctx.session.drafts.find((draft) => draft.id === id);
}
