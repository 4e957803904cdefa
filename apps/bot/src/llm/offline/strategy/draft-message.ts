import { toSentences } from "../text/words.ts";
import type { DealFacts } from "./deal-facts.ts";
import { BRIEF_ASKS, BRIEF_FIRM_ASKS, firmAsksFor } from "./firm-asks.ts";
import { messagePartsFor } from "./message-parts.ts";

/** Messages to the buyer that fit a situation, each another way to say it. */
export function draftMessages(facts: DealFacts, situation: string): string[] {
  const { openings, asks } = messagePartsFor(situation);
  return openings.map((opening, index) => {
    const ask = asks[index % asks.length];
    return join(facts, capital(opening(facts)), factsLine(facts, index), ask?.(facts));
  });
}

/** The same with a day by which the buyer has to decide. */
export function firmMessages(facts: DealFacts, situation: string): string[] {
  const { openings } = messagePartsFor(situation);
  return firmAsksFor(situation).map((ask, index) => {
    const opening = openings[index % openings.length];
    return join(facts, opening && capital(opening(facts)), factsLine(facts, index), ask(facts));
  });
}

const SHORTER = 0.55;
const GREETING = /^(?:hello|hi|dear)\b[^.!?]{0,60},?$/i;

/**
 * A message in little more than half of its characters: its last question or request stays, then what names a
 * number, then the rest in its order while there is room.
 */
export function shorten(message: string): string {
  const room = Math.floor(message.length * SHORTER);
  const sentences = toSentences(message).map(({ text }) => text);
  const hello = GREETING.test(sentences[0] ?? "") ? `${sentences.shift()}\n\n` : "";
  const ask = lastAsk(sentences);
  const order = [...sentences.keys()].sort(
    (a, b) => rank(sentences, b, ask) - rank(sentences, a, ask) || a - b,
  );
  const write = (indexes: readonly number[]) =>
    hello + sentences.filter((_, index) => indexes.includes(index)).join(" ");
  const chosen: number[] = [];
  for (const index of order) if (write([...chosen, index]).length <= room) chosen.push(index);
  if (chosen.length > 0 && (ask < 0 || chosen.includes(ask))) return write(chosen);

  const brief = /\b(?:sign|decision|decide|yes or no)\b/i.test(message) ? BRIEF_FIRM_ASKS : BRIEF_ASKS;
  const asks = [...firstClause(sentences[ask]), ...brief];
  const fitting = [...asks.map((text) => hello + text), ...asks].find((text) => text.length <= room);
  return fitting ?? brief.at(-1) ?? message;
}

function lastAsk(sentences: readonly string[]): number {
  const question = sentences.findLastIndex((text) => text.endsWith("?"));
  return question >= 0 ? question : sentences.findLastIndex((text) => /\b(?:by|sign)\b/i.test(text));
}

/** A long question without what hangs on it: "Could we meet on Wednesday, and ...?" asks for the Wednesday. */
function firstClause(question: string | undefined): string[] {
  const clause = question?.split(",")[0] ?? "";
  return question?.endsWith("?") && clause.length >= 20 && clause !== question && !clause.includes(":")
    ? [`${clause}?`]
    : [];
}

function rank(sentences: readonly string[], index: number, asks: number): number {
  if (index === asks) return 2;
  return /\d/.test(sentences[index] ?? "") ? 1 : 0;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What the problem costs, what the buyer said, or the day that counts, where they are known. */
function factsLine({ pain, quote, deadline }: DealFacts, index: number): string | undefined {
  const isEven = index % 2 === 0;
  const lines: string[] = [];
  if (pain !== undefined)
    lines.push(
      `${isEven ? "In my notes from our talk it says" : "What stays with me from our talk"}: ${pain}.`,
    );
  if (quote !== undefined) lines.push(`${isEven ? "You said" : "Your words were"}: "${quote}"`);
  if (lines.length === 0 && deadline !== undefined)
    lines.push(`The date to keep in mind, as I noted it, is ${deadline}.`);
  return lines[index % lines.length];
}

function join({ contact }: DealFacts, ...paragraphs: (string | undefined)[]): string {
  const greeting = contact === undefined ? "Hello," : `Hello ${contact},`;
  return [greeting, ...paragraphs.filter((text) => text !== undefined && text !== "")].join("\n\n");
}
