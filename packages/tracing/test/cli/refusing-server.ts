import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Refusal {
  status: number;
  body: Readonly<Record<string, unknown>>;
  headers?: Readonly<Record<string, string>>;
}

/** What InsForge 2.3 answers in these cases, to the letter. */
export const REFUSALS = {
  wrongKey: {
    status: 401,
    body: { error: "AUTH_INVALID_API_KEY", message: "Invalid API key", statusCode: 401 },
  },
  anonymousKey: {
    status: 401,
    body: { code: "42501", message: "permission denied for schema tracing", details: null, hint: null },
  },
  userToken: {
    status: 403,
    body: { code: "42501", message: "permission denied for schema tracing", details: null, hint: null },
  },
  schemaNotExposed: {
    status: 406,
    body: {
      code: "PGRST106",
      message: "The schema must be one of the following: public",
      details: null,
      hint: null,
    },
  },
  functionMissing: {
    status: 404,
    body: { code: "PGRST202", message: "Could not find the function", details: null, hint: null },
  },
  overloaded: {
    status: 503,
    body: { code: "53300", message: "too many connections", details: null, hint: null },
  },
} as const satisfies Readonly<Record<string, Refusal>>;

/** A server that gives every request the same answer; returns its address. */
export async function startRefusingServer({ status, body, headers = {} }: Refusal): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address at which nobody listens. */
export async function unusedAddress(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}
