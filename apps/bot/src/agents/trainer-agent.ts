import { tracedSpan } from "@app/tracing";
import { z } from "zod";
import { type Assessment, toAssessment } from "../coaching/assessment.ts";
import { exerciseSchema } from "../coaching/exercise.ts";
import type { LanguageModel } from "../llm/language-model.ts";
import type { Agent, RunContext } from "./agent.ts";
import { ask } from "./ask.ts";
import { withoutContext } from "./captured-input.ts";
import { assessmentOutput } from "./outputs.ts";

const input = z.object({ exercise: exerciseSchema, answer: z.string(), notes: z.array(z.string()) });

/** Scores an answer to an exercise. */
export class TrainerAgent implements Agent<z.infer<typeof input>, Assessment> {
  readonly name = "trainer";
  readonly input = input;
  readonly output = assessmentOutput;
  readonly #model: LanguageModel;

  constructor({ model }: { model: LanguageModel }) {
    this.#model = model;
  }

  @tracedSpan("agent:trainer", { kind: "agent", captureInput: withoutContext })
  async run({ exercise, answer, notes }: z.infer<typeof input>, { signal }: RunContext): Promise<Assessment> {
    return toAssessment(
      exercise,
      await ask(this.#model, { kind: "assess", exercise, answer, notes }, { signal }),
    );
  }
}
