import type { Play } from "../../../coaching/exercise.ts";
import type { CoachTask, Signals, Strategy } from "../../../coaching/task.ts";
import { OFFLINE_NOTICE } from "../offline-notice.ts";
import { DEAL_NOTE } from "../remember.ts";
import { MAX_DEAL_CHARACTERS } from "../signals/read-signals.ts";
import { OPEN_SITUATION, type Situation, situationsOf } from "../signals/situations.ts";
import { clip, quoted } from "../text/clip.ts";
import { contentStems, toWords } from "../text/words.ts";
import { APPROACHES } from "./approaches.ts";
import { type DealFacts, toDealFacts } from "./deal-facts.ts";
import { draftMessages, firmMessages, shorten } from "./draft-message.ts";

type StrategyTask = Extract<CoachTask, { kind: "strategy" }>;

interface Picture {
  signals: Signals;
  facts: DealFacts;
  situation: Situation;
  /** The fitting one first. */
  plays: Play[];
  notes: readonly string[];
}

/** Composes a strategy from the signs in a deal and the moves of the plays; a revision differs from what it revises. */
export function composeStrategy({
  deal: description,
  signals,
  plays,
  notes,
  revision,
}: StrategyTask): Strategy {
  const deal = description.slice(0, MAX_DEAL_CHARACTERS);
  const found = situationsOf(deal);
  const picture: Picture = {
    signals,
    facts: toDealFacts(deal),
    situation: found[0] ?? OPEN_SITUATION,
    plays: plays.length > 0 ? rankPlays(plays, deal, found) : [...APPROACHES],
    notes,
  };
  const { facts, situation } = picture;
  const calm = draftMessages(facts, situation.id);
  const firm = firmMessages(facts, situation.id);
  if (revision === undefined) return compose(picture, 0, calm[0] ?? "", "calm");
  const { previous, wish } = revision;
  if (wish === "shorter") return shorter(picture, previous);
  if (wish === "more_aggressive") {
    const at = nextAfter(firm, previous.draftMessage);
    return compose(picture, at, firm[at] ?? "", "firm");
  }
  const wasFirm = firm.includes(previous.draftMessage);
  const drafts = wasFirm ? firm : calm;
  const at = nextAfter(drafts, previous.draftMessage, 1);
  return compose(picture, at, drafts[at] ?? "", wasFirm ? "firm" : "calm");
}

/** The one after `previous` in the circle, so that asking again always gives another. */
function nextAfter(drafts: readonly string[], previous: string, whenNew = 0): number {
  const at = drafts.indexOf(previous);
  return at < 0 ? whenNew % drafts.length : (at + 1) % drafts.length;
}

function compose(picture: Picture, variant: number, draftMessage: string, tone: "calm" | "firm"): Strategy {
  return {
    analysis: clipText(analysis(picture, variant), 3_900),
    strategy: clipText(strategy(picture, variant, tone), 3_900),
    tactics: tactics(picture, variant, tone),
    draftMessage: clipText(draftMessage, 3_900),
  };
}

function analysis({ signals, facts, notes }: Picture, variant: number): string {
  const { stage, buyingSignals, risks } = signals;
  const unknowns = signals.unknowns.filter((unknown) => unknown !== OFFLINE_NOTICE);
  const place = facts.company === undefined ? "Stage" : `${facts.company}, stage`;
  const paragraphs = [
    `${place}: ${stage}.`,
    buyingSignals.length > 0
      ? `What speaks for you:\n${list(rotate(buyingSignals, variant).slice(0, 3))}`
      : "Nothing you describe shows yet that the buyer has invested something. Take interest for politeness until they spend time, bring a colleague or name a date.",
    risks.length > 0
      ? `What can cost you the deal:\n${list(risks.slice(0, 3))}`
      : "You describe no risk. That usually means that nobody on the other side has spoken openly so far; ask who could stop it.",
  ];
  if (unknowns.length > 0)
    paragraphs.push(`What you should find out first:\n${list(rotate(unknowns, variant).slice(0, 3))}`);
  const note = notes.find((kept) => !kept.startsWith(DEAL_NOTE));
  if (note !== undefined) paragraphs.push(`From your training, to keep in mind: ${clip(note, 200)}`);
  return [...paragraphs, OFFLINE_NOTICE].join("\n\n");
}

function strategy({ facts, situation, plays }: Picture, variant: number, tone: "calm" | "firm"): string {
  const [lead, second] = rotate(plays, variant);
  const who = facts.contact ?? "your contact";
  const day = facts.deadline === undefined ? "within ten days" : `in time for ${facts.deadline}`;
  const sentences = [
    `${situation.risk}. Deal with that before anything else.`,
    lead === undefined
      ? `Ask ${who} what has to happen between today and a decision, and get a dated step for it.`
      : `Lead with the play ${quoted(lead.title, 120)}${second === undefined ? "." : `, and keep ${quoted(second.title, 120)} for the case that ${who} does not move.`}`,
    tone === "firm"
      ? `The aim is a decision, not another talk: a signature or an honest no from ${who}, ${day}.`
      : `The aim of the next contact is one thing only: a meeting with a day, a purpose and the person who decides, ${day}.`,
  ];
  if (facts.price !== undefined) {
    sentences.push(
      `Keep ${facts.price} as it is. If something has to give, let it be scope, term or payment, and only against something in return.`,
    );
  }
  if (tone === "firm")
    sentences.push(
      "If the day passes without an answer, close the deal in your forecast and call the next person in the account.",
    );
  return sentences.join(" ");
}

function tactics({ facts, plays }: Picture, variant: number, tone: "calm" | "firm"): string[] {
  const who = facts.contact ?? "your contact";
  const [lead, second] = rotate(plays, variant);
  const moves = [...(lead?.moves ?? []).slice(0, 4), ...(second?.moves ?? []).slice(0, 2)];
  const first =
    tone === "firm"
      ? `Today: send ${who} the message below, and call two hours later.`
      : `Today: send ${who} the message below, and put a call into your calendar for the day after tomorrow.`;
  const last =
    tone === "firm"
      ? ["Ask for the signature in plain words, then be silent until the answer is there."]
      : [];
  return [first, ...moves, ...last].slice(0, 8).map((text) => clip(text, 900));
}

function shorter(picture: Picture, previous: Strategy): Strategy {
  const { signals, situation } = picture;
  const aims = previous.strategy.split(/(?<=[.!?])\s+/);
  return {
    analysis: clipText(
      [`Stage: ${signals.stage}.`, `${signals.risks[0] ?? situation.risk}.`, OFFLINE_NOTICE].join("\n\n"),
      1_000,
    ),
    strategy: clipText(aims.slice(0, Math.max(1, Math.floor(aims.length / 2))).join(" "), 1_000),
    tactics: previous.tactics
      .slice(0, Math.max(1, Math.min(3, previous.tactics.length - 1)))
      .map((text) => clip(text, 300)),
    draftMessage: shorten(previous.draftMessage),
  };
}

/** Plays whose situation was found come first, then those that share most words with the deal. */
function rankPlays(plays: readonly Play[], deal: string, found: readonly Situation[]): Play[] {
  const words = new Set(contentStems(toWords(deal)));
  const order = found.length > 0 ? found.map(({ id }) => id) : [OPEN_SITUATION.id];
  const scoreOf = ({ id, title, when }: Play) => {
    const place = order.indexOf(id);
    const shared = new Set(contentStems(toWords(`${title} ${when}`)).filter((word) => words.has(word))).size;
    return (place < 0 ? 0 : 100 - place) + shared;
  };
  return plays
    .map((play) => ({ play, score: scoreOf(play) }))
    .sort((a, b) => b.score - a.score)
    .map(({ play }) => play);
}

function rotate<T>(items: readonly T[], by: number): T[] {
  const at = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}

/** Keeps line breaks, unlike {@link clip}. */
function clipText(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  return `${text.slice(0, maxCharacters - 3).toWellFormed()}...`;
}
