/** What `coach.ts` can be told by a line on its standard input: a word, and what else stands there. */
export const orders: Record<string, (...words: string[]) => unknown> = {};
