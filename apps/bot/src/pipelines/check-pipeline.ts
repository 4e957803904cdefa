import { z } from "zod";
import type { Agent } from "../agents/agent.ts";
import { toMistakes, type YamlDocument, type YamlPath } from "../content/index.ts";
import { PIPELINE_SHAPES, type PipelineName } from "./catalog.ts";
import { checkMapping, type Sources } from "./check-mapping.ts";
import { INPUT } from "./mapping.ts";
import { STEP_MODES, type StepMode } from "./pipeline.ts";
import { canBe, isOptional, nameOf } from "./schema-shape.ts";

export const pipelineSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  steps: z
    .array(
      z.strictObject({
        agent: z.string().min(1),
        mode: z.enum(STEP_MODES),
        input_mapping: z.record(z.string(), z.unknown()),
      }),
    )
    .min(1),
  output: z.unknown(),
});

export type Agents = ReadonlyMap<string, Agent>;

/** A step as far as a file that may be wrong says it. */
interface LooseStep {
  agent: string | undefined;
  mode: StepMode | undefined;
  mapping: Readonly<Record<string, unknown>>;
}

/** Every mistake of a pipeline's file, `file:line:column: what is wrong, what is accepted` each, in the file's order. */
export function checkPipeline(document: YamlDocument, name: PipelineName, agents: Agents): string[] {
  const shape = pipelineSchema.safeParse(document.value);
  const mistakes = shape.success ? [] : toMistakes(document, pipelineSchema, shape.error);
  const value = asRecord(document.value);
  if (typeof value.name === "string" && value.name !== "" && value.name !== name) {
    mistakes.push(
      document.at(["name"], `name is "${value.name}"; accepted is ${name}, as the file is called`),
    );
  }
  const steps = (Array.isArray(value.steps) ? value.steps : []).map(toLooseStep);
  for (const index of steps.keys()) mistakes.push(...checkStep(document, name, agents, steps, index));
  mistakes.push(...checkOutput(document, name, value.output, sourcesAt(name, agents, steps, steps.length)));
  return inFileOrder(document, mistakes);
}

function checkStep(
  document: YamlDocument,
  name: PipelineName,
  agents: Agents,
  steps: readonly LooseStep[],
  index: number,
): string[] {
  const { agent: agentName, mapping } = steps[index] ?? toLooseStep(undefined);
  if (agentName === undefined) return [];
  const path: YamlPath = ["steps", index];
  const agent = agents.get(agentName);
  if (!agent) {
    const accepted = [...agents.keys()].join(", ");
    return [
      document.at([...path, "agent"], `the agent "${agentName}" is not known; accepted are ${accepted}`),
    ];
  }
  const mistakes: string[] = [];
  if (steps.findIndex((step) => step.agent === agentName) < index) {
    mistakes.push(
      document.at([...path, "agent"], `"${agentName}" has a step already; accepted is one step an agent`),
    );
  }
  const inputs = agent.input.shape;
  for (const [field, schema] of Object.entries(inputs)) {
    if (Object.hasOwn(mapping, field) || isOptional(schema)) continue;
    const message = `"${agentName}" needs ${field}, which has no mapping; accepted are ${Object.keys(inputs).join(", ")}`;
    mistakes.push(document.at([...path, "input_mapping"], message, "key"));
  }
  const sources = sourcesAt(name, agents, steps, index);
  for (const [field, value] of Object.entries(mapping)) {
    const at = [...path, "input_mapping", field];
    const expected: unknown = Object.hasOwn(inputs, field) ? inputs[field] : undefined;
    if (!(expected instanceof z.ZodType)) {
      const accepted = Object.keys(inputs).join(", ");
      mistakes.push(document.at(at, `"${agentName}" takes no ${field}; accepted are ${accepted}`, "key"));
      continue;
    }
    mistakes.push(...checkValue(document, at, value, sources, expected, `${field} of "${agentName}"`));
  }
  return mistakes;
}

function checkOutput(document: YamlDocument, name: PipelineName, value: unknown, sources: Sources): string[] {
  const { output } = PIPELINE_SHAPES[name];
  if (value === undefined || value === null) {
    return [document.at(["output"], `output is missing; accepted is ${nameOf(output)}`)];
  }
  return checkValue(document, ["output"], value, sources, output, `the output of "${name}"`);
}

function checkValue(
  document: YamlDocument,
  path: YamlPath,
  value: unknown,
  sources: Sources,
  expected: z.ZodType,
  what: string,
): string[] {
  const { mistakes, schema } = checkMapping(document, path, value, sources);
  if (mistakes.length > 0 || canBe(schema, expected)) return mistakes;
  return [document.at(path, `${what} would be ${nameOf(schema)}; accepted is ${nameOf(expected)}`)];
}

/** What can be referred to when the step of that index begins. */
function sourcesAt(name: PipelineName, agents: Agents, steps: readonly LooseStep[], index: number): Sources {
  // Parallel neighbours begin together, so that none of them has ended for another.
  let begin = index;
  if (steps[index]?.mode === "parallel") while (steps[begin - 1]?.mode === "parallel") begin -= 1;
  const ready = new Map<string, z.ZodType>([[INPUT, PIPELINE_SHAPES[name].input]]);
  const absent = new Map<string, string>();
  for (const [at, { agent, mode }] of steps.entries()) {
    if (agent === undefined || ready.has(agent)) continue;
    if (mode === "background") absent.set(agent, "runs in the background, and its answer is not waited for");
    else if (at >= begin) absent.set(agent, "has not ended when this begins");
    else ready.set(agent, agents.get(agent)?.output ?? z.unknown());
  }
  return { ready, absent };
}

function toLooseStep(value: unknown): LooseStep {
  const { agent, mode, input_mapping: mapping } = asRecord(value);
  return {
    agent: typeof agent === "string" && agent !== "" ? agent : undefined,
    mode: STEP_MODES.find((known) => known === mode),
    mapping: asRecord(mapping),
  };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function inFileOrder({ file }: YamlDocument, mistakes: readonly string[]): string[] {
  const place = (mistake: string) =>
    mistake
      .slice(file.length + 1)
      .split(":")
      .slice(0, 2)
      .map(Number);
  return [...mistakes].sort((a, b) => {
    const [lineA = 0, columnA = 0] = place(a);
    const [lineB = 0, columnB = 0] = place(b);
    return lineA - lineB || columnA - columnB;
  });
}
