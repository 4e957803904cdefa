import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { CoachTask } from "../../src/coaching/task.ts";
import { toSmartAnswer } from "./smart-answer.ts";

export type TaskKind = CoachTask["kind"];

/** What the server does with one request. With `task` it waits for a request of that kind, and lets others pass. */
export type ModelReply = {
  task?: TaskKind;
  /** Holds the reply back until then. */
  after?: Promise<unknown>;
} & (
  | {
      kind: "text";
      /** @default an answer that fits what the prompt asks for */
      text?: string;
      /** OpenRouter only; in US dollars. */
      cost?: number;
      /** null leaves usage out. */
      usage?: { input: number; output: number; cacheRead?: number; cacheWrite?: number } | null;
      finishReason?: string;
    }
  | { kind: "status"; status: number; headers?: Record<string, string>; body?: string }
  /** 200 with a body of one's own. */
  | { kind: "body"; body: string; contentType?: string }
  /** 200 without a choice or a block of content. */
  | { kind: "empty" }
  | { kind: "hang" }
  /** Cuts the connection: before the answer, or in the middle of its body. */
  | { kind: "reset"; during?: "headers" | "body" }
);

export interface ModelRequest {
  path: string;
  headers: IncomingMessage["headers"];
  body: { model?: string; [name: string]: unknown };
  /** The text of all messages, the system's first. */
  prompt: string;
  /** What the prompt asks for, undefined when it does not say. */
  task: TaskKind | undefined;
  /** Resolves when the other side hangs up before it is answered. */
  hungUp: Promise<void>;
}

export interface ModelServer {
  /** Base address with the version, for either provider: `<url>/chat/completions` and `<url>/messages`. */
  readonly url: string;
  /** In the order they came. */
  readonly requests: readonly ModelRequest[];
  /** Each is the answer to one request; when there are none, it is decided on, or else fits what the prompt asks for. */
  enqueue(...replies: ModelReply[]): void;
  /** Resolves with the request of that number, from 1, once it is there. */
  received(count: number): Promise<ModelRequest>;
  close(): Promise<void>;
}

/** Decides on a request that nothing is enqueued for; undefined leaves it the answer that fits. */
export type ModelDecision = (request: ModelRequest) => ModelReply | undefined;

/** A server on loopback that speaks as much of OpenRouter's and Anthropic's protocols as the bot needs. */
export async function startModelServer(decide: ModelDecision = () => undefined): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const replies: ModelReply[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      response.writeHead(400, { "content-type": "text/plain" });
      response.end(String(error));
    });
  });

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const request = await read(incoming, response);
    requests.push(request);
    for (const look of waiting) look();
    const index = replies.findIndex(({ task }) => task === undefined || task === request.task);
    const [enqueued] = index < 0 ? [] : replies.splice(index, 1);
    const reply: ModelReply = enqueued ?? decide(request) ?? { kind: "text" };
    await reply.after;
    answer(reply, request, response);
  };

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    enqueue: (...more) => void replies.push(...more),
    received: (count) =>
      new Promise((resolve) => {
        const look = () => {
          const request = requests[count - 1];
          if (!request) return;
          waiting.delete(look);
          resolve(request);
        };
        waiting.add(look);
        look();
      }),
    async close() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function read(incoming: IncomingMessage, response: ServerResponse): Promise<ModelRequest> {
  const hungUp = new Promise<void>((resolve) => {
    response.once("close", () => {
      if (!response.writableFinished) resolve();
    });
  });
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as ModelRequest["body"];
  const prompt = [body.system, body.messages].flatMap(textsOf).join("\n\n");
  const task = /^TASK: (assess|signals|strategy|memory)$/m.exec(prompt)?.[1] as TaskKind | undefined;
  return { path: incoming.url ?? "", headers: incoming.headers, body, prompt, task, hungUp };
}

function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== "object" || value === null) return [];
  return "content" in value ? textsOf(value.content) : "text" in value ? textsOf(value.text) : [];
}

function answer(reply: ModelReply, request: ModelRequest, response: ServerResponse): void {
  const send = (status: number, body: string, headers: Record<string, string> = {}) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body);
  };
  const shape = request.path.endsWith("/messages") ? toAnthropicMessage : toOpenRouterCompletion;
  switch (reply.kind) {
    case "text":
      return send(200, JSON.stringify(shape(reply, request)));
    case "empty":
      return send(200, JSON.stringify({ ...shape({}, request), choices: [], content: [] }));
    case "status":
      return send(reply.status, reply.body ?? toErrorBody(reply.status), reply.headers);
    case "body":
      return send(200, reply.body, reply.contentType ? { "content-type": reply.contentType } : {});
    case "hang":
      return;
    case "reset":
      if (reply.during !== "body") return void response.destroy();
      response.writeHead(200, { "content-type": "application/json", "content-length": "4096" });
      response.write('{"id":', () => response.destroy());
  }
}

function toErrorBody(status: number): string {
  return JSON.stringify({ error: { message: `status ${status}`, code: status, type: "error" } });
}

type TextReply = Pick<Extract<ModelReply, { kind: "text" }>, "text" | "cost" | "usage" | "finishReason">;

const USAGE = { input: 120, output: 40 };

function toOpenRouterCompletion(
  { text, cost, usage = USAGE, finishReason = "stop" }: TextReply,
  request: ModelRequest,
): object {
  const content = text ?? toSmartAnswer(request.task, request.prompt);
  return {
    id: "gen-1",
    object: "chat.completion",
    created: 1,
    model: `${request.body.model}-20260101`,
    provider: "Test",
    choices: [{ index: 0, finish_reason: finishReason, message: { role: "assistant", content } }],
    ...(usage && {
      usage: {
        prompt_tokens: usage.input,
        completion_tokens: usage.output,
        total_tokens: usage.input + usage.output,
        prompt_tokens_details: {
          cached_tokens: usage.cacheRead ?? 0,
          cache_write_tokens: usage.cacheWrite ?? 0,
        },
        ...(cost !== undefined && wantsCost(request) && { cost }),
      },
    }),
  };
}

/** OpenRouter accounts for usage when it is asked to. */
function wantsCost({ body: { usage } }: ModelRequest): boolean {
  return typeof usage === "object" && usage !== null && "include" in usage && usage.include === true;
}

function toAnthropicMessage(
  { text, usage = USAGE, finishReason = "end_turn" }: TextReply,
  request: ModelRequest,
): object {
  const { input, output, cacheRead = 0, cacheWrite = 0 } = usage ?? { input: 0, output: 0 };
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: `${request.body.model}-20260101`,
    content: [{ type: "text", text: text ?? toSmartAnswer(request.task, request.prompt) }],
    stop_reason: finishReason,
    stop_sequence: null,
    usage: {
      input_tokens: input - cacheRead - cacheWrite,
      output_tokens: output,
      cache_read_input_tokens: cacheRead,
      cache_creation_input_tokens: cacheWrite,
    },
  };
}
