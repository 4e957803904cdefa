/** What goes wrong with the model while it works on an answer; it gets over all but the last. */
export const TROUBLES = ["busy", "garbled", "cut", "refused"] as const;
export type Trouble = (typeof TROUBLES)[number];

/** What a user's text tells the model about itself, and what every reply to it must repeat. */
export interface Mark {
  userId: number;
  /** Of the user's texts. */
  number: number;
  /** What the model gives on each criterion. */
  grade: number;
  trouble: Trouble | undefined;
}

const MARK = /\bR(\d+)N(\d+)G(\d+)(busy|garbled|cut|refused)?\b/;

/** One word. */
export function toMark({ userId, number, grade, trouble = undefined }: Mark): string {
  return `R${userId}N${number}G${grade}${trouble ?? ""}`;
}

/** The first mark in a text, as it is written and what it says. */
export function findMark(text: string): (Mark & { word: string }) | undefined {
  const [word, userId, number, grade, trouble] = MARK.exec(text) ?? [];
  if (word === undefined) return undefined;
  return {
    word,
    userId: Number(userId),
    number: Number(number),
    grade: Number(grade),
    trouble: TROUBLES.find((candidate) => candidate === trouble),
  };
}

/** How many requests the model answers for one step, by what goes wrong with it. */
export function attemptsFor(trouble: Trouble | undefined): number {
  return trouble === undefined || trouble === "refused" ? 1 : 2;
}
