import { once } from "node:events";
import { chmodSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Endpoint } from "./endpoint.ts";
import { MAX_BODY_BYTES, tooLarge } from "./endpoint.ts";
import type { Answer } from "./worker-protocol.ts";

const CLOSE_TIMEOUT_MS = 1_000;

export interface SocketServer {
  /** Takes no more connections; those there are go on. */
  refuse(): void;
  /** Resolves when all answers have been sent, at the latest after a second, and cuts what is left. */
  close(): Promise<void>;
}

/** Serves an endpoint on a Unix socket, private to the user. Neither it nor its connections keep a process alive. */
export async function serveOnSocket(path: string, endpoint: Endpoint): Promise<SocketServer> {
  const server = createServer(
    { keepAlive: false },
    (request, response) => void serve(endpoint, request, response),
  );
  server.on("connection", (socket) => socket.unref());
  await listen(server, path);
  server.unref();
  chmodSync(path, 0o600);
  const closed = once(server, "close");
  return {
    refuse: () => {
      server.close();
    },
    async close() {
      server.close();
      const cut = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS);
      await closed;
      clearTimeout(cut);
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function serve(endpoint: Endpoint, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  try {
    const body = await readBody(request);
    const answer =
      body === undefined
        ? tooLarge()
        : await endpoint({
            method: request.method ?? "GET",
            url: request.url ?? "/",
            headers: toHeaders(request),
            body,
            signal: gone.signal,
          });
    send(response, answer);
  } catch (error) {
    // Whoever asked sees the connection cut, as when the server were gone, and does what it does then.
    response.destroy(error instanceof Error ? error : undefined);
  }
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.setHeader("connection", "close");
  response.statusCode = status;
  if (body === undefined) {
    response.end();
    return;
  }
  response.setHeader("content-type", "application/json; charset=utf-8");
  response.end(body);
}

function toHeaders(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (const name of ["authorization", "content-profile", "content-encoding"]) {
    const value = request.headers[name];
    if (typeof value === "string") headers.set(name, value);
  }
  return headers;
}

/** The whole body, or undefined when it is too large, of which the rest is read and forgotten. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
}
