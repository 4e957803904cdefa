import { FormattedString, fmt } from "@grammyjs/parse-mode";
import { InlineKeyboard } from "grammy";
import { type Assessment, PASS_SCORE } from "../coaching/assessment.ts";
import type { Track } from "../content/index.ts";
import type { Reply } from "../telegram/reply.ts";
import { countDone, type FoundLevel, type LevelState, levelsOf, stateOf } from "./learn-progress.ts";
import { OPEN } from "./menu.ts";
import { toScoreText } from "./score-view.ts";
import type { SessionData } from "./session.ts";

// No emoji: not every machine has a font for them.
const MARKS: Readonly<Record<LevelState, string>> = { done: "✓", open: "▸", locked: "·" };

const CHOOSE = "Choose a track. Each level is a short lesson and one exercise.";
const ALL_DONE = "You have passed every level of every track. Go on with Train, or choose a track to repeat.";

/** The tracks; the first button goes on with one that is begun, or else begins one. */
export function toTracksReply(tracks: readonly Track[], session: SessionData): Reply {
  const isAllDone = tracks.every((track) => countDone(track, session) === track.levels.length);
  const buttons = new InlineKeyboard();
  if (isAllDone) buttons.text("Train", OPEN.train).row();
  for (const track of byNeed(tracks, session)) {
    buttons
      .text(`${track.title} (${countDone(track, session)}/${track.levels.length})`, `learn:track:${track.id}`)
      .row();
  }
  const parts = tracks.map((track) => fmt`${FormattedString.bold(track.title)}\n${track.summary.trim()}`);
  return {
    text: FormattedString.join([new FormattedString(isAllDone ? ALL_DONE : CHOOSE), ...parts], "\n\n"),
    buttons,
  };
}

/** The levels of a track; the first button is the one to do next. */
export function toTrackReply(track: Track, session: SessionData): Reply {
  const levels = levelsOf(track).map((found) => ({ ...found, state: stateOf(found, session) }));
  const lines = levels.map(({ level, index, state }) => {
    const best = session.best[level.exercise.id];
    const remark = state === "locked" ? " (locked)" : best === undefined ? "" : ` (best ${best}/100)`;
    return `${MARKS[state]} ${index + 1}. ${level.title}${remark}`;
  });
  const buttons = new InlineKeyboard();
  for (const state of ["open", "done"] as const) {
    for (const found of levels.filter((level) => level.state === state)) {
      buttons.text(`${found.index + 1}. ${found.level.title}`, `learn:level:${found.level.id}`).row();
    }
  }
  buttons.text("All tracks", "learn");
  const isFinished = levels.every(({ state }) => state === "done");
  const footer = isFinished ? "You have passed every level." : `${PASS_SCORE} points open the next level.`;
  return {
    text: fmt`${FormattedString.bold(track.title)}\n${track.summary.trim()}\n\n${lines.join("\n")}\n\n${footer}`,
    buttons,
  };
}

export function toLessonReply({ track, level, index }: FoundLevel): Reply {
  return {
    text: fmt`${FormattedString.bold(`${index + 1}. ${level.title}`)}\n\n${level.lesson.trim()}`,
    buttons: new InlineKeyboard()
      .text("Start the exercise", `learn:start:${level.id}`)
      .row()
      .text("All levels", `learn:track:${track.id}`),
  };
}

/** Of the buttons below a score: what they lead to comes as a new message, and the score stays to be read. */
export const LEVEL_NEXT = "learn:next";
export const LEVELS_BESIDE = "learn:levels";

export interface ScoreOutcome {
  earned: number;
  passed: boolean;
  wasDone: boolean;
  next: FoundLevel | undefined;
}

export function toScoreReply(
  { track, level }: FoundLevel,
  assessment: Assessment,
  outcome: ScoreOutcome,
): Reply {
  const { passed, wasDone, next } = outcome;
  const buttons = new InlineKeyboard();
  if (passed || wasDone) {
    if (next) buttons.text(`Next: ${next.level.title}`, `${LEVEL_NEXT}:${next.level.id}`).row();
    else buttons.text("Choose a track", OPEN.learn).row();
  }
  buttons.text("Try again", `learn:start:${level.id}`).text("All levels", `${LEVELS_BESIDE}:${track.id}`);
  return { text: toScoreText(level.title, assessment, toFooter(outcome)), buttons };
}

function toFooter({ earned, passed, wasDone, next }: ScoreOutcome): string {
  const xp = earned > 0 ? `+${earned} XP. ` : "";
  if (!passed && wasDone) return `${xp}You have passed this level before, so it stays passed.`;
  if (!passed) {
    const goal = next ? "open the next level" : "finish this track";
    return `${xp}${PASS_SCORE} points ${goal}: try again with the hints above.`;
  }
  return next
    ? `${xp}Passed: "${next.level.title}" is open.`
    : `${xp}Passed: that was the last level of this track.`;
}

function byNeed(tracks: readonly Track[], session: SessionData): Track[] {
  const isFinished = (track: Track) => countDone(track, session) === track.levels.length;
  const isBegun = (track: Track) => countDone(track, session) > 0 && !isFinished(track);
  const rank = (track: Track) => (isBegun(track) ? 0 : isFinished(track) ? 2 : 1);
  return tracks.toSorted((a, b) => rank(a) - rank(b));
}
