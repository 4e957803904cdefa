import type { PipelineName } from "./catalog.ts";

/**
 * - `sequential`: begins when all before it have ended.
 * - `parallel`: runs together with the parallel steps next to it.
 * - `background`: begins when it is reached, and nobody waits for it.
 */
export const STEP_MODES = ["sequential", "parallel", "background"] as const;
export type StepMode = (typeof STEP_MODES)[number];

/** Where a value comes from: a part of the run's input or of a step's answer, or an object made of such values. */
export type Mapping =
  | { kind: "reference"; source: string; fields: readonly string[] }
  | { kind: "object"; members: Readonly<Record<string, Mapping>> };

export interface Step {
  agent: string;
  mode: StepMode;
  /** By the name of the agent's input. */
  input: Readonly<Record<string, Mapping>>;
}

/** Steps that begin together: one, or several that are parallel. */
export interface Stage {
  mode: StepMode;
  steps: readonly Step[];
}

export interface Pipeline {
  name: PipelineName;
  description: string;
  stages: readonly Stage[];
  output: Mapping;
}

export type Pipelines = ReadonlyMap<PipelineName, Pipeline>;

/** Neighbours that are parallel form one stage; any other step is one of its own. */
export function toStages(steps: readonly Step[]): Stage[] {
  const stages: { mode: StepMode; steps: Step[] }[] = [];
  for (const step of steps) {
    const last = stages.at(-1);
    if (step.mode === "parallel" && last?.mode === "parallel") last.steps.push(step);
    else stages.push({ mode: step.mode, steps: [step] });
  }
  return stages;
}
