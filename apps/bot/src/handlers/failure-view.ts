import { StoreError } from "@app/tracing";
import { AnswerError } from "../agents/answer-error.ts";
import { ModelError, type ModelErrorKind } from "../llm/language-model.ts";
import { RunStoppedError } from "../runs/run-registry.ts";
import { RecordsUnavailableError } from "../storage/bot-records.ts";

const MODEL_FAILURES: Readonly<Record<ModelErrorKind, string>> = {
  busy: "The model is overloaded right now. Send it again in a minute; nothing is lost.",
  timeout: "The model took too long to answer, so I stopped waiting. Send it again; nothing is lost.",
  unreachable: "I cannot reach the model right now. Send it again in a minute; nothing is lost.",
  refused: "The model does not take my request. That is for my operator to mend, not for you.",
};

/** What a rep is told when a run has failed, in plain words. */
export function toApology(error: unknown, traceId?: string): string {
  if (error instanceof RunStoppedError) return error.message;
  const reference = traceId === undefined ? "" : `\n\nReference: ${traceId.slice(0, 8)}`;
  return `${reasonOf(error)}${reference}`;
}

function reasonOf(error: unknown): string {
  if (error instanceof ModelError) return MODEL_FAILURES[error.kind];
  if (error instanceof AnswerError) {
    return "The model answered twice with something I could not use, so I will not guess a result. Send it again, please.";
  }
  if (error instanceof RecordsUnavailableError || error instanceof StoreError) {
    return "I cannot reach my records right now. Try again in a minute; nothing is lost.";
  }
  return "Something went wrong on my side. Send it again; if it keeps failing, tell my operator.";
}
