import type { Play } from "../../../coaching/exercise.ts";

/** What to do when the playbook gave nothing for a deal, or a strategy is written again without it. */
export const APPROACHES: readonly Play[] = [
  {
    id: "ask-for-the-path",
    title: "Ask for the path to a decision",
    when: "Always.",
    moves: [
      "Ask what has to happen between today and a decision, and write down each step with a name and a day.",
      "Ask who could stop it, even if everyone you know wants it.",
      "Get one step into both calendars before the conversation ends.",
    ],
  },
  {
    id: "second-person",
    title: "Come through a second person",
    when: "Always.",
    moves: [
      "Find the person in the account whose week gets easier with this, and ask them what has been tried so far.",
      "Let them tell you what it costs them, in hours or money, and ask whether you may quote them.",
      "Take that figure back to your contact, and suggest a short talk of all three.",
    ],
  },
  {
    id: "smallest-step",
    title: "Offer the smallest step that can be decided now",
    when: "Always.",
    moves: [
      "Cut the offer down to one team, one site or one month, and name what it costs and what it will show.",
      "Agree on the one number that makes it a success, and on the day on which you look at it together.",
      "Write down before it starts what happens after a good result: who signs, and for what.",
    ],
  },
];
