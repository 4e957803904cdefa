import { toSentences } from "../text/words.ts";
import type { DealFacts } from "./deal-facts.ts";
import { BRIEF_ASKS, FIRM_ASKS, messagePartsFor } from "./message-parts.ts";

/** Messages to the buyer that fit a situation, each another way to say it. */
export function draftMessages(facts: DealFacts, situation: string): string[] {
  const { openings, asks } = messagePartsFor(situation);
  return openings.map((opening, index) => {
    const ask = asks[index % asks.length];
    return join(facts, sentence(facts, opening(facts)), factsLine(facts, index), ask?.(facts));
  });
}

/** The same with a day by which the buyer has to decide. */
export function firmMessages(facts: DealFacts, situation: string): string[] {
  const { openings } = messagePartsFor(situation);
  return FIRM_ASKS.map((ask, index) => {
    const opening = openings[index % openings.length];
    return join(facts, opening && sentence(facts, opening(facts)), factsLine(facts, index), ask(facts));
  });
}

const SHORTER = 0.55;

/**
 * A message in little more than half of its characters: its last question or request stays, then what names a
 * number, then the rest in its order while there is room.
 */
export function shorten(message: string): string {
  const room = Math.floor(message.length * SHORTER);
  const [greeting, ...sentences] = toSentences(message).map(({ text }) => text);
  const all =
    greeting !== undefined && /^(?:hello|hi|dear)\b[^.!?]{0,60},?$/i.test(greeting)
      ? sentences
      : [greeting ?? "", ...sentences];
  const hello = all === sentences ? `${greeting}\n\n` : "";
  const asks = all.findLastIndex((text) => /\?|\bby\b|\bsign\b/i.test(text));
  const order = [...all.keys()].sort((a, b) => rank(all, b, asks) - rank(all, a, asks) || a - b);
  const chosen: number[] = [];
  const write = (indexes: readonly number[]) =>
    `${hello}${[...indexes]
      .sort((a, b) => a - b)
      .map((index) => all[index])
      .join(" ")}`;
  for (const index of order) if (write([...chosen, index]).length <= room) chosen.push(index);
  if (chosen.length > 0 && (asks < 0 || chosen.includes(asks))) return write(chosen);
  const brief = [...BRIEF_ASKS.map((ask) => `${hello}${ask}`), ...BRIEF_ASKS].find(
    (text) => text.length <= room,
  );
  return brief ?? BRIEF_ASKS.at(-1) ?? message;
}

function rank(sentences: readonly string[], index: number, asks: number): number {
  if (index === asks) return 2;
  return /\d/.test(sentences[index] ?? "") ? 1 : 0;
}

/** Begins with a capital when no name stands before it. */
function sentence(facts: DealFacts, text: string): string {
  return facts.contact === undefined || text.startsWith("I ") ? capital(text) : capital(text);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What the buyer said or what the problem costs, where it is known. */
function factsLine({ pain, quote }: DealFacts, index: number): string | undefined {
  const lines: string[] = [];
  if (pain !== undefined)
    lines.push(
      index % 2 === 0
        ? `In my notes from our talk it says: ${pain}.`
        : `What stays with me from our talk: ${pain}.`,
    );
  if (quote !== undefined)
    lines.push(index % 2 === 0 ? `You said: "${quote}"` : `Your words were: "${quote}"`);
  if (lines.length === 0) return undefined;
  const line = lines[index % lines.length];
  return line !== undefined && /[.!?"]$/.test(line) ? line : undefined;
}

function join({ contact }: DealFacts, ...paragraphs: (string | undefined)[]): string {
  const greeting = contact === undefined ? "Hello," : `Hello ${contact},`;
  return [greeting, ...paragraphs.filter((text) => text !== undefined && text !== "")].join("\n\n");
}
