import { context } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import { toSafeText } from "../capture/redaction/safe-text.ts";
import { type RpcOptions, StoreError } from "../store/store-client.ts";

/** InsForge itself answers within 10 s, if only to say that the database has not. */
const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Runs an exchange with the backend, the reading of its answer included, within a time; unseen by any instrumentation in
 * the process, which would otherwise trace the delivery of traces.
 *
 * @throws {StoreError} `unreachable` when the time is over, the caller's signal aborts, or the exchange fails without
 * an answer; any other `StoreError` of the exchange as it is.
 */
export async function withinDeadline<T>(
  { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: RpcOptions,
  exchange: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const onAbort = () =>
    abort.abort(new StoreError("unreachable", "The request was aborted.", { cause: signal?.reason }));
  const onTimeout = () =>
    abort.abort(new StoreError("unreachable", `InsForge has not answered in ${timeoutMs} ms.`));
  const timer = setTimeout(onTimeout, timeoutMs).unref();
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  try {
    abort.signal.throwIfAborted();
    // Not every fetch or client heeds a signal, so the race does not rely on it.
    return await Promise.race([
      context.with(suppressTracing(context.active()), () => exchange(abort.signal)),
      rejectOnAbort(abort.signal),
    ]);
  } catch (error) {
    if (abort.signal.aborted) throw abort.signal.reason;
    throw error instanceof StoreError ? error : toUnreachable(error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
  );
}

function toUnreachable(error: unknown): StoreError {
  return new StoreError("unreachable", `InsForge does not answer: ${toSafeText(reasonOf(error))}`, {
    cause: error,
  });
}

/** `fetch` says "fetch failed" and keeps the reason in a chain of causes, the last of which may have no message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : reasonOf(error.cause);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return cause || error.message.replace(/^Network request failed: /, "") || code || error.name;
}
