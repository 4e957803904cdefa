import { tracedSpan } from "@app/tracing";
import { z } from "zod";
import { playSchema } from "../coaching/exercise.ts";
import { type Strategy, signalsSchema, strategySchema, WISHES } from "../coaching/task.ts";
import type { LanguageModel } from "../llm/language-model.ts";
import type { Agent, RunContext } from "./agent.ts";
import { ask } from "./ask.ts";
import { withoutContext } from "./captured-input.ts";

const input = z.object({
  deal: z.string(),
  signals: signalsSchema,
  plays: z.array(playSchema).optional(),
  notes: z.array(z.string()),
  /** With a wish: what it is about. */
  previous: strategySchema.optional(),
  wish: z.enum(WISHES).optional(),
});

/** Writes a closing strategy, or writes one again as the rep wishes. */
export class StrategistAgent implements Agent<z.infer<typeof input>, Strategy> {
  readonly name = "strategist";
  readonly input = input;
  readonly output = strategySchema;
  readonly #model: LanguageModel;

  constructor({ model }: { model: LanguageModel }) {
    this.#model = model;
  }

  @tracedSpan("agent:strategist", { kind: "agent", captureInput: withoutContext })
  async run(
    { deal, signals, plays = [], notes, previous, wish }: z.infer<typeof input>,
    { signal }: RunContext,
  ): Promise<Strategy> {
    if ((previous === undefined) !== (wish === undefined)) {
      throw new TypeError("The strategist takes `previous` and `wish` together, or neither of them.");
    }
    const revision = previous && wish && { previous, wish };
    return ask(this.#model, { kind: "strategy", deal, signals, plays, notes, revision }, { signal });
  }
}
