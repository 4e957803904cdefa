import type { Change, ChatMessage } from "./chat-window.ts";
import type { Circumstances } from "./circumstances.ts";
import type { Mark } from "./marks.ts";
import type { Rep } from "./rep.ts";
import { dataOf, type Expected, labels, type Taken, toTaken } from "./replies.ts";

export type Pipeline = "learn" | "train" | "support" | "support_regen";

/**
 * - `done`: scored, or a strategy.
 * - `refused`: by the model.
 * - `stopped`: by the user, or because the bot stopped.
 * - `abandoned`: the process has gone.
 */
export type RunOutcome = "done" | "refused" | "stopped" | "abandoned";

/** A pipeline run, as the user who began it saw it. */
export interface SeenRun {
  userId: number;
  pipeline: Pipeline;
  /** The mark of the text that it is about. */
  word: string;
  trouble: Mark["trouble"];
  outcome: RunOutcome;
  /** What the reply says of it: 32 digits below a result, the first eight in an apology, none when it was stopped. */
  traceId: string | undefined;
  /** Given up while the voice was listened to, a run may never have begun. */
  mayBeUntraced: boolean;
}

export interface AwaitedRun {
  rep: Rep;
  userId: number;
  /** Undefined for a new answer: then it is by what the chat waits for when its turn comes. */
  pipeline?: Pipeline;
  word: string;
  mark: Mark | undefined;
  byVoice: boolean;
  /** The user stops it. */
  mayStop: boolean;
  beganAt: number;
  circumstances: Circumstances;
  /** Whether so many runs were begun that the bot may ask for a pause. */
  wasQuick(): boolean;
  onSettled(run: SeenRun): void;
}

const STATUS =
  /^(Scoring your answer|Reading the deal and writing a strategy|Writing another strategy|Making it (shorter|more aggressive))…( \d+ s)?$/;
const RATING = ["👍 Helpful", "👎 Not helpful"];
const STRATEGY_BUTTONS = ["Regenerate", "Shorter", "More aggressive", "Looks good", ...RATING];
/** Scores that `/stats` shows. */
const RECENT = 8;

/** The reply to what starts a pipeline run: a status message that turns into a result, or into an apology. */
export function run(awaited: AwaitedRun): Expected {
  const { rep, circumstances, beganAt } = awaited;
  let statusId: number | undefined;
  let pipeline = awaited.pipeline;
  const settle = (outcome: RunOutcome, message: ChatMessage): Taken => {
    const { userId, word, mark, byVoice } = awaited;
    awaited.onSettled({
      userId,
      pipeline: pipeline ?? "support",
      word,
      trouble: mark?.trouble,
      outcome,
      traceId:
        dataOf(message, /^rate:up:([0-9a-f]{32})$/) ?? /Reference: ([0-9a-f]{8})/.exec(message.text)?.[1],
      mayBeUntraced: byVoice && statusId === undefined,
    });
    return { done: outcome };
  };

  const take = ({ message, isNew }: Change): Taken => {
    pipeline ??= rep.activity === "idle" ? undefined : rep.activity;
    if (!isNew && message.messageId !== statusId) return undefined;
    if (STATUS.test(message.text)) {
      if (isNew && statusId !== undefined) return undefined;
      statusId = message.messageId;
      return "under-way";
    }
    const isNotice = isNew && /I was restarted in the middle/.test(message.text);
    if (isNotice) return circumstances.touched("restart", beganAt) ? settle("abandoned", message) : undefined;
    if (isNew && statusId !== undefined) return undefined;
    if (/^Stopped, as you asked\./.test(message.text)) {
      return awaited.mayStop ? settle("stopped", message) : undefined;
    }
    if (/^I am being restarted and had to stop/.test(message.text)) {
      return circumstances.touched("restart", beganAt) ? settle("stopped", message) : undefined;
    }
    if (/^That was quick/.test(message.text)) return toTaken(awaited.wasQuick() ? "too quick" : undefined);
    if (/for my operator to mend/.test(message.text)) {
      return awaited.mark?.trouble === "refused" ? settle("refused", message) : undefined;
    }
    if (pipeline === undefined || awaited.mark?.trouble === "refused") return undefined;
    return takeResult(message, pipeline, awaited) ? settle("done", message) : undefined;
  };
  return { what: `a result about ${awaited.word}`, take };
}

function takeResult(message: ChatMessage, pipeline: Pipeline, { rep, word, mark }: AwaitedRun): boolean {
  if (!message.text.includes(word)) return false;
  if (pipeline === "learn" || pipeline === "train") return takeScore(message, pipeline, rep, mark?.grade);
  const id = dataOf(message, /^support:regenerate:(.+)$/);
  if (id === undefined || !message.text.includes("Draft message")) return false;
  if (labels(message).join() !== STRATEGY_BUTTONS.join()) return false;
  if (pipeline === "support") rep.activity = "idle";
  rep.hold({ id, word, saved: false });
  return true;
}

function takeScore(
  message: ChatMessage,
  pipeline: "learn" | "train",
  rep: Rep,
  grade: number | undefined,
): boolean {
  const retry = pipeline === "learn" ? /^(learn:start:.+)$/ : /^(train:retry:[^:]+):/;
  const exercise = dataOf(message, retry);
  if (exercise === undefined || !message.text.startsWith(`${grade}/100`)) return false;
  if (labels(message).slice(-2).join() !== RATING.join()) return false;
  const earned = rep.score(exercise, grade ?? 0);
  rep.activity = "idle";
  const said = /\+(\d+) XP/.exec(message.text)?.[1];
  return earned === Number(said ?? 0);
}

/** What `/stats` must show of the scores and of the experience. */
export function takeStats({ text }: ChatMessage, { xp, scores, saved }: Rep): string | undefined {
  const shownXp = /^XP ([\d,]+),/m.exec(text)?.[1]?.replaceAll(",", "");
  const shownScores = [...text.matchAll(/^(\d+)\/100 {2}/gm)].map(([, score]) => Number(score));
  const shownSaved = /^Saved strategies: (\d+)$/m.exec(text)?.[1] ?? 0;
  const isRight =
    Number(shownXp) === xp &&
    Number(shownSaved) === saved &&
    shownScores.join() === scores.slice(0, RECENT).join();
  return isRight ? "stats" : undefined;
}
