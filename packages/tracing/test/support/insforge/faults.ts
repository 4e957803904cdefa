import type { ServerResponse } from "node:http";
import type { Reply } from "./answers.ts";

/**
 * How a request goes wrong:
 *
 * - `answer`: this instead of doing anything.
 * - `hang`: nothing is done, nothing is answered.
 * - `lost-acknowledgement`: all is done, then the connection is cut instead of an answer.
 * - `reset`: all is done, and the connection is cut in the middle of the answer's body.
 * - `truncated`: all is done, and the answer ends properly after half of its body.
 * - `drip`: all is done, and the answer's body comes at one byte every `everyMs`.
 * - `huge`: all is done, and the answer is one JSON text of so many bytes.
 */
export type Fault =
  | ({ kind: "answer" } & Reply)
  | { kind: "hang" }
  | { kind: "lost-acknowledgement" }
  | { kind: "reset" }
  | { kind: "truncated" }
  | { kind: "drip"; everyMs?: number }
  | { kind: "huge"; bytes?: number };

export interface FaultOptions {
  /** How many requests it hits. @default 1 */
  times?: number;
  /** Only requests whose path ends in this, such as `/rpc/ingest`. */
  path?: string;
}

interface Waiting {
  pick: (path: string, body: string) => Fault | undefined;
  path: string | undefined;
  left: number;
}

/** The faults that wait for their requests; the earliest that fits is used. */
export class Faults {
  readonly #waiting: Waiting[] = [];

  add(fault: Fault | Waiting["pick"], { times, path }: FaultOptions = {}): () => void {
    const pick = typeof fault === "function" ? fault : () => fault;
    const left = times ?? (typeof fault === "function" ? Number.POSITIVE_INFINITY : 1);
    const waiting: Waiting = { pick, path, left };
    this.#waiting.push(waiting);
    return () => {
      waiting.left = 0;
    };
  }

  next(path: string, body: string): Fault | undefined {
    for (const waiting of this.#waiting) {
      if (waiting.left <= 0 || (waiting.path && !path.endsWith(waiting.path))) continue;
      const fault = waiting.pick(path, body);
      if (!fault) continue;
      waiting.left -= 1;
      return fault;
    }
    return undefined;
  }
}

/** Sends a reply the way the fault wants it. */
export function sendFaulty(
  response: ServerResponse,
  { status, headers, body = "" }: Reply,
  fault: Fault,
): void {
  const head = { "content-type": "application/json; charset=utf-8", ...headers };
  const text = Buffer.from(
    fault.kind === "huge" ? `"${"x".repeat((fault.bytes ?? 10 * 2 ** 20) - 2)}"` : body,
  );
  switch (fault.kind) {
    case "lost-acknowledgement":
      response.socket?.resetAndDestroy();
      return;
    case "reset":
      response.writeHead(status, { ...head, "content-length": text.length });
      response.write(text.subarray(0, text.length / 2), () => response.socket?.resetAndDestroy());
      return;
    case "truncated":
      response.writeHead(status, head).end(text.subarray(0, text.length / 2));
      return;
    case "drip":
      response.writeHead(status, { ...head, "content-length": text.length }).flushHeaders();
      drip(response, text, fault.everyMs ?? 1_000);
      return;
    default:
      response.writeHead(status, head).end(text);
  }
}

function drip(response: ServerResponse, text: Buffer, everyMs: number): void {
  let sent = 0;
  const timer = setInterval(() => {
    response.write(text.subarray(sent, ++sent));
    if (sent >= text.length) response.end();
  }, everyMs).unref();
  response.once("close", () => clearInterval(timer));
}
