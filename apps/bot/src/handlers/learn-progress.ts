import { PASS_SCORE } from "../coaching/assessment.ts";
import type { Level, Track } from "../content/index.ts";
import type { SessionData } from "./session.ts";

export interface FoundLevel {
  track: Track;
  level: Level;
  /** In its track, from 0. */
  index: number;
}

export type LevelState = "done" | "open" | "locked";

export function findLevel(tracks: readonly Track[], levelId: string | undefined): FoundLevel | undefined {
  for (const track of tracks) {
    const index = track.levels.findIndex(({ id }) => id === levelId);
    const level = track.levels[index];
    if (level) return { track, level, index };
  }
  return undefined;
}

/** A level is open when the one before it is done; the first one always is. */
export function stateOf({ track, level, index }: FoundLevel, session: SessionData): LevelState {
  if (isDone(level, session)) return "done";
  const before = track.levels[index - 1];
  return before === undefined || isDone(before, session) ? "open" : "locked";
}

export function levelsOf(track: Track): FoundLevel[] {
  return track.levels.map((level, index) => ({ track, level, index }));
}

export function nextLevel({ track, index }: FoundLevel): FoundLevel | undefined {
  return levelsOf(track)[index + 1];
}

export function countDone(track: Track, session: SessionData): number {
  return track.levels.filter((level) => isDone(level, session)).length;
}

function isDone(level: Level, session: SessionData): boolean {
  return (session.best[level.exercise.id] ?? 0) >= PASS_SCORE;
}
