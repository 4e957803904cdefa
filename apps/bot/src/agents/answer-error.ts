import type { CoachTask } from "../coaching/task.ts";

/** A model's answer does not fit its task, nor did the one before. The message quotes nothing of either. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
  readonly task: CoachTask["kind"];
  /** What is wrong with the last answer, as the model was told about the first. */
  readonly misfit: string;

  constructor(task: CoachTask["kind"], misfit: string) {
    super(`The model's answer to the task "${task}" does not fit, though it was asked twice: ${misfit}`);
    this.task = task;
    this.misfit = misfit;
  }
}
