import { TracingError, type TracingErrorCode } from "../core/errors.ts";
import { StoreError, type StoreErrorKind } from "../store/store-client.ts";
import { type Answer, readRefusal } from "./answer.ts";
import { withinDeadline } from "./deadline.ts";
import { exchange, type HttpRequest, type InsForgeHttp } from "./http-exchange.ts";
import { parse } from "./http-store-client.ts";

/** Creating an index on large tables takes its time. */
const TIMEOUT_MS = 120_000;
const MAX_ANSWER_BYTES = 64 * 2 ** 20;

/** InsForge's administrative endpoints, in the terms of somebody who migrates a schema. */
export interface Backend {
  /** @throws {TracingError} `unreachable` */
  ask(request: HttpRequest): Promise<Answer>;
  /** The object a success answers. @throws {TracingError} also for any refusal. */
  json(request: HttpRequest): Promise<Record<string, unknown>>;
  toError(answer: Answer): TracingError;
}

export function createBackend(http: InsForgeHttp): Backend {
  const origin = new URL(http.baseUrl).origin;

  async function ask(request: HttpRequest): Promise<Answer> {
    const headers = { "content-type": "application/json", ...request.headers };
    try {
      return await withinDeadline({ timeoutMs: TIMEOUT_MS }, (signal) =>
        exchange(http, { ...request, headers }, signal, MAX_ANSWER_BYTES),
      );
    } catch (error) {
      throw error instanceof StoreError ? unreachable(error) : error;
    }
  }

  function unreachable(cause: StoreError): TracingError {
    return new TracingError("unreachable", `${cause.message.replace(/\.?$/, "")} (${origin}).`, {
      hint: "Check INSFORGE_BASE_URL and the network, then run `tracing doctor`.",
      cause,
    });
  }

  function toError(answer: Answer): TracingError {
    const { kind, status, message, advice } = readRefusal(answer);
    if (status === 404 && kind === "schema-missing") {
      return new TracingError("unsupported-server", `${origin} has no such endpoint. ${message}`, {
        hint: "Check INSFORGE_BASE_URL; if it is right, upgrade InsForge to a release of mid-2026 or later.",
      });
    }
    return new TracingError(CODES[kind], message, { hint: advice ?? "Run `tracing doctor`." });
  }

  return {
    ask,
    toError,
    async json(request) {
      const answer = await ask(request);
      if (answer.status < 200 || answer.status > 299) throw toError(answer);
      try {
        return Object(parse(answer.text)) as Record<string, unknown>;
      } catch (error) {
        throw error instanceof StoreError ? unreachable(error) : error;
      }
    },
  };
}

const CODES: Readonly<Record<StoreErrorKind, TracingErrorCode>> = {
  unreachable: "unreachable",
  unavailable: "store-failed",
  unauthorized: "unauthorized",
  "schema-missing": "unsupported-server",
  "too-large": "store-failed",
  rejected: "store-failed",
};
