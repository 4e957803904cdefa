import type { z } from "zod";

/** What an agent knows about the run it works in. */
export interface RunContext {
  /** The rep's id. */
  readonly userId: string;
  /** Gives the run up, with its reason. */
  readonly signal: AbortSignal;
}

/** One step's work: takes named inputs that fit its schema, and answers with a value. */
export interface Agent<Input = unknown, Output = unknown> {
  /** As pipelines name it; its spans are called `agent:<name>`. */
  readonly name: string;
  readonly input: z.ZodObject;
  /** What it answers with, so that references into it can be checked; not applied at run time. */
  readonly output?: z.ZodType;
  run(input: Input, context: RunContext): Promise<Output>;
}
