import { recordGeneration, tracedSpan } from "@app/tracing";
import type { AnswerTo, CoachTask } from "../../coaching/task.ts";
import type { CompletionRequest, LanguageModel } from "../language-model.ts";
import { assessAnswer } from "./assess/assess-answer.ts";
import { remember } from "./remember.ts";
import { readSignals } from "./signals/read-signals.ts";
import { composeStrategy } from "./strategy/compose-strategy.ts";

/**
 * A coach that follows rules, in a model's place: it needs no network and no key, and gives the same answer to the same
 * task. It reads the task and not the prompt, and says in what the rep sees that it is no language model.
 */
export function createOfflineModel(): LanguageModel {
  return new OfflineModel();
}

class OfflineModel implements LanguageModel {
  readonly provider = "offline";
  readonly model = "rule-based-coach";

  // Prompt and answer are kept once, by recordGeneration.
  @tracedSpan("llm:offline", { kind: "llm", captureInput: false, captureOutput: false })
  async complete({ task, messages, signal }: CompletionRequest): Promise<string> {
    signal.throwIfAborted();
    const text = JSON.stringify(answer(task));
    recordGeneration({
      provider: this.provider,
      model: this.model,
      inputMessages: messages,
      outputMessages: [{ role: "assistant", content: text }],
      usage: {
        inputTokens: messages.reduce((sum, { content }) => sum + estimateTokens(content), 0),
        outputTokens: estimateTokens(text),
      },
      costUsd: 0,
    });
    return text;
  }
}

function answer(task: CoachTask): AnswerTo<CoachTask["kind"]> {
  switch (task.kind) {
    case "assess":
      return assessAnswer(task.exercise, task.answer);
    case "signals":
      return readSignals(task.deal);
    case "strategy":
      return composeStrategy(task);
    case "memory":
      return remember(task.notes, task.event);
  }
}

/** About four characters a token, as English text has. */
function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
