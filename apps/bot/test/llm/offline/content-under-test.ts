import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { toAssessment } from "../../../src/coaching/assessment.ts";
import type { Exercise } from "../../../src/coaching/exercise.ts";
import { loadContent } from "../../../src/content/index.ts";
import { assessAnswer } from "../../../src/llm/offline/assess/assess-answer.ts";

export const CONTENT = loadContent(fileURLToPath(new URL("../../../data", import.meta.url)));

export const EXERCISES: Exercise[] = [
  ...CONTENT.tracks.flatMap(({ levels }) => levels.map(({ exercise }) => exercise)),
  ...CONTENT.scenarios.map(({ exercise }) => exercise),
];

const fixtureSchema = z.strictObject({
  exercise: z.string(),
  weak: z.string(),
  fair: z.string(),
  good: z.string(),
  excellent: z.string(),
});

const directory = fileURLToPath(new URL("./fixtures", import.meta.url));
/** Four answers each to some of the exercises, better from one to the next. */
export const FIXTURES = readdirSync(directory).map((name) => {
  const { exercise: id, ...answers } = fixtureSchema.parse(
    parse(readFileSync(`${directory}/${name}`, "utf8")),
  );
  return { exercise: exerciseNamed(id), answers };
});

export function exerciseNamed(id: string): Exercise {
  const exercise = EXERCISES.find((candidate) => candidate.id === id);
  if (exercise === undefined) throw new Error(`There is no exercise ${id}.`);
  return exercise;
}

export function scoreOf(exercise: Exercise, answer: string): number {
  return toAssessment(exercise, assessAnswer(exercise, answer)).score;
}
