import { createHash, timingSafeEqual } from "node:crypto";
import { gatewayFailure, postgrestFailure } from "./answers.ts";
import type { PgliteHost } from "./pglite-host.ts";
import type { Answer, WorkerOperation } from "./worker-protocol.ts";

/** As much as a request's body may have; the collector's batches are a few megabytes. */
export const MAX_BODY_BYTES = 64 * 2 ** 20;

export interface EndpointRequest {
  method: string;
  /** Path and query; an origin in front of them is ignored. */
  url: string;
  headers: Headers;
  /** JSON text. It reaches the database's thread as it is, without being parsed here. */
  body: string | Uint8Array;
  signal?: AbortSignal | undefined;
}

/** Answers a request as InsForge does, with its statuses and error formats. */
export type Endpoint = (request: EndpointRequest) => Promise<Answer>;

/**
 * The part of InsForge's HTTP API that the library uses, over PGlite: functions under `/api/database/rpc/`, the
 * migrations, raw SQL, and `/api/health`, which alone needs no key.
 *
 * The endpoint rejects with `DatabaseStopped` when the database stops on the way; a server cuts the connection then.
 */
export function createEndpoint(host: Pick<PgliteHost, "request">, apiKey: string): Endpoint {
  const expected = digest(apiKey);
  return async ({ method, url, headers, body, signal }) => {
    const { pathname, searchParams } = new URL(url, "http://embedded.invalid");
    if (pathname === "/api/health") return { status: 200, body: JSON.stringify({ status: "ok" }) };
    const refusal = refuseKey(headers.get("authorization"), expected) ?? refuseBody(headers, body);
    if (refusal) return refusal;
    const route = toRoute(method, pathname, searchParams, headers, body);
    return "op" in route ? host.request(route, signal) : route;
  };
}

/** The key on a request in flight, compared in a time that does not depend on how much of it is right. */
function refuseKey(authorization: string | null, expected: Buffer): Answer | undefined {
  const key = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
  if (key === undefined) return gatewayFailure(401, "AUTH_INVALID_CREDENTIALS", "No API key provided");
  if (timingSafeEqual(digest(key), expected)) return undefined;
  return gatewayFailure(401, "AUTH_INVALID_API_KEY", "Invalid API key");
}

function refuseBody(headers: Headers, body: string | Uint8Array): Answer | undefined {
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity")
    return gatewayFailure(415, "INVALID_INPUT", `Content-Encoding ${encoding} is not supported`);
  return body.length > MAX_BODY_BYTES ? tooLarge() : undefined;
}

export function tooLarge(): Answer {
  return gatewayFailure(413, "INVALID_INPUT", "request entity too large");
}

function toRoute(
  method: string,
  pathname: string,
  query: URLSearchParams,
  headers: Headers,
  body: string | Uint8Array,
): WorkerOperation | Answer {
  const fn = /^\/api\/database\/rpc\/([^/]+)$/.exec(pathname)?.[1];
  if (fn !== undefined) {
    if (method !== "POST") return methodNotAllowed(method);
    const schema = headers.get("content-profile") ?? "public";
    if (/^(pg_|information_schema$|system$)/.test(schema)) {
      return postgrestFailure(406, "PGRST106", `The schema ${schema} is not exposed`);
    }
    return {
      op: "rpc",
      schema,
      fn: decodeURIComponent(fn),
      columns: query.get("columns") ?? undefined,
      body,
    };
  }
  switch (pathname) {
    case "/api/database/migrations":
      if (method === "GET") return { op: "list-migrations" };
      return method === "POST" ? { op: "apply-migration", body } : methodNotAllowed(method);
    case "/api/database/advance/rawsql":
      return method === "POST" ? { op: "raw-sql", body } : methodNotAllowed(method);
    default:
      return gatewayFailure(404, "NOT_FOUND", `Cannot ${method} ${pathname}`);
  }
}

function methodNotAllowed(method: string): Answer {
  return gatewayFailure(405, "INVALID_INPUT", `${method} is not allowed here`);
}

function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
