import { tracedSpan } from "@app/tracing";
import { z } from "zod";
import { type Signals, signalsSchema } from "../coaching/task.ts";
import type { LanguageModel } from "../llm/language-model.ts";
import type { Agent, RunContext } from "./agent.ts";
import { ask } from "./ask.ts";
import { withoutContext } from "./captured-input.ts";

const input = z.object({ deal: z.string() });

/** Reads what a deal's description shows: stage, buying signals, risks, unknowns. */
export class SignalsAgent implements Agent<z.infer<typeof input>, Signals> {
  readonly name = "signals";
  readonly input = input;
  readonly output = signalsSchema;
  readonly #model: LanguageModel;

  constructor({ model }: { model: LanguageModel }) {
    this.#model = model;
  }

  @tracedSpan("agent:signals", { kind: "agent", captureInput: withoutContext })
  async run({ deal }: z.infer<typeof input>, { signal }: RunContext): Promise<Signals> {
    return ask(this.#model, { kind: "signals", deal }, { signal });
  }
}
