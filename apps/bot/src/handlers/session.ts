import type { Signals, Strategy } from "../coaching/task.ts";
import type { Difficulty } from "../content/index.ts";

/** What a chat is in the middle of: which answer it waits for. */
export type Activity =
  | { kind: "idle" }
  | { kind: "learn"; levelId: string }
  | { kind: "train"; exerciseId: string; difficulty: Difficulty | "any" }
  | { kind: "support" };

/** A strategy that can still be written again or saved. */
export interface Draft {
  id: string;
  deal: string;
  signals: Signals;
  strategy: Strategy;
  saved: boolean;
}

export interface Attempt {
  pipeline: "learn" | "train";
  exerciseId: string;
  title: string;
  score: number;
  /** ISO 8601. */
  at: string;
}

/** All that is kept of a rep between two messages. */
export interface SessionData {
  activity: Activity;
  xp: number;
  /** Best score by exercise. */
  best: Record<string, number>;
  /** The latest first. */
  attempts: Attempt[];
  /** Practice scenarios since the pool was last exhausted. */
  seen: string[];
  /** The latest first. */
  drafts: Draft[];
}

const MAX_ATTEMPTS = 50;
/** Of the saved ones, and of the others. */
const MAX_DRAFTS = 10;

export function newSession(): SessionData {
  return { activity: { kind: "idle" }, xp: 0, best: {}, attempts: [], seen: [], drafts: [] };
}

/** Notes a score; experience is earned by beating one's own best, so that repeating an answer earns nothing. */
export function recordAttempt(session: SessionData, attempt: Attempt): { earned: number } {
  const best = session.best[attempt.exerciseId] ?? 0;
  const earned = Math.max(0, attempt.score - best);
  session.xp += earned;
  session.best[attempt.exerciseId] = Math.max(best, attempt.score);
  session.attempts = [attempt, ...session.attempts].slice(0, MAX_ATTEMPTS);
  return { earned };
}

/** A strategy that was saved never makes room for one that was not. */
export function addDraft(session: SessionData, draft: Draft): void {
  const drafts = [draft, ...session.drafts];
  const kept = [true, false].flatMap((saved) =>
    drafts.filter((one) => one.saved === saved).slice(0, MAX_DRAFTS),
  );
  session.drafts = drafts.filter((one) => kept.includes(one));
}

const XP_PER_LEVEL = 200;

/** A rep's level from 1 up, and what is missing to the next one. */
export function toRank(xp: number): { level: number; missing: number } {
  return { level: Math.floor(xp / XP_PER_LEVEL) + 1, missing: XP_PER_LEVEL - (xp % XP_PER_LEVEL) };
}
