import type { Exercise, Play } from "../../src/coaching/exercise.ts";

/** An exercise with two criteria, which weigh 60 and 40. */
export const exercise: Exercise = {
  id: "price-objection",
  title: "The price is too high",
  scenario: "A buyer says that a competitor is a third cheaper.",
  task: "Answer the buyer.",
  rubric: [
    {
      id: "curiosity",
      title: "Curiosity",
      weight: 60,
      looksFor: "Asks what the buyer compares before defending the price.",
      evidence: [["what do you compare"], ["help me understand"]],
    },
    {
      id: "next-step",
      title: "Next step",
      weight: 40,
      looksFor: "Agrees on a next step with a date.",
      evidence: [["tomorrow", "on monday"], ["shall we"]],
    },
  ],
  modelAnswer: "Help me understand what you compare us with. Shall we go through it on Monday?",
};

export const plays: Play[] = [
  {
    id: "champion",
    title: "Arm your champion",
    when: "One person inside wants it, and others block the purchase.",
    moves: ["Write the internal memo for your champion."],
  },
  {
    id: "budget",
    title: "Find the budget",
    when: "The budget is frozen or not approved by finance.",
    moves: ["Ask which line of the budget the pain costs today.", "Split the contract over two quarters."],
  },
  {
    id: "silence",
    title: "Break the silence",
    when: "The buyer has gone silent after the proposal and does not answer emails.",
    moves: ["Send a short email that lets them say no."],
  },
  {
    id: "competitor",
    title: "Face a competitor",
    when: "A cheaper competitor is in the deal.",
    moves: ["Compare the cost of switching."],
  },
];
