import { invalidOption, missingDependency, TracingError } from "../core/errors.ts";
import type { InsForgeHttp } from "./http-exchange.ts";
import { nodeFetch } from "./node-fetch.ts";

export interface InsForgeAddress {
  /** Where the backend answers, e.g. `https://my-app.insforge.app`. */
  baseUrl: string;
  /** The project's API key (`ik_...`); the anonymous key and user tokens have no access to traces. */
  apiKey: string;
  /** Sends the requests. @default one over `node:http` that lets the process end */
  fetch?: typeof fetch;
}

/**
 * The HTTP client of an SDK made for this address.
 *
 * @throws {TracingError} `invalid-option`, or `missing-dependency` when `@insforge/sdk` is not installed.
 */
export async function openSdk({
  baseUrl,
  apiKey,
  fetch: send = nodeFetch,
}: InsForgeAddress): Promise<InsForgeHttp> {
  if (typeof baseUrl !== "string" || !/^https?:\/\//.test(baseUrl) || !URL.canParse(baseUrl)) {
    throw new TracingError(
      "invalid-option",
      "baseUrl is not a URL; accepted: an address that begins with http(s)://.",
    );
  }
  if (typeof apiKey !== "string" || apiKey.trim() === "") {
    throw new TracingError("invalid-option", "apiKey is missing or empty.", {
      hint: "Pass the project's API key (ik_...), not the anonymous one.",
    });
  }
  if (typeof send !== "function") throw invalidOption("fetch", send, "a function like the global fetch");
  const { createAdminClient } = await loadSdk();
  // Time-outs and retries are the caller's; the SDK's own timer would keep the process alive.
  return createAdminClient({
    baseUrl,
    apiKey,
    fetch: unwrapped(send),
    timeout: 0,
    retryCount: 0,
  }).getHttpClient();
}

async function loadSdk(): Promise<Pick<typeof import("@insforge/sdk"), "createAdminClient">> {
  try {
    return await import("@insforge/sdk");
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND";
    const reason = missing
      ? "is not installed"
      : `cannot be loaded (${cause instanceof Error ? cause.message : cause})`;
    throw missingDependency("The InsForge store", ["@insforge/sdk"], { reason, cause });
  }
}

/** The SDK passes on a failure's message only, and `fetch` keeps what matters in its cause. */
function unwrapped(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    try {
      return await send(input, init);
    } catch (error) {
      throw error instanceof Error && error.cause instanceof Error ? innermost(error.cause) : error;
    }
  };
}

/** A failed connection to a name with several addresses has a code and no message. */
function innermost(error: Error): Error {
  if (error.cause instanceof Error) return innermost(error.cause);
  if (error.message) return error;
  return new Error("code" in error ? String(error.code) : error.name, { cause: error });
}
