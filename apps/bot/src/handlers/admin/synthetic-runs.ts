import { TraceContext, type TraceRepo } from "@app/tracing";
import type { PipelineCatalog, PipelineName, SupportAnswer } from "../../pipelines/catalog.ts";
import { describeError } from "../../telegram/secrets.ts";
import type { Dependencies } from "../context.ts";
import { formatDuration, oneLine } from "./figures.ts";

/** Whose runs they are: no Telegram user has such an id. */
const SYNTHETIC_USER = "synthetic";
const SYNTHETIC_TAG = "synthetic";

export interface SyntheticRun {
  pipeline: PipelineName;
  /** Undefined when it never began. */
  traceId: string | undefined;
  /** Until the answer. */
  durationMs: number | null;
  /** Why it does not pass. */
  failure: string | undefined;
}

export interface SyntheticRuns {
  runs: SyntheticRun[];
  /** What went wrong afterwards. */
  remark: string | undefined;
}

const DEAL =
  "Forty-seat logistics firm, 24,000 euros a year. The operations lead wants it and asked for a contract last week. " +
  "Finance has not approved the budget, a cheaper competitor is in the deal, and they have been silent since the proposal.";

/**
 * Runs every pipeline once, looks whether each trace can be read back whole, and erases what was remembered of the test
 * user. Never rejects for what fails in a run.
 */
export async function runAllPipelines(
  deps: Dependencies,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<SyntheticRuns> {
  const run: Runner = (pipeline, input, traced) =>
    runPipeline(deps, pipeline, { input, traced, signal, timeoutMs });
  // One after the other: they share a user, and one that is stuck must not be held against the next.
  const learn = await runLearn(deps, run);
  const train = await runTrain(deps, run);
  const support = await runSupport(run);
  const regen = await runRegen(run, support.output);
  await deps.tracing.forceFlush();
  const runs: SyntheticRun[] = [];
  for (const { output: _output, ...result } of [learn, train, support, regen]) {
    runs.push({ ...result, failure: result.failure ?? (await judge(deps, result.traceId)) });
  }
  return { runs, remark: await eraseNotes(deps) };
}

type Runner = <N extends PipelineName>(
  pipeline: N,
  input: PipelineCatalog[N]["input"],
  traced: unknown,
) => Promise<Ran<N>>;

type Ran<N extends PipelineName> = SyntheticRun & { output: PipelineCatalog[N]["output"] | undefined };

function runLearn({ content }: Dependencies, run: Runner): Promise<Ran<"learn">> | Ran<"learn"> {
  const exercise = content.tracks[0]?.levels[0]?.exercise;
  if (!exercise) return notRun("learn", "There is no level to learn.");
  return run("learn", { exercise, answer: exercise.modelAnswer, notes: [] }, { exercise: exercise.id });
}

function runTrain({ content }: Dependencies, run: Runner): Promise<Ran<"train">> | Ran<"train"> {
  const exercise = content.scenarios[0]?.exercise;
  if (!exercise) return notRun("train", "There is no practice scenario.");
  return run("train", { exercise, answer: exercise.modelAnswer, notes: [] }, { scenario: exercise.id });
}

function runSupport(run: Runner): Promise<Ran<"support">> {
  return run("support", { deal: DEAL, notes: [] }, { deal: DEAL });
}

function runRegen(
  run: Runner,
  answer: SupportAnswer | undefined,
): Promise<Ran<"support_regen">> | Ran<"support_regen"> {
  if (!answer) return notRun("support_regen", "It needs the strategy of support, which gave none.");
  const { signals, strategy: previous } = answer;
  const wish = "shorter";
  return run("support_regen", { deal: DEAL, signals, previous, wish, notes: [] }, { wish, deal: DEAL });
}

function notRun<N extends PipelineName>(pipeline: N, failure: string): Ran<N> {
  return { pipeline, traceId: undefined, durationMs: null, failure, output: undefined };
}

interface PipelineRun<N extends PipelineName> {
  input: PipelineCatalog[N]["input"];
  traced: unknown;
  signal: AbortSignal;
  timeoutMs: number;
}

async function runPipeline<N extends PipelineName>(
  { runner, background }: Dependencies,
  pipeline: N,
  { input, traced, signal, timeoutMs }: PipelineRun<N>,
): Promise<Ran<N>> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const ran: Ran<N> = { ...notRun(pipeline, ""), failure: undefined };
  const options = { pipelineName: pipeline, userId: SYNTHETIC_USER, tags: [SYNTHETIC_TAG], input: traced };
  const begun = performance.now();
  try {
    const rest = await TraceContext.run(options, async (trace) => {
      ran.traceId = trace.traceId;
      const result = await runner.run(pipeline, input, {
        userId: SYNTHETIC_USER,
        signal: AbortSignal.any([signal, timeout]),
        backgroundSignal: AbortSignal.any([background.signal, timeout]),
      });
      background.add(SYNTHETIC_USER, result.background);
      trace.setOutput(result.output);
      ran.output = result.output;
      return { work: result.background };
    });
    ran.durationMs = performance.now() - begun;
    await rest.work;
    if (timeout.aborted) ran.failure = `Its background steps took longer than ${formatDuration(timeoutMs)}.`;
  } catch (error) {
    ran.durationMs = performance.now() - begun;
    ran.failure = timeout.aborted
      ? `No answer within ${formatDuration(timeoutMs)}.`
      : oneLine(describeError(error), 300);
  }
  return ran;
}

/** What is wrong with the trace of a run that went well; undefined when nothing is. */
async function judge(
  { traceRepo, tracing }: Dependencies,
  traceId: string | undefined,
): Promise<string | undefined> {
  if (traceId === undefined) return "It left no trace.";
  try {
    return await judgeTrace(traceRepo, traceId, tracing.stats().state);
  } catch (error) {
    return oneLine(`Its trace cannot be read back: ${describeError(error)}`, 300);
  }
}

async function judgeTrace(repo: TraceRepo, traceId: string, state: string): Promise<string | undefined> {
  const trace = await repo.getTrace(traceId, { skeleton: true });
  if (!trace) return `Its trace is not in the store (delivery: ${state}).`;
  if (trace.status !== "ok") return `Its trace is ${trace.status}.`;
  const known = new Set(trace.spans.map(({ spanId }) => spanId));
  const orphan = trace.spans.find(({ parentSpanId }) => parentSpanId !== null && !known.has(parentSpanId));
  if (orphan) return `In its trace the parent of ${oneLine(orphan.name, 60)} is missing.`;
  // A call to a model may fail and be repeated; an agent that failed has not done its work.
  const broken = trace.spans.find(({ kind, status }) => kind === "agent" && status !== "ok");
  return (
    broken && oneLine(`${broken.name} is ${broken.status}: ${broken.error?.message ?? "no message"}`, 300)
  );
}

async function eraseNotes({ records }: Dependencies): Promise<string | undefined> {
  try {
    await records.forget(SYNTHETIC_USER);
    return undefined;
  } catch (error) {
    return oneLine(`What was noted of the test user could not be erased: ${describeError(error)}`, 300);
  }
}
