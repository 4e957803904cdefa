import type { Assessment } from "../coaching/assessment.ts";
import type { Exercise } from "../coaching/exercise.ts";
import type { Signals, Strategy, Wish } from "../coaching/task.ts";

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
