import { type Sentence, tellingWords, toWords, type Word, type WordClass } from "../text/words.ts";

/** A wording as it is looked for. */
interface Wording {
  steps: Step[];
  /** Only a question can hold it. */
  asksQuestion: boolean;
  /** It has no other words than those of grammar, so these are not passed over. */
  countsEveryWord: boolean;
}

type Step = { stem: string } | { prefix: string } | { oneOf: WordClass };

/** How many words may stand between those of a wording. */
const MAX_GAP = 3;
const MARKERS = /<(question|number|money|percent|date)>/g;
const parsed = new Map<string, Wording>();

/**
 * The first sentence that holds a wording: its words close to one another, in any order and inflection.
 *
 * A wording is words of which `word*` matches by its beginning, `<number>`, `<money>`, `<percent>` and `<date>` match
 * anything of the kind, and `<question>` asks for a sentence that is a question.
 */
export function findWording(sentences: readonly Sentence[], wording: string): Sentence | undefined {
  const wanted = parse(wording);
  return sentences.find((sentence) => holds(sentence, wanted));
}

function parse(wording: string): Wording {
  const known = parsed.get(wording);
  if (known) return known;
  const markers = [...wording.matchAll(MARKERS)].map(([, marker]) => marker);
  const pieces = wording.replaceAll(MARKERS, " ").split(/\s+/).filter(Boolean);
  const prefixes = pieces.filter((piece) => piece.endsWith("*"));
  const all = toWords(pieces.filter((piece) => !piece.endsWith("*")).join(" "));
  const words = tellingWords(all);
  const result: Wording = {
    steps: [
      ...words.map(({ stem }): Step => ({ stem })),
      ...prefixes.map((piece): Step => ({ prefix: piece.slice(0, -1).toLowerCase() })),
      ...markers
        .filter((marker) => marker !== "question")
        .map((marker): Step => ({ oneOf: marker as WordClass })),
    ],
    asksQuestion: markers.includes("question"),
    countsEveryWord: words.length === all.length && all.every(({ isFunction }) => isFunction),
  };
  parsed.set(wording, result);
  return result;
}

function holds({ words, isQuestion }: Sentence, { steps, asksQuestion, countsEveryWord }: Wording): boolean {
  if (asksQuestion && !isQuestion) return false;
  if (steps.length === 0) return asksQuestion;
  const telling = countsEveryWord ? words : tellingWords(words);
  const span = steps.length + MAX_GAP;
  return telling.some((word, start) => {
    if (!steps.some((step) => fits(word, step))) return false;
    return fillsAll(telling.slice(start, start + span), steps);
  });
}

/** Whether each step finds a word of its own. */
function fillsAll(window: readonly Word[], steps: readonly Step[]): boolean {
  const used = new Set<number>();
  return steps.every((step) => {
    const index = window.findIndex((word, at) => !used.has(at) && fits(word, step));
    if (index < 0) return false;
    used.add(index);
    return true;
  });
}

function fits(word: Word, step: Step): boolean {
  if ("oneOf" in step) return word.classes.has(step.oneOf);
  if ("prefix" in step) return word.raw.toLowerCase().startsWith(step.prefix);
  return word.stem === step.stem;
}
