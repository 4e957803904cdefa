import type { DealFacts } from "./deal-facts.ts";
import type { Ask } from "./message-parts.ts";

/** The asks of a rep who wants the decision now: a day, and something to say yes or no to. Nothing in them is a bluff. */
const DECISION_ASKS: Ask[] = [
  (facts) =>
    `I need your decision by ${firmDay(facts)}, because I have to fix the people and the start after that. Shall I send the contract for signature today?`,
  (facts) =>
    `I would like to settle this with you by ${firmDay(facts)}. I am sending you the agreement for signature today: will you sign it by then, or tell me the one point that stands in the way?`,
  (facts) =>
    `Let us decide it by ${firmDay(facts)}: fifteen minutes with the person who signs, and at the end a clear yes or no. Who should be in the invitation?`,
  (facts) =>
    `We have talked enough to know whether it fits. If it is a yes, sign by ${firmDay(facts)} and we start the week after; if it is a no, tell me by the same day and I close it.`,
];

/** Where nothing is on the table yet that could be signed. */
const MEETING_ASKS: Ask[] = [
  (facts) =>
    `Please decide by ${firmDay(facts)} whether this is worth thirty minutes with the people it concerns. If yes, which day next week? If no, I take it off my list.`,
  (facts) =>
    `I am blocking Tuesday at ten for us. Will you confirm it by ${firmDay(facts)} and bring the one who decides, or tell me that it is a no?`,
  (facts) =>
    `I would rather have a no by ${firmDay(facts)} than a perhaps next month. What has to be in the room for you to decide, and who?`,
];

const RENEWAL_ASKS: Ask[] = [
  (facts) =>
    `Please choose by ${firmDay(facts)}: six weeks with one team, measured by one number, or the contract ends as planned. Which of the two shall I prepare?`,
  (facts) =>
    `I need a yes by ${firmDay(facts)} to put my best person on it. Do we begin on Monday with the team that you name?`,
  (facts) =>
    `Let us decide by ${firmDay(facts)}, in twenty minutes and with the person who bought it: do we mend it, or do we end it well?`,
];

export function firmAsksFor(situation: string): Ask[] {
  if (situation === "renewal-at-risk") return RENEWAL_ASKS;
  return ["no-next-step", "send-me-an-email", "not-now", "champion-left"].includes(situation)
    ? MEETING_ASKS
    : DECISION_ASKS;
}

/** A day close enough to ask for; a vague "end of the quarter" is none. */
function firmDay({ deadline }: DealFacts): string {
  return deadline !== undefined && /day\b/i.test(deadline) ? deadline : "Friday at noon";
}

/** The shortest messages there are, for one that has been shortened before. From long to short. */
export const BRIEF_ASKS = [
  "Is this still on, later, or off? One word is enough.",
  "Still on, later, or off?",
  "Yes, later or no?",
  "Yes or no?",
];
/** The same for one that asks for a decision. */
export const BRIEF_FIRM_ASKS = [
  "Will you decide by Friday at noon, yes or no?",
  "Yes or no, by Friday at noon?",
  "Yes or no by Friday?",
  "Yes or no?",
];
