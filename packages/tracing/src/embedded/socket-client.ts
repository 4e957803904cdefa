import { request as httpRequest, type IncomingMessage } from "node:http";
import type { EndpointRequest } from "./endpoint.ts";
import type { Answer } from "./worker-protocol.ts";

const MAX_ANSWER_BYTES = 512 * 2 ** 20;

/** No answer over the socket. `sent` tells whether the other side may have acted on the request all the same. */
export class SocketFailure extends Error {
  override readonly name = "SocketFailure";
  readonly sent: boolean;
  constructor(message: string, sent: boolean, cause: unknown) {
    super(message, { cause });
    this.sent = sent;
  }
}

/**
 * Sends a request to the endpoint that listens on a Unix socket.
 *
 * @throws {SocketFailure}
 */
export function askOverSocket(path: string, request: EndpointRequest): Promise<Answer> {
  const { pathname, search } = new URL(request.url, "http://embedded.invalid");
  return new Promise((resolve, reject) => {
    let sent = false;
    const fail = (cause: unknown): void => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      reject(new SocketFailure(`The owner of the embedded store does not answer: ${reason}`, sent, cause));
    };
    const { authorization, ...headers } = Object.fromEntries(request.headers);
    const outgoing = httpRequest(
      {
        socketPath: path,
        path: pathname + search,
        method: request.method,
        headers: {
          ...headers,
          ...(authorization && { authorization }),
          "content-length": Buffer.byteLength(request.body),
        },
        agent: false,
        ...(request.signal && { signal: request.signal }),
      },
      (incoming) => readAnswer(incoming).then(resolve, fail),
    );
    outgoing.on("socket", (socket) => {
      socket.once("connect", () => {
        sent = true;
      });
    });
    outgoing.on("error", fail);
    outgoing.end(request.body);
  });
}

async function readAnswer(incoming: IncomingMessage): Promise<Answer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error("The answer is too large.");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  return { status: incoming.statusCode ?? 502, body: text === "" ? undefined : text };
}
