import { describe, expect, it } from "vitest";
import { loadContent } from "../../src/content/index.ts";
import { type FoundLevel, levelsOf, nextLevel } from "../../src/handlers/learn-progress.ts";
import { toScoreReply, toTrackReply, toTracksReply } from "../../src/handlers/learn-view.ts";
import { newSession } from "../../src/handlers/session.ts";
import { CONTENT_DIR } from "../../src/package-files.ts";

const [track] = loadContent(CONTENT_DIR).tracks;
const levels = track ? levelsOf(track) : [];

/** A level of the first track, counted as `at` does. */
function levelAt(index: number): FoundLevel {
  const found = levels.at(index);
  if (!found) throw new Error(`The first track has no level ${index}.`);
  return found;
}

function scoreReply(found: FoundLevel, score: number, wasDone = false) {
  const assessment = { score, grades: [], strengths: [], improvements: [], modelAnswer: "An answer." };
  const outcome = { earned: 0, passed: score >= 60, wasDone, next: nextLevel(found) };
  const { text, buttons } = toScoreReply(found, assessment, outcome);
  const labels = buttons?.inline_keyboard.flat().map((button) => button.text) ?? [];
  return { footer: text.toString().split("\n\n").at(-1), labels };
}

describe("the way on from a score", () => {
  it("promises what 60 points really open", () => {
    expect(scoreReply(levelAt(0), 40).footer).toContain("60 points open the next level");
    expect(scoreReply(levelAt(-1), 40).footer).toContain("60 points finish this track");
    expect(scoreReply(levelAt(0), 40, true).footer).toContain("it stays passed");
  });

  it("has the step forward as its first button", () => {
    expect(scoreReply(levelAt(0), 40).labels).toEqual(["Try again", "All levels"]);
    expect(scoreReply(levelAt(0), 80).labels[0]).toMatch(/^Next: /);
    expect(scoreReply(levelAt(0), 40, true).labels[0]).toMatch(/^Next: /);
    expect(scoreReply(levelAt(-1), 80).labels).toEqual(["Choose a track", "Try again", "All levels"]);
  });

  it("does not speak of a next level when all are passed", () => {
    const session = newSession();
    for (const { level } of levels) session.best[level.exercise.id] = 90;
    const text = toTrackReply(levelAt(0).track, session).text.toString();
    expect(text).toContain("You have passed every level.");
    expect(text).not.toContain("points open");
  });

  it("leads on to practice when every track is passed", () => {
    const { tracks } = loadContent(CONTENT_DIR);
    const session = newSession();
    expect(toTracksReply(tracks, session).text.toString()).toMatch(/^Choose a track/);
    for (const { level } of tracks.flatMap(levelsOf)) session.best[level.exercise.id] = 90;
    const { text, buttons } = toTracksReply(tracks, session);
    expect(text.toString()).toMatch(/^You have passed every level/);
    expect(buttons?.inline_keyboard[0]?.map((button) => button.text)).toEqual(["Train"]);
  });
});
