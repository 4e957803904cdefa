import { setTimeout as sleep } from "node:timers/promises";
import { type CompletionRequest, type LanguageModel, ModelError } from "./language-model.ts";

export interface RetryOptions {
  /** Requests in all, the first among them. @default 3 */
  attempts?: number | undefined;
  /** The wait before the second request; it doubles with each one, and up to half of it is left to chance. @default 500 */
  baseDelayMs?: number | undefined;
  /** No wait is longer. A provider that asks for a longer one is not asked again. @default 15_000 */
  maxDelayMs?: number | undefined;
  /** No request begins later than this after the first. @default 90_000 */
  maxTotalMs?: number | undefined;
  /** Told before each wait. */
  onRetry?: ((retry: Retry) => void) | undefined;
}

export interface Retry {
  error: ModelError;
  /** The request that failed, from 1. */
  attempt: number;
  delayMs: number;
}

/**
 * The model, asked again when it is busy, late or out of reach. The last failure is thrown as it is; an aborted request
 * is given up at once, with its signal's reason.
 *
 * @throws {RangeError} when an option is out of range
 */
export function withRetries(model: LanguageModel, options: RetryOptions = {}): LanguageModel {
  const settings = {
    attempts: wholeNumber("attempts", options.attempts ?? 3, 1),
    baseDelayMs: wholeNumber("baseDelayMs", options.baseDelayMs ?? 500, 0),
    maxDelayMs: wholeNumber("maxDelayMs", options.maxDelayMs ?? 15_000, 0),
    maxTotalMs: wholeNumber("maxTotalMs", options.maxTotalMs ?? 90_000, 0),
  };
  return {
    provider: model.provider,
    model: model.model,
    async complete(request: CompletionRequest): Promise<string> {
      const startedAt = performance.now();
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await model.complete(request);
        } catch (error) {
          request.signal.throwIfAborted();
          if (!(error instanceof ModelError) || error.kind === "refused" || attempt >= settings.attempts) {
            throw error;
          }
          const delayMs = delayAfter(error, attempt, settings);
          const elapsedMs = performance.now() - startedAt;
          if (delayMs > settings.maxDelayMs || elapsedMs + delayMs > settings.maxTotalMs) throw error;
          options.onRetry?.({ error, attempt, delayMs });
          await pause(delayMs, request.signal);
        }
      }
    },
  };
}

function delayAfter(
  { retryAfterMs = 0 }: ModelError,
  attempt: number,
  { baseDelayMs, maxDelayMs }: { baseDelayMs: number; maxDelayMs: number },
): number {
  const backoffMs = Math.min(baseDelayMs * 2 ** (attempt - 1), maxDelayMs);
  const jitteredMs = backoffMs / 2 + Math.random() * (backoffMs / 2);
  return Math.max(retryAfterMs, Math.round(jitteredMs));
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(delayMs, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

function wholeNumber(option: string, value: number, min: number): number {
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new RangeError(`${option} of withRetries is ${value}; accepted is a whole number of ${min} or more.`);
}
