import { z } from "zod";
import type { Exercise, Play } from "./exercise.ts";

/** What the rep wants changed about a strategy. */
export const WISHES = ["regenerate", "shorter", "more_aggressive"] as const;
export type Wish = (typeof WISHES)[number];

const sentence = z.string().trim().min(1).max(1_000);

/** How an answer did on each criterion of the rubric. The score is computed from the grades, never asked for. */
export const assessmentSchema = z.object({
  grades: z.array(z.object({ criterion: z.string(), grade: z.number().min(0).max(100) })).min(1),
  strengths: z.array(sentence).max(5),
  improvements: z.array(sentence).max(5),
});

/** What is known about a deal. */
export const signalsSchema = z.object({
  stage: z.string().trim().min(1).max(200),
  buyingSignals: z.array(sentence).max(8),
  risks: z.array(sentence).max(8),
  unknowns: z.array(sentence).max(8),
});

export const strategySchema = z.object({
  analysis: z.string().trim().min(1).max(4_000),
  strategy: z.string().trim().min(1).max(4_000),
  tactics: z.array(sentence).min(1).max(10),
  /** A message the rep can send as it is. */
  draftMessage: z.string().trim().min(1).max(4_000),
});

/** What to remember about a rep, the most useful first. */
export const notesSchema = z.object({ notes: z.array(z.string().trim().min(1).max(300)).max(8) });

export type Grades = z.infer<typeof assessmentSchema>;
export type Signals = z.infer<typeof signalsSchema>;
export type Strategy = z.infer<typeof strategySchema>;
export type Notes = z.infer<typeof notesSchema>;

/** A request in the coach's own terms: a model reads the prompt that an agent makes of it, the offline coach reads it as it is. */
export type CoachTask =
  | { kind: "assess"; exercise: Exercise; answer: string; notes: readonly string[] }
  | { kind: "signals"; deal: string }
  | {
      kind: "strategy";
      deal: string;
      signals: Signals;
      plays: readonly Play[];
      notes: readonly string[];
      revision?: { previous: Strategy; wish: Wish } | undefined;
    }
  | { kind: "memory"; notes: readonly string[]; event: string };

/** What an answer to each kind of task must fit. */
export const ANSWER_SCHEMAS = {
  assess: assessmentSchema,
  signals: signalsSchema,
  strategy: strategySchema,
  memory: notesSchema,
} as const satisfies Record<CoachTask["kind"], z.ZodType>;

export type AnswerTo<K extends CoachTask["kind"]> = z.infer<(typeof ANSWER_SCHEMAS)[K]>;
