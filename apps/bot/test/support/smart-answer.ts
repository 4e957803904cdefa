import type { AnswerTo } from "../../src/coaching/task.ts";
import type { TaskKind } from "./model-server.ts";

/** The JSON of an answer that fits what the prompt asks for; grades are 80 for each criterion that it lists. */
export function toSmartAnswer(task: TaskKind | undefined, prompt: string): string {
  return JSON.stringify(task === undefined ? { answer: "ok" } : ANSWERS[task](prompt));
}

const ANSWERS: { [K in TaskKind]: (prompt: string) => AnswerTo<K> } = {
  assess: (prompt) => ({
    grades: [...prompt.matchAll(/^- ([a-z][a-z0-9-]*) \(weight \d+\)/gm)].map(([, criterion = ""]) => ({
      criterion,
      grade: 80,
    })),
    strengths: ["You asked before you told."],
    improvements: ["Name a next step."],
  }),
  signals: () => ({
    stage: "evaluation",
    buyingSignals: ["They asked for a contract."],
    risks: ["The budget is not approved."],
    unknowns: ["Who signs?"],
  }),
  strategy: (prompt) => ({
    analysis: "They want it and wait for a budget.",
    strategy: /more aggressive|push harder/i.test(prompt)
      ? "Ask for the signature now."
      : "Help them to the budget.",
    tactics: ["Write the business case with them."],
    draftMessage: "Shall we write the two lines for your finance team together?",
  }),
  memory: () => ({ notes: ["Asks good questions; forgets the next step."] }),
};
