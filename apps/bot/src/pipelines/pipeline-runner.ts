import { z } from "zod";
import type { Agent, RunContext } from "../agents/agent.ts";
import type { PipelineCatalog, PipelineName } from "./catalog.ts";
import { INPUT, resolveMapping, resolveMembers } from "./mapping.ts";
import type { Pipeline, Pipelines, Stage, Step } from "./pipeline.ts";

export interface PipelineRunnerOptions {
  pipelines: Pipelines;
  agents: readonly Agent[];
  /** Told when a background step fails; must not throw. */
  onBackgroundError(error: unknown, step: BackgroundStep): void;
}

export interface BackgroundStep {
  pipeline: PipelineName;
  agent: string;
  userId: string;
}

export interface RunOptions {
  /** The rep's id. */
  userId: string;
  /** Gives the run up, with its reason; background steps go on. */
  signal: AbortSignal;
  /** Gives the background steps up. */
  backgroundSignal?: AbortSignal | undefined;
  /** Background steps begin when it has settled. @default at once */
  backgroundAfter?: Promise<void> | undefined;
  /** Told when a step begins that the reply waits for. */
  onStep?: ((agent: string) => void) | undefined;
}

export interface RunResult<Output> {
  output: Output;
  /** Settles when the background steps have; never rejects. */
  background: Promise<void>;
}

/** What a run has so far: its input and the answers of its steps, by their agent. */
type Values = Map<string, unknown>;

/**
 * Runs pipelines that have been checked. It opens no trace: called inside of one, all its steps land there, those in
 * the background as well.
 */
export class PipelineRunner {
  readonly #pipelines: Pipelines;
  readonly #agents: ReadonlyMap<string, Agent>;
  readonly #onBackgroundError: PipelineRunnerOptions["onBackgroundError"];
  readonly #background = new Set<Promise<void>>();

  constructor({ pipelines, agents, onBackgroundError }: PipelineRunnerOptions) {
    this.#pipelines = pipelines;
    this.#agents = new Map(agents.map((agent) => [agent.name, agent]));
    this.#onBackgroundError = onBackgroundError;
  }

  /**
   * Rejects with the error of the first step that fails, once those beside it have ended.
   *
   * @throws {AnswerError}, {@link ModelError}, or the signal's reason.
   */
  async run<N extends PipelineName>(
    name: N,
    input: PipelineCatalog[N]["input"],
    options: RunOptions,
  ): Promise<RunResult<PipelineCatalog[N]["output"]>> {
    const pipeline = this.#pipelines.get(name);
    if (!pipeline) throw new TypeError(`There is no pipeline "${name}".`);
    const values: Values = new Map([[INPUT, input]]);
    const background: Promise<void>[] = [];
    for (const stage of pipeline.stages) {
      options.signal.throwIfAborted();
      if (stage.mode === "background")
        background.push(...this.#startBackground(pipeline, stage, values, options));
      else await this.#runStage(pipeline, stage, values, options);
    }
    // What the file's output leads to has been checked against the catalog when it was loaded.
    const output = resolveMapping(pipeline.output, values) as PipelineCatalog[N]["output"];
    return { output, background: allSettled(background) };
  }

  /** Resolves when the background steps that are going on have settled, those of failed runs among them. */
  settled(): Promise<void> {
    return allSettled([...this.#background]);
  }

  /** Runs the steps together. When one fails the others are given up, and waited for. */
  async #runStage(pipeline: Pipeline, { steps }: Stage, values: Values, options: RunOptions): Promise<void> {
    const { userId, onStep } = options;
    const siblings = new AbortController();
    const signal = AbortSignal.any([options.signal, siblings.signal]);
    let failure: { error: unknown } | undefined;
    const answers = await Promise.all(
      steps.map(async (step) => {
        try {
          onStep?.(step.agent);
          return await this.#runStep(pipeline, step, values, { userId, signal });
        } catch (error) {
          failure ??= { error };
          const reason = `Given up, because the step "${step.agent}" beside it failed.`;
          siblings.abort(new DOMException(reason, "AbortError"));
          return undefined;
        }
      }),
    );
    if (failure) throw failure.error;
    for (const [index, { agent }] of steps.entries()) values.set(agent, answers[index]);
  }

  #startBackground(
    pipeline: Pipeline,
    { steps }: Stage,
    values: Values,
    options: RunOptions,
  ): Promise<void>[] {
    const { userId, backgroundSignal = new AbortController().signal, backgroundAfter } = options;
    return steps.map((step) => {
      const work = (async () => {
        try {
          await backgroundAfter;
          await this.#runStep(pipeline, step, values, { userId, signal: backgroundSignal });
        } catch (error) {
          this.#onBackgroundError(error, { pipeline: pipeline.name, agent: step.agent, userId });
        }
      })();
      this.#background.add(work);
      void allSettled([work]).then(() => this.#background.delete(work));
      return work;
    });
  }

  async #runStep({ name }: Pipeline, step: Step, values: Values, context: RunContext): Promise<unknown> {
    const agent = this.#agents.get(step.agent);
    if (!agent)
      throw new TypeError(`The pipeline "${name}" has a step of "${step.agent}", whom there is none of.`);
    const input = agent.input.safeParse(resolveMembers(step.input, values));
    if (!input.success) {
      const why = z.prettifyError(input.error);
      throw new TypeError(`What the pipeline "${name}" gives to "${step.agent}" does not fit:\n${why}`);
    }
    return agent.run(input.data, context);
  }
}

async function allSettled(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
}
