export {
  PIPELINE_NAMES,
  type PipelineCatalog,
  type PipelineName,
  type SupportAnswer,
} from "./catalog.ts";
export { loadPipelines, PipelineError } from "./load-pipelines.ts";
export type { Pipeline, Pipelines } from "./pipeline.ts";
export {
  type BackgroundStep,
  PipelineRunner,
  type PipelineRunnerOptions,
  type RunOptions,
  type RunResult,
} from "./pipeline-runner.ts";
