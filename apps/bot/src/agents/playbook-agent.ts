import { tracedSpan } from "@app/tracing";
import { z } from "zod";
import { type Play, playSchema } from "../coaching/exercise.ts";
import type { Agent } from "./agent.ts";
import { withoutContext } from "./captured-input.ts";
import { PlaybookIndex } from "./playbook-index.ts";

const input = z.object({ deal: z.string() });
const MAX_PLAYS = 3;

/** Finds the plays that fit a deal, the best first; asks no model. */
export class PlaybookAgent implements Agent<z.infer<typeof input>, Play[]> {
  readonly name = "playbook";
  readonly input = input;
  readonly output = z.array(playSchema);
  readonly #index: PlaybookIndex;

  constructor({ plays }: { plays: readonly Play[] }) {
    this.#index = new PlaybookIndex(plays);
  }

  @tracedSpan("agent:playbook", { kind: "agent", captureInput: withoutContext })
  async run({ deal }: z.infer<typeof input>): Promise<Play[]> {
    return this.#index.search(deal, MAX_PLAYS);
  }
}
