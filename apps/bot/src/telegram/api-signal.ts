import type { Api } from "grammy";

/** The signals that grammY's methods take. */
export type ApiSignal = NonNullable<Parameters<Api["getMe"]>[0]>;

/** The same signal, for grammY, whose types know only those of the package `abort-controller`. */
export function toApiSignal(signal: AbortSignal): ApiSignal {
  return signal as ApiSignal;
}
