import { stem } from "./stem.ts";

/** What kind of thing a word is, beside being a word: evidence may ask for any number, amount of money or date. */
export type WordClass = "number" | "money" | "percent" | "date";

export interface Word {
  /** As it was written. */
  raw: string;
  stem: string;
  classes: ReadonlySet<WordClass>;
  /** Words of grammar, such as "the": they make prose, but no evidence. */
  isFunction: boolean;
}

export interface Sentence {
  text: string;
  words: Word[];
  isQuestion: boolean;
}

const CONTRACTIONS: [RegExp, string][] = [
  [/\b(can)not\b/gi, "$1 not"],
  [/\b(ca|sha|wo)n't\b/gi, "will not"],
  [/n't\b/gi, " not"],
  [/'ll\b/gi, " will"],
  [/'ve\b/gi, " have"],
  [/'re\b/gi, " are"],
  [/'m\b/gi, " am"],
  [/'d\b/gi, " would"],
  [/\b(what|who|it|that|there|here|how|where|when|let|he|she|why)'s\b/gi, "$1 is"],
  [/'s\b/gi, ""],
];

const WORD = /[$€£]?\s?\d[\d.,:]*\d?\s?(?:%|percent\b|k\b|m\b|am\b|pm\b|[$€£])?|[\p{L}][\p{L}\p{M}]*/giu;

const FUNCTION_WORDS = new Set(
  (
    "a an the and or but nor so yet if then than that this these those there here it its i me my we us our you your he him his she her " +
    "they them their is are was were be been being am do does did doing have has had having will would shall should can could may might " +
    "must of to in on at by for from with without into onto about over under as out up off down through between after before during " +
    "until while because since what which who whom whose when where why how not no yes all any both each every few more most other some " +
    "such only own same too very just also even still already again once let get got one ones is what"
  ).split(" "),
);

/** Function words that decide what a phrase says: "who signs" is not "when signs". */
const TELLING = new Set(
  "who whom whose what which when where why how not no if before after until without because between".split(
    " ",
  ),
);

const NUMBER_WORDS = new Set(
  "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty ninety hundred thousand half twice double".split(
    " ",
  ),
);
const DATE_WORDS = new Set(
  (
    "monday tuesday wednesday thursday friday saturday sunday january february april june july august september october november december " +
    "today tomorrow tonight week month quarter morning afternoon noon deadline"
  ).split(" "),
);
/** Months that are words too count as dates only when they are written as names. */
const DATE_NAMES = new Set(["March", "May"]);

export function toWords(text: string): Word[] {
  const plain = CONTRACTIONS.reduce(
    (changed, [pattern, replacement]) => changed.replace(pattern, replacement),
    text.normalize("NFKC").replaceAll(/[’‘`´]/g, "'"),
  );
  return [...plain.matchAll(WORD)].map(([raw]) => toWord(raw.trim()));
}

function toWord(raw: string): Word {
  if (/\d/.test(raw)) return toNumber(raw);
  const lower = raw.toLowerCase().normalize("NFD").replaceAll(/\p{M}/gu, "");
  const classes = new Set<WordClass>();
  if (NUMBER_WORDS.has(lower)) classes.add("number");
  if (DATE_WORDS.has(lower.replace(/s$/, "")) || DATE_NAMES.has(raw)) classes.add("date");
  return { raw, stem: stem(lower), classes, isFunction: FUNCTION_WORDS.has(lower) };
}

function toNumber(raw: string): Word {
  const classes = new Set<WordClass>(["number"]);
  if (/[$€£]|\dk$/i.test(raw)) classes.add("money");
  if (/%|percent/i.test(raw)) classes.add("percent");
  if (/\d:\d|[ap]m$/i.test(raw)) classes.add("date");
  const digits = raw.replaceAll(/[^\d.:]/g, "").replace(/[.:]+$/, "");
  const thousands = /\dk$/i.test(raw.replaceAll(/\s/g, "")) ? "000" : "";
  return { raw, stem: `${digits}${thousands}`, classes, isFunction: false };
}

/** The part of a phrase that must be found: its words of grammar are left out, unless they are all there is. */
export function tellingWords(words: readonly Word[]): Word[] {
  const telling = words.filter(({ isFunction, raw }) => !isFunction || TELLING.has(raw.toLowerCase()));
  return telling.length > 0 ? telling : [...words];
}

/** Words that carry the content of a text. */
export function contentStems(words: readonly Word[]): string[] {
  return words.filter(({ isFunction }) => !isFunction).map(({ stem: word }) => word);
}

const SENTENCE_END = /(?<=[.!?…]["'”’)\]]{0,3})\s+|\n+|(?<=;)\s+/u;

export function toSentences(text: string): Sentence[] {
  return text
    .split(SENTENCE_END)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== "")
    .map((piece) => ({
      text: piece,
      words: toWords(piece),
      isQuestion: /\?["'”’)\]]*[,.;]?$/.test(piece) || /\?["”’]/.test(piece),
    }))
    .filter(({ words }) => words.length > 0);
}
