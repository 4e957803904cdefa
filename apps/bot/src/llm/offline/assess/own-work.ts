import type { Exercise } from "../../../coaching/exercise.ts";
import { contentStems, type Sentence, toSentences, toWords, type Word } from "../text/words.ts";

/** What of an answer the rep wrote, and how far it carries. */
export interface OwnWork {
  /** Sentences that may hold evidence: prose, each once, and not copied. */
  sentences: Sentence[];
  /** No score is above this, 0 to 100. */
  cap: number;
  /** How much of the grade the answer's length and its use of the case allow, 0 to 1. */
  share: number;
  /** What held the score down, in sentences to the rep. */
  reasons: string[];
}

const MAX_CHARACTERS = 20_000;
/** An answer this long has room for everything; shorter ones are compared with the model answer. */
const ENOUGH_WORDS = 45;
const MIN_WORDS = 12;
/** An answer that uses this much of its case was written for it. */
const ENOUGH_FACTS = 7;
/** Runs of this many words that stand in the task are its words, not the rep's. */
const COPIED_RUN = 5;
/** Who speaks without a full stop for longer than this says mostly words of grammar; a list of key words does not. */
const LONG_SENTENCE = 45;

/** Tells an answer from what only looks like one: copied, stuffed with keywords, repeated, or too short. */
export function toOwnWork({ title, scenario, task, rubric, modelAnswer }: Exercise, answer: string): OwnWork {
  const rubricText = [
    title,
    task,
    ...rubric.flatMap((criterion) => [criterion.title, criterion.looksFor]),
  ].join(".\n");
  const all = toSentences(answer.slice(0, MAX_CHARACTERS));
  const once = withoutRepeats(all);
  const ofRubric = toCopyFinder(rubricText, 0.5);
  // Facts of the case belong into an answer, nearly in their own words.
  const ofScenario = toCopyFinder(scenario, 0.75);
  const own = once.filter((sentence) => !ofRubric(sentence) && !ofScenario(sentence));
  const prose = own.filter(isProse);
  const reasons: string[] = [];
  let cap = 100;
  const lower = (limit: number, reason: string) => {
    if (limit < cap) cap = limit;
    reasons.push(reason);
  };

  if (isForeign(answer)) {
    lower(0, "This coach reads English only; write the answer in English to have it graded.");
    return { sentences: [], cap, share: 0, reasons };
  }
  const words = wordCount(once);
  if (words > 0 && wordCount(own) < words / 2) {
    lower(
      25,
      "Most of the answer repeats the task or the scenario. Write what you would say to this buyer, in your own words.",
    );
  }
  const novelty = noveltyOf(own, rubricText);
  if (wordCount(own) > 0 && novelty < 0.4) {
    lower(
      novelty < 0.2 ? 10 : 30,
      "The answer says back what a good answer should hold. Do it: write the sentences you would say.",
    );
  }
  if (wordCount(own) > 0 && noveltyOf(own, `${rubricText}\n${wordings(rubric)}`) < 0.15) {
    lower(20, "Every word of this is one that the coach looks for, and nothing joins them to this case.");
  }
  if (wordCount(own) > 0 && wordCount(prose) < wordCount(own) / 2) {
    lower(25, "This is a list of key words. A buyer hears sentences, so write them as you would say them.");
  }
  const enough = Math.min(ENOUGH_WORDS, Math.round(toWords(modelAnswer).length * 0.45));
  const written = wordCount(prose);
  const facts = factsUsed(prose, scenario);
  if (written < MIN_WORDS) {
    lower(25, "The answer is too short to show how you would handle this conversation.");
  } else if (facts < ENOUGH_FACTS / 2) {
    reasons.push("Most of this could be said to any buyer. Use the names, figures and events of this case.");
  } else if (written < enough * 0.7) {
    reasons.push("There is room for more: say the next sentences too, with the facts of this case.");
  }
  const share = (0.4 + 0.6 * Math.min(1, written / enough)) * (0.4 + 0.6 * Math.min(1, facts / ENOUGH_FACTS));
  return { sentences: prose, cap, share, reasons };
}

/** Whether most letters belong to another script than English is written in. */
function isForeign(answer: string): boolean {
  const letters = answer.slice(0, MAX_CHARACTERS).match(/\p{L}/gu) ?? [];
  return letters.filter((letter) => /\p{Script=Latin}/u.test(letter)).length < letters.length / 2;
}

function wordings(rubric: Exercise["rubric"]): string {
  return rubric
    .flatMap(({ evidence }) => evidence.flat())
    .join("\n")
    .replaceAll(/<\w+>|\*/g, " ");
}

function wordCount(sentences: readonly Sentence[]): number {
  return sentences.reduce((sum, { words }) => sum + words.length, 0);
}

function withoutRepeats(sentences: readonly Sentence[]): Sentence[] {
  const kept: { sentence: Sentence; stems: Set<string> }[] = [];
  for (const sentence of sentences) {
    const stems = new Set(sentence.words.map(({ stem }) => stem));
    if (!kept.some((other) => other.stems.size * 2 >= stems.size && overlap(stems, other.stems) > 0.8)) {
      kept.push({ sentence, stems });
    }
  }
  return kept.map(({ sentence }) => sentence);
}

function overlap(stems: ReadonlySet<string>, others: ReadonlySet<string>): number {
  return [...stems].filter((word) => others.has(word)).length / stems.size;
}

/** Whether more than a share of a sentence stands, in the same order, in the text. */
function toCopyFinder(text: string, share: number): (sentence: Sentence) => boolean {
  const runs = new Set(toRuns(toWords(text)));
  return ({ words }) => {
    const covered = new Set<number>();
    for (const [start, run] of toRuns(words).entries()) {
      if (!runs.has(run)) continue;
      for (let at = start; at < start + COPIED_RUN; at++) covered.add(at);
    }
    return covered.size > words.length * share;
  };
}

function toRuns(words: readonly Word[]): string[] {
  const stems = words.map(({ stem }) => stem);
  return stems
    .slice(0, Math.max(0, stems.length - COPIED_RUN + 1))
    .map((_, at) => stems.slice(at, at + COPIED_RUN).join(" "));
}

/** The share of an answer's different content words that the rubric does not hold. */
function noveltyOf(sentences: readonly Sentence[], rubricText: string): number {
  const given = new Set(contentStems(toWords(rubricText)));
  const used = [...new Set(sentences.flatMap(({ words }) => contentStems(words)))];
  return used.length === 0 ? 0 : used.filter((word) => !given.has(word)).length / used.length;
}

/** How much of the case an answer uses: a name or a figure of the scenario counts two, another word of content one. */
function factsUsed(sentences: readonly Sentence[], scenario: string): number {
  const used = new Set(sentences.flatMap(({ words }) => contentStems(words)));
  const worth = new Map<string, number>();
  for (const { words } of toSentences(scenario)) {
    for (const [index, { raw, stem, isFunction }] of words.entries()) {
      if (isFunction || stem.length < 2) continue;
      const isFact = /^\P{L}*\d/u.test(raw) || (index > 0 && /^\p{Lu}/u.test(raw));
      worth.set(stem, Math.max(worth.get(stem) ?? 0, isFact ? 2 : 1));
    }
  }
  return [...worth].reduce((sum, [word, value]) => sum + (used.has(word) ? value : 0), 0);
}

/** Sentences have words of grammar between those of content; lists of key words have commas instead. */
function isProse({ words, text, isQuestion }: Sentence): boolean {
  const functionWords = words.filter(({ isFunction }) => isFunction).length;
  const different = new Set(words.map(({ stem }) => stem)).size;
  const separators = text.match(/[,|/•·]/g)?.length ?? 0;
  if (words.length < 3) return isQuestion && functionWords > 0;
  const needed = words.length > LONG_SENTENCE ? 0.35 : 0.22;
  return (
    functionWords / words.length >= needed &&
    separators / words.length < 0.25 &&
    different / words.length > 0.35
  );
}
