import { AISDKError, APICallError } from "ai";
import { ModelError } from "./language-model.ts";

/** What messages call a provider, and what its key is. */
export interface ProviderLabel {
  /** As people write it, e.g. `OpenRouter`. */
  title: string;
  model: string;
}

/**
 * The failure in the port's terms; what is no failure of a call comes back as it is.
 *
 * Answers are never quoted: a provider may repeat the key or the prompt in them.
 */
export function toModelError(error: unknown, provider: ProviderLabel): unknown {
  const { title } = provider;
  const network = networkErrorBehind(error);
  if (network) {
    const message = `${title} cannot be reached (${network.code}).`;
    return new ModelError("unreachable", message, { cause: network });
  }
  if (APICallError.isInstance(error)) return fromCall(error, provider);
  if (AISDKError.isInstance(error)) {
    return new ModelError("busy", `${title} gave an answer that cannot be read (${error.name}).`);
  }
  return error;
}

function fromCall(error: APICallError, provider: ProviderLabel): ModelError {
  const { title } = provider;
  const status = statusOf(error);
  if (status === undefined) return new ModelError("unreachable", `${title} cannot be reached.`);
  if (status < 300) {
    return new ModelError("busy", `${title} answered ${status} with a body that is not an answer.`, {
      status,
    });
  }
  const retryAfterMs = toRetryAfterMs(error.responseHeaders ?? {});
  const isBusy = status === 408 || status === 429 || status >= 500;
  const advice = isBusy ? "asking again later may help" : adviceFor(status, provider);
  const message = `${title} answered ${status}: ${advice}.`;
  return new ModelError(isBusy ? "busy" : "refused", message, { status, retryAfterMs });
}

function adviceFor(status: number, { title, model }: ProviderLabel): string {
  switch (status) {
    case 401:
      return `the API key is not accepted; give one that ${title} knows`;
    case 403:
      return `this is not allowed; give an API key that may use ${model}, or a model that takes such messages`;
    case 402:
      return "the account has no credit left; top it up";
    case 404:
      return `the model ${model} or the address is not known there; check both`;
    default:
      return `the request is not accepted; check that ${model} is a chat model`;
  }
}

/** OpenRouter passes a failure of the provider behind it on in the body of a 200. */
function statusOf({ statusCode, data }: APICallError): number | undefined {
  if (statusCode !== 200 || typeof data !== "object" || data === null || !("code" in data)) return statusCode;
  const code = Number(data.code);
  return Number.isInteger(code) && code >= 400 && code < 600 ? code : statusCode;
}

interface NetworkError extends Error {
  code: string;
}

/** The innermost error with a code of Node's or undici's, which says what went wrong on the wire. */
function networkErrorBehind(error: unknown): NetworkError | undefined {
  let found: NetworkError | undefined;
  const seen = new Set<unknown>();
  for (let at = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at);
    if (isNetworkError(at)) found = at;
  }
  return found;
}

function isNetworkError(error: Error): error is NetworkError {
  return "code" in error && typeof error.code === "string" && /^(E[A-Z]|UND_ERR_)/.test(error.code);
}

/**
 * Milliseconds that the headers ask to wait; undefined when they do not, or make no sense.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after; `retry-after-ms` is what OpenAI and those who
 * follow it add.
 */
function toRetryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const exact = headers["retry-after-ms"]?.trim();
  if (exact && /^\d+(\.\d+)?$/.test(exact)) return Math.ceil(Number(exact));
  const value = headers["retry-after"]?.trim();
  if (!value) return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1_000);
  const until = Date.parse(value);
  if (Number.isNaN(until)) return undefined;
  const now = Date.parse(headers.date ?? "");
  return Math.max(0, until - (Number.isNaN(now) ? Date.now() : now));
}
