import { z } from "zod";
import { type Exercise, exerciseSchema, type Play, playSchema } from "../coaching/exercise.ts";

export const DIFFICULTIES = ["easy", "medium", "hard"] as const;
export type Difficulty = (typeof DIFFICULTIES)[number];

/** Ids travel in the data of a button, which has room for 64 bytes; two of them must fit with a word before them. */
const MAX_ID_LENGTH = 24;

const id = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, "lower-case words joined by hyphens")
  .max(MAX_ID_LENGTH);
const text = z.string().trim().min(1);

const exercise = exerciseSchema.extend({ id });

export const levelSchema = z.strictObject({ id, title: text, lesson: text, exercise });

export const trackSchema = z.strictObject({
  id,
  title: text,
  summary: text,
  levels: z.array(levelSchema).min(4),
});

/** A file of practice scenarios that are equally hard. */
export const scenariosSchema = z.strictObject({
  difficulty: z.enum(DIFFICULTIES),
  exercises: z.array(exercise).min(1),
});

export const playbookSchema = z.strictObject({ plays: z.array(playSchema.extend({ id })).min(1) });

/** A lesson with the exercise that shows it was understood. */
export type Level = z.infer<typeof levelSchema>;
/** Levels in the order they are learnt in. */
export type Track = z.infer<typeof trackSchema>;

export interface PracticeScenario {
  difficulty: Difficulty;
  exercise: Exercise;
}

/** What the coach teaches. */
export interface Content {
  /** In the order of their files' names. */
  tracks: Track[];
  scenarios: PracticeScenario[];
  plays: Play[];
}
