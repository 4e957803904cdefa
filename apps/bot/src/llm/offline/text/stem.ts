const IRREGULAR = new Map(
  Object.entries({
    paid: "pay",
    said: "say",
    told: "tell",
    lost: "lose",
    sent: "send",
    met: "meet",
    spent: "spend",
    bought: "buy",
    won: "win",
    held: "hold",
    kept: "keep",
    chose: "choose",
    chosen: "choose",
    wrote: "write",
    written: "write",
    spoke: "speak",
    spoken: "speak",
    took: "take",
    taken: "take",
    gave: "give",
    given: "give",
    went: "go",
    gone: "go",
    knew: "know",
    known: "know",
    brought: "bring",
    thought: "think",
    understood: "understand",
    people: "person",
    children: "child",
    analyses: "analysis",
    criteria: "criterion",
  }),
);

const VOWEL = /[aeiouy]/;
const DOUBLED = /([bdfgmnprt])\1$/;

/**
 * A lower-case English word without its inflection, so that "signing", "signs" and "signed" meet. Only endings of
 * inflection go (plural, -ed, -ing, -ly): "signature" stays another word than "sign".
 */
export function stem(word: string): string {
  const regular = IRREGULAR.get(word) ?? word;
  if (regular.length <= 3) return regular;
  return withoutFinalE(withoutSuffix(withoutPlural(regular)));
}

function withoutPlural(word: string): string {
  if (/[^aeiou]ies$/.test(word) && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:ss|sh|ch|x|zz)es$/.test(word)) return word.slice(0, -2);
  return /[^siu]s$/.test(word) ? word.slice(0, -1) : word;
}

function withoutSuffix(word: string): string {
  if (/[^aeiou]ied$/.test(word)) return `${word.slice(0, -3)}y`;
  const base = /^(.*?)(?:ing|ed|ly)$/.exec(word)?.[1];
  if (base === undefined || base.length < 3 || !VOWEL.test(base) || /ee$/.test(word.slice(0, -1)))
    return word;
  return DOUBLED.test(base) ? base.slice(0, -1) : base;
}

function withoutFinalE(word: string): string {
  return word.length > 3 && /[^aeiou]e$/.test(word) ? word.slice(0, -1) : word;
}
