import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Agent } from "../agents/agent.ts";
import { readYamlDocument } from "../content/index.ts";
import { PIPELINE_NAMES, type PipelineName } from "./catalog.ts";
import { type Agents, checkPipeline, pipelineSchema } from "./check-pipeline.ts";
import { toMapping } from "./mapping.ts";
import { type Mapping, type Pipeline, type Pipelines, toStages } from "./pipeline.ts";

/** Pipelines that cannot run. The message holds every mistake of every file, one a line. */
export class PipelineError extends Error {
  override readonly name = "PipelineError";
  /** `file:line:column: what is wrong, what is accepted`, each. */
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(`The pipelines have ${mistakes.length} mistake(s):\n${mistakes.join("\n")}`);
    this.mistakes = mistakes;
  }
}

/**
 * Reads `<pipeline>.yaml` of a directory for each pipeline there is, and checks them against the agents.
 *
 * @throws {PipelineError} with every mistake there is, not only the first.
 */
export function loadPipelines(directory: string, agents: readonly Agent[]): Pipelines {
  const byName: Agents = new Map(agents.map((agent) => [agent.name, agent]));
  const mistakes: string[] = [];
  const pipelines = new Map<PipelineName, Pipeline>();
  for (const name of PIPELINE_NAMES) {
    const document = readYamlDocument(join(directory, fileOf(name)));
    const found = document.problems.length > 0 ? document.problems : checkPipeline(document, name, byName);
    if (found.length === 0) pipelines.set(name, toPipeline(name, document.value));
    mistakes.push(...found);
  }
  mistakes.push(...strangersIn(directory));
  if (mistakes.length > 0) throw new PipelineError(mistakes);
  return pipelines;
}

function fileOf(name: PipelineName): string {
  return `${name}.yaml`;
}

/** Files that no pipeline is read from, which somebody takes for one. */
function strangersIn(directory: string): string[] {
  const known = PIPELINE_NAMES.map(fileOf);
  try {
    return readdirSync(directory)
      .filter((file) => /\.ya?ml$/.test(file) && !known.includes(file))
      .sort()
      .map(
        (file) => `${join(directory, file)}:1:1: no pipeline is called so; accepted are ${known.join(", ")}`,
      );
  } catch (error) {
    // That there is no such directory has been told for each of the files.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

function toPipeline(name: PipelineName, value: unknown): Pipeline {
  const { description, steps, output } = pipelineSchema.parse(value);
  const checked = steps.map(({ agent, mode, input_mapping }) => ({
    agent,
    mode,
    input: Object.fromEntries(
      Object.entries(input_mapping).map(([field, mapping]) => [field, required(toMapping(mapping))]),
    ),
  }));
  return { name, description, stages: toStages(checked), output: required(toMapping(output)) };
}

function required(mapping: Mapping | undefined): Mapping {
  if (!mapping) throw new TypeError("A mapping that has been checked is none.");
  return mapping;
}
