import type { Exercise } from "./exercise.ts";
import type { Grades } from "./task.ts";

/** From here on a level counts as done, and the next one opens. */
export const PASS_SCORE = 60;

/** An answer's score, with what the rep should take from it. */
export interface Assessment {
  /** 0 to 100, whole. */
  score: number;
  grades: { criterion: string; title: string; weight: number; grade: number }[];
  strengths: string[];
  improvements: string[];
  modelAnswer: string;
}

/** Weighs the grades by the rubric; a criterion that was not graded earns nothing. */
export function toAssessment({ rubric, modelAnswer }: Exercise, given: Grades): Assessment {
  const byId = new Map(given.grades.map(({ criterion, grade }) => [criterion, grade]));
  const grades = rubric.map(({ id, title, weight }) => ({
    criterion: id,
    title,
    weight,
    grade: byId.get(id) ?? 0,
  }));
  const total = grades.reduce((sum, { weight }) => sum + weight, 0);
  const earned = grades.reduce((sum, { weight, grade }) => sum + weight * grade, 0);
  const { strengths, improvements } = given;
  return { score: Math.round(earned / total), grades, strengths, improvements, modelAnswer };
}
