import { situationsOf } from "../signals/situations.ts";
import { clip } from "../text/clip.ts";
import { toSentences } from "../text/words.ts";

/** What a message to the buyer can name. */
export interface DealFacts {
  /** The first name of the person to write to. */
  contact: string | undefined;
  company: string | undefined;
  rival: string | undefined;
  /** The sum on the offer, as it was written. */
  price: string | undefined;
  /** The day something has to be done by, as it was written. */
  deadline: string | undefined;
  /** What the problem costs, turned towards the buyer: "picking errors cost you 6,000 a month". */
  pain: string | undefined;
  /** The buyer's words, where the description quotes them. */
  quote: string | undefined;
}

const NAME = "[A-Z][a-zà-ÿ]+(?:[- ][A-Z][a-zà-ÿ]+)?";
const ROLE =
  "(?:ceo|cfo|cto|cio|coo|cmo|ciso|vp|head|director|manager|owner|founder|lead|buyer|champion|contact|sponsor|successor|chief|procurement|president|partner)";
const SPEAKS =
  "(?:said|says|told|wrote|writes|replied|asked|asks|stopped|hasn't|has not|haven't|didn't|doesn't|does not|went quiet|went dark|went silent|loves|loved|likes|liked|is my|is our|was my|seems|wants|agreed|promised|called|emailed|mentioned|confirmed)";

/** In the order of how likely the one it names is the person to write to. */
const PEOPLE: RegExp[] = [
  new RegExp(`\\b(?:champion|contact|sponsor|successor),? (?:is |named |called )?(${NAME})`, "g"),
  new RegExp(
    `\\b(${NAME})(?:,| \\(|,? who is|,? is) ?(?:the |their |our |my |a |an )?(?:new |senior |main |only )?(?:[a-z]+ ){0,2}${ROLE}\\b`,
    "gi",
  ),
  new RegExp(`\\b${ROLE}(?: of [a-z]+)?,? (?:is |named |called |there is )?(${NAME})\\b`, "gi"),
  new RegExp(`\\b(${NAME}) ${SPEAKS}\\b`, "g"),
];
const PERHAPS_PEOPLE = [new RegExp(`\\b(?:spoke|spoken|met|emailed|wrote) (?:with |to )?(${NAME})\\b`, "g")];
const COMPANIES: RegExp[] = [
  /\b((?:[A-Z][\w&-]+ ){0,2}[A-Z][\w&-]* (?:Inc|Corp|Corporation|GmbH|AG|Ltd|Limited|LLC|Group|Bank|Foods|Logistics|Industries|Systems|Partners|Insurance|Energy|Holding|Plastics|Health|Software|Media|Motors)\b)/g,
  /\b(?:at|customer|client|prospect|account|company)(?: called| named)? ([A-Z][\w&-]+(?: [A-Z][\w&-]+)?)\b/g,
];
const PERHAPS_COMPANIES = [
  /\b(?:deal|call|meeting|demo|contract|opportunity|talks|pilot|working|talking|negotiating) (?:with|to|for) ([A-Z][\w&-]+(?: [A-Z][\w&-]+)?)\b/g,
];
const RIVALS: RegExp[] = [
  /\b(?:competitor|rival|incumbent|against|versus|vs\.?|comparing us (?:with|to)|evaluating|considering|prefers?|(?:also|they(?:'re| are)) (?:also )?(?:looking at|talking to)) (?:is |called |named )?([A-Z][\w&-]+)/gi,
];
const MONEY =
  /(?:[$€£]\s?\d[\d.,]{0,20}\d?\s?(?:k\b|m\b|million\b)?|\b\d[\d.,]{0,20}\s?k\b(?:\s?(?:euros?|dollars?|pounds|usd|eur|gbp|€))?|\b\d[\d.,]{0,20}\s?(?:euros?|dollars?|pounds|usd|eur|gbp|€)(?:\b|$))(?:\s(?:a|per) (?:year|month|seat|user))?/gi;
const PRICE_NEAR =
  /\b(?:proposal|quote|quoted|offer|offered|deal|contract|price|priced|arr|acv|worth|licen[cs]e|subscription|order|package)\b/i;
const LOSS_NEAR =
  /\b(?:costs?|costing|los(?:e|es|ing|t)|wast(?:e|es|ing)|sav(?:e|es|ed|ing)|spends?|spending|miss(?:es|ing)?)\b/i;
const MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)";
const DEADLINE = new RegExp(
  `\\b(?:by|before|until|on|from|starts?|expires?|ends?|live|launch\\w*|deadline(?: is)?:?) (?:on |in |by |at )?((?:the )?(?:\\d{1,2}(?:st|nd|rd|th)?(?: of)? ${MONTH}|${MONTH}(?: \\d{1,2}(?:st|nd|rd|th)?\\b)?|(?:end of|next|this) (?:the )?(?:week|month|quarter|year|${MONTH})|Q[1-4]|(?:next |this )?(?:Mon|Tues|Wednes|Thurs|Fri)day))`,
  "i",
);
const NO_NAMES = new Set(
  (
    "The They Their There This That These Then We Our He She His Her It I My You Your But And So Now After Before When What Who If In On At For With From Yes No Not Deal " +
    "Our Both Also Still Since Last Next Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September October November December " +
    "CEO CFO CTO CIO COO CMO VP IT HR Procurement Legal Finance Security Sales Marketing Operations Proposal Budget Pilot Demo Price Everyone Nobody Someone Competitor Company Customer Buyer Champion English German " +
    "Mr Mrs Ms Dr Head Director Manager Team Contact Great Good Hi Hello Please Thanks SaaS CRM ERP RFP"
  ).split(" "),
);
const GONE =
  /^[^.!?]{0,30}\b(?:has left|have left|left (?:the|last|for|us)|just left|resigned|quit|was let go|is leaving|moved to)\b/i;

export function toDealFacts(deal: string): DealFacts {
  const sentences = toSentences(deal).map(({ text }) => text);
  const rival = namesIn(deal, RIVALS, [])[0];
  const surelyCompany = namesIn(deal, COMPANIES, [rival])[0];
  const people = namesIn(deal, PEOPLE, [surelyCompany, rival]);
  const company = surelyCompany ?? namesIn(deal, PERHAPS_COMPANIES, [rival, ...people])[0];
  const contact = [...people, ...namesIn(deal, PERHAPS_PEOPLE, [company, rival])].find(
    (name) => !hasGone(deal, name),
  );
  return {
    contact: contact?.split(" ")[0],
    company,
    rival,
    price:
      amountIn(sentences, (sentence) => PRICE_NEAR.test(sentence)) ??
      amountIn(sentences, (sentence) => !LOSS_NEAR.test(sentence)),
    deadline: DEADLINE.exec(deal)?.[1]?.replace(/^end\b/i, "the end"),
    pain: sentences.map(toBuyersView).find((sentence) => sentence !== undefined),
    quote: [...deal.matchAll(/["“]([^"“”\n]{8,110})["”]/g)]
      .map(([, words]) => (words ?? "").trim())
      .find((words) => !isPutOff(words)),
  };
}

/** "Send me an email" is nothing to remind a buyer of. */
function isPutOff(words: string): boolean {
  return situationsOf(words).some(({ id }) => id === "send-me-an-email" || id === "not-now");
}

function namesIn(
  text: string,
  patterns: readonly RegExp[],
  others: readonly (string | undefined)[],
): string[] {
  const taken = others.flatMap((name) => (name === undefined ? [] : name.split(" ")));
  return patterns
    .flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ""))
    .map((name) =>
      name
        .split(" ")
        .filter((part) => !NO_NAMES.has(part) && /^[A-Z]/.test(part))
        .join(" "),
    )
    .filter(
      (name) => name !== "" && name.length < 40 && !name.split(" ").some((part) => taken.includes(part)),
    );
}

function hasGone(deal: string, name: string): boolean {
  return deal
    .split(name)
    .slice(1)
    .some((after) => GONE.test(after));
}

function amountIn(sentences: readonly string[], fits: (sentence: string) => boolean): string | undefined {
  for (const sentence of sentences) {
    const amounts = fits(sentence) ? sentence.match(MONEY) : null;
    if (amounts?.[0]) return amounts[0].trim().replace(/[.,]$/, "");
  }
  return undefined;
}

/** A sentence about what they lose, as one would say it to them; undefined when it cannot be turned safely. */
function toBuyersView(sentence: string): string | undefined {
  if (!LOSS_NEAR.test(sentence) || !/\d/.test(sentence) || sentence.length > 160) return undefined;
  if (
    /\b(?:I|me|my|we|us|our|he|she|him|his|her|champion|budget|proposal|lost to|discount)\b/i.test(sentence)
  )
    return undefined;
  const turned = sentence
    .replaceAll(/\bthey're\b/gi, "you're")
    .replaceAll(/\btheir\b/gi, "your")
    .replaceAll(/\b(?:they|them)\b/gi, "you")
    .replace(/[.!?;\s]+$/, "");
  return clip(turned.charAt(0).toUpperCase() + turned.slice(1), 160);
}
