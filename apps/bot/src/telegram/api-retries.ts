import { setTimeout as sleep } from "node:timers/promises";
import { autoRetry } from "@grammyjs/auto-retry";
import { HttpError, type Transformer } from "grammy";
import { type ApiSignal, toApiSignal } from "./api-signal.ts";

export interface ApiRetriesOptions {
  /** How often a call is repeated, after flood waits, server errors and lost connections each. @default 3 */
  maxRetryAttempts?: number;
  /** The longest flood wait that is waited out; beyond it the call fails at once. @default 30 */
  maxDelaySeconds?: number;
  /** Before the first repetition after a lost connection; doubles. @default 1000 */
  reconnectDelayMs?: number;
  /** A call that takes longer counts as a lost connection. @default 20_000 */
  callTimeoutMs?: number;
}

/** `getMe`, `deleteWebhook` and `getUpdates` belong to polling, which has a back-off of its own. */
const OWN_BACKOFF: ReadonlySet<string> = new Set(["getUpdates", "getMe", "deleteWebhook"]);

const optedOut = new WeakSet<object>();

/**
 * Marks a call that shall fail rather than be repeated, such as the edit of a status that will be out of date by then:
 * `api.editMessageText(..., withoutRetries(signal))`.
 */
export function withoutRetries(signal: AbortSignal): ApiSignal {
  optedOut.add(signal);
  return toApiSignal(signal);
}

/**
 * A transformer for `bot.api.config.use` that repeats calls which failed by a flood wait, a server error or a lost
 * connection, within bounds. A call whose answer was lost is repeated too: a message can arrive twice, but none is lost.
 */
export function createApiRetries(options: ApiRetriesOptions = {}): Transformer {
  const {
    maxRetryAttempts = 3,
    maxDelaySeconds = 30,
    reconnectDelayMs = 1_000,
    callTimeoutMs = 20_000,
  } = options;
  // Its own repetition of lost connections has no bound.
  const retryAnswers = autoRetry({ maxRetryAttempts, maxDelaySeconds, rethrowHttpErrors: true });
  return async (prev, method, payload, signal) => {
    if (OWN_BACKOFF.has(method) || (signal && optedOut.has(signal))) return prev(method, payload, signal);
    const callInTime: typeof prev = (calledMethod, calledPayload, given) =>
      prev(calledMethod, calledPayload, withTimeout(given, callTimeoutMs));
    let delayMs = reconnectDelayMs;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await retryAnswers(callInTime, method, payload, signal);
      } catch (error) {
        if (!(error instanceof HttpError) || signal?.aborted || attempt === maxRetryAttempts) throw error;
        await sleep(delayMs);
        delayMs *= 2;
      }
    }
  };
}

function withTimeout(signal: ApiSignal | undefined, timeoutMs: number): ApiSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return toApiSignal(signal ? AbortSignal.any([signal as AbortSignal, timeout]) : timeout);
}
