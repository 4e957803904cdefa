import type { CoachTask } from "../coaching/task.ts";

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

export interface CompletionRequest {
  task: CoachTask;
  messages: readonly ChatMessage[];
  /** Gives the call up, with its reason. */
  signal: AbortSignal;
}

/** The port to a model: one request, one answer as text, which should be JSON that fits the task's schema. */
export interface LanguageModel {
  /** E.g. `openrouter`; the name of its spans is `llm:<provider>`. */
  readonly provider: string;
  readonly model: string;
  /** @throws {ModelError} when there is no answer. */
  complete(request: CompletionRequest): Promise<string>;
}

/**
 * Why a model gave no answer:
 *
 * - `busy`: not now (408, 429, 5xx); asking again may help.
 * - `timeout`: no answer in time.
 * - `unreachable`: the request did not arrive.
 * - `refused`: the key, the model or the request is not accepted (other 4xx); asking again does not help.
 */
export type ModelErrorKind = "busy" | "timeout" | "unreachable" | "refused";

/** A failed call. The message names what the provider answered, never a key. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  readonly kind: ModelErrorKind;
  readonly status: number | undefined;
  /** What the provider asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: ModelErrorKind,
    message: string,
    details: { status?: number | undefined; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}
