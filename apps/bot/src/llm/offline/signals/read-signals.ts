import type { Signals } from "../../../coaching/task.ts";
import { OFFLINE_NOTICE } from "../offline-notice.ts";
import { quoted } from "../text/clip.ts";
import { toSentences } from "../text/words.ts";
import { SITUATIONS, situationsOf } from "./situations.ts";

/** Longer descriptions are read up to here. */
export const MAX_DEAL_CHARACTERS = 12_000;

/** From late to early: a deal stands where the latest sign of it is. */
const STAGES: [string, RegExp][] = [
  ["Renewal", /\b(?:renew\w*|existing customer|churn\w*|contract (?:ends|expires)|upsell)\b/i],
  [
    "Contract and approval",
    /\b(?:contract (?:is|was|sent)|redlines?|legal (?:review|team)|procurement|purchasing|signature|verbal (?:yes|commitment|approval)|msa|security review)\b/i,
  ],
  [
    "Negotiation",
    /\b(?:negotiat\w+|discount|better price|payment terms|too expensive|price|pricing|percent off|% off)\b/i,
  ],
  ["Proposal", /\b(?:proposal|quote|quoted|offer)\b/i],
  [
    "Evaluation",
    /\b(?:pilot|trial|proof of concept|poc|demo|evaluat\w+|shortlist\w*|rfp|tender|compar\w+)\b/i,
  ],
  ["Discovery", /\b(?:discovery|first (?:call|meeting)|intro call|qualif\w+|needs|pain|problem)\b/i],
  ["First contact", /\b(?:cold call|prospect\w*|outreach|linkedin|lead|send me an email|gatekeeper)\b/i],
];

const BUYING_SIGNALS: [string, RegExp][] = [
  [
    "They say they like it",
    /\b(?:(?:really |absolutely )?(?:loves?|loved|likes?|liked|impressed|excited|enthusiastic|keen|convinced)|great (?:demo|meeting|call)|(?:demo|meeting|call|pilot) went (?:\w+ )?(?:well|great|good)|positive feedback)\b/i,
  ],
  [
    "Someone inside speaks for you",
    /\b(?:champion|sponsor|advocate|on our side|supports? us|wants us|pushing for us|in our favou?r)\b/i,
  ],
  [
    "Money is available",
    /\b(?:budget (?:is |was |has been )?(?:approved|available|allocated|set aside|there)|has budget|have budget|funded)\b/i,
  ],
  [
    "They have a date",
    /\b(?:go[- ]live|launch|deadline|need(?:s|ed)? (?:it|this) by|want(?:s|ed)? to (?:start|be live|sign|decide|go live)|before (?:the )?(?:end|peak|season|\w+ day|christmas|easter|january|february|march|april|june|july|august|september|october|november|december)|contract (?:ends|expires)|licen[cs]e (?:ends|expires))\b/i,
  ],
  [
    "The problem has a price",
    /(?:\b(?:cost(?:s|ing)?|los(?:e|es|ing)|lost|wast(?:e|es|ing)|sav(?:e|es|ed|ing|ings)|spend(?:s|ing)?)\b[^.!?\n]{0,60}(?:[$€£]\s?\d|\d[\d.,]*\s?(?:k|m|%|percent|hours?|days?|euros?|dollars?|pounds|people)\b))/i,
  ],
  [
    "They ask about what comes after the purchase",
    /\b(?:onboarding|implementation|rollout|roll-out|training|references?|how (?:soon|fast|long)|kick-?off|contract draft|asked for (?:a|the) (?:contract|proposal|quote|offer))\b/i,
  ],
  [
    "The result is proven",
    /\b(?:pilot|trial|test|proof of concept)\b[^.!?\n]{0,80}\b(?:success\w*|reduced|cut|saved|improved|increased|worked)\b/i,
  ],
  [
    "They agreed in words",
    /\b(?:verbal (?:yes|commitment|agreement|approval)|said yes|agreed (?:to|on)|ready to sign|want(?:s)? to buy|selected us|chose us|preferred vendor)\b/i,
  ],
];

const NEGATED =
  /\b(?:not|no|never|isn't|aren't|wasn't|doesn't|don't|didn't|hasn't|haven't|lost|without)\b[^.!?\n]{0,12}$/i;

const UNKNOWNS: [string, RegExp][] = [
  [
    "Who signs, and who could stop it even if everyone else wants it?",
    /\b(?:signs?|signature|ceo|cfo|decision[- ]?maker|approv\w+|board)\b/i,
  ],
  [
    "What does the problem cost them per month, in their own figures?",
    /\b(?:cost(?:s|ing)? them|los(?:e|es|ing)|sav(?:e|es|ing)|wast\w+|hours? (?:a|per))\b/i,
  ],
  [
    "By when do they need it, and what happens if that day passes?",
    /\b(?:by (?:the )?(?:end|\w+day|january|february|march|april|may|june|july|august|september|october|november|december|q[1-4])|deadline|go[- ]live|before|expires|launch)\b/i,
  ],
  ["Where does the money come from, and is it set aside?", /\bbudget/i],
  [
    "What else do they compare you with, doing nothing included?",
    /\b(?:competitor|competing|rival|alternative|vs\.?|versus|in-house|incumbent|other (?:vendor|offer|supplier)s?|another (?:vendor|offer|supplier)|looking at|comparing|evaluating)\b/i,
  ],
  [
    "What is the next step, on which day, and who will be there?",
    /\b(?:next (?:step|meeting|call)|scheduled|on (?:mon|tues|wednes|thurs|fri)day|tomorrow|meeting (?:is|on))\b/i,
  ],
  [
    "Who besides your contact gains from it, and have you spoken with them?",
    /\b(?:users?|team leads?|stakeholders?|other departments?|colleagues?|sponsor)\b/i,
  ],
];

/** Reads a description for signs by their wording, and quotes what it found. */
export function readSignals(description: string): Signals {
  const deal = description.slice(0, MAX_DEAL_CHARACTERS);
  const sentences = toSentences(deal).map(({ text }) => text);
  const stage = STAGES.flatMap(([name, pattern]) => {
    const found = findPart(sentences, pattern);
    return found === undefined ? [] : [`${name} (${quoted(found, 120)})`];
  })[0];
  const risks = SITUATIONS.flatMap(({ risk, pattern }) => {
    const found = findPart(sentences, pattern);
    return found === undefined ? [] : [`${risk}: ${quoted(found, 180)}`];
  });
  const buyingSignals = BUYING_SIGNALS.flatMap(([label, pattern]) => {
    const found = findPart(
      sentences,
      pattern,
      (part, at) => !NEGATED.test(part.slice(0, at)) && !isSetback(part),
    );
    return found === undefined ? [] : [`${label}: ${quoted(found, 180)}`];
  });
  const unknowns = UNKNOWNS.filter(([, pattern]) => !pattern.test(deal)).map(([question]) => question);
  return {
    stage: stage ?? "Not clear from the description",
    buyingSignals: buyingSignals.slice(0, 6),
    risks: risks.slice(0, 6),
    unknowns: [...unknowns.slice(0, 6), OFFLINE_NOTICE],
  };
}

/** The part of a sentence that a pattern is found in: what stands between "but", "and" and the like. */
function findPart(
  sentences: readonly string[],
  pattern: RegExp,
  accept: (part: string, at: number) => boolean = () => true,
): string | undefined {
  for (const sentence of sentences) {
    const whole = pattern.exec(sentence);
    if (whole === null) continue;
    // A pattern may reach over a joint, and then only the whole sentence holds it.
    const part = sentence.split(JOINT).find((piece) => pattern.test(piece)) ?? sentence;
    if (accept(part, pattern.exec(part)?.index ?? 0)) return part.trim();
  }
  return undefined;
}

const JOINT = /,?\s+(?:but|while|although|however)\s+|,\s+and\s+|\s+and (?=(?:I|we|they|he|she|the)\b)/i;

/** A champion who left or went silent speaks for nobody. */
function isSetback(part: string): boolean {
  return situationsOf(part).some(({ id }) => id === "champion-left" || id === "ghosted");
}
