import type { AnswerTo, CoachTask } from "../coaching/task.ts";
import type { ChatMessage, LanguageModel } from "../llm/language-model.ts";
import { AnswerError } from "./answer-error.ts";
import { toCorrection, toPrompt } from "./prompts.ts";
import { readAnswer, type TaskOf } from "./read-answer.ts";

/**
 * The model's answer to a task, checked. One that does not fit is shown to the model once, with what is wrong with it.
 *
 * @throws {AnswerError} when the second answer does not fit either, {@link ModelError} when there is none, or the
 * signal's reason.
 */
export async function ask<K extends CoachTask["kind"]>(
  model: LanguageModel,
  task: TaskOf<K>,
  { signal }: { signal: AbortSignal },
): Promise<AnswerTo<K>> {
  const messages: readonly ChatMessage[] = toPrompt(task);
  const text = await model.complete({ task, messages, signal });
  const first = readAnswer(task, text);
  if (first.fits) return first.answer;
  const correction: ChatMessage[] = [
    { role: "assistant", content: text },
    { role: "user", content: toCorrection(first.misfit) },
  ];
  const second = readAnswer(
    task,
    await model.complete({ task, messages: [...messages, ...correction], signal }),
  );
  if (second.fits) return second.answer;
  throw new AnswerError(task.kind, second.misfit);
}
