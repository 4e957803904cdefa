import { z } from "zod";
import { assessmentOutput } from "../agents/outputs.ts";
import type { Assessment } from "../coaching/assessment.ts";
import { type Exercise, exerciseSchema } from "../coaching/exercise.ts";
import {
  type Signals,
  type Strategy,
  signalsSchema,
  strategySchema,
  WISHES,
  type Wish,
} from "../coaching/task.ts";

/** What each pipeline is given, and what its output step returns. */
export interface PipelineCatalog {
  learn: { input: { exercise: Exercise; answer: string; notes: string[] }; output: Assessment };
  train: { input: { exercise: Exercise; answer: string; notes: string[] }; output: Assessment };
  support: { input: { deal: string; notes: string[] }; output: SupportAnswer };
  support_regen: {
    input: { deal: string; signals: Signals; previous: Strategy; wish: Wish; notes: string[] };
    output: SupportAnswer;
  };
}

/** A strategy with the signals it rests on, so that it can be written again without reading the deal anew. */
export interface SupportAnswer {
  signals: Signals;
  strategy: Strategy;
}

export type PipelineName = keyof PipelineCatalog;

export const PIPELINE_NAMES = [
  "learn",
  "train",
  "support",
  "support_regen",
] as const satisfies readonly PipelineName[];

const text = z.string();
const notes = z.array(z.string());
const exerciseInput = z.object({ exercise: exerciseSchema, answer: text, notes });
const supportOutput = z.object({ signals: signalsSchema, strategy: strategySchema });

/** The same as {@link PipelineCatalog}, for checks of the files that describe pipelines. */
export const PIPELINE_SHAPES: {
  readonly [N in PipelineName]: {
    readonly input: z.ZodObject & z.ZodType<PipelineCatalog[N]["input"]>;
    readonly output: z.ZodType<PipelineCatalog[N]["output"]>;
  };
} = {
  learn: { input: exerciseInput, output: assessmentOutput },
  train: { input: exerciseInput, output: assessmentOutput },
  support: { input: z.object({ deal: text, notes }), output: supportOutput },
  support_regen: {
    input: z.object({
      deal: text,
      signals: signalsSchema,
      previous: strategySchema,
      wish: z.enum(WISHES),
      notes,
    }),
    output: supportOutput,
  },
};
