import { Api } from "grammy";
import { onTestFinished } from "vitest";
import type { MessageView } from "../../src/chat/message.ts";
import { LOCAL_BOT_TOKEN, type LocalTelegramOptions, startLocalTelegram } from "../../src/index.ts";

export interface ChatAnswer {
  seq: number;
  activity: number;
  messages: MessageView[];
  deleted: number[];
  typing: boolean;
  answers: { callbackQueryId: string; messageId: number; data: string; text: string; alert: boolean }[];
  commands: { command: string; description: string }[];
  bot: string;
  runId: string;
}

/** A server on a free port that ends with the test, and a bot's and a script's access to it. */
export async function openLocalTelegram(options: LocalTelegramOptions = {}) {
  const server = await startLocalTelegram({ port: 0, ...options });
  onTestFinished(() => server.close());
  const api = new Api(options.token ?? LOCAL_BOT_TOKEN, { apiRoot: server.url });
  return { server, api, ...createControl(server.url) };
}

export function createControl(url: string) {
  return { say, press, chat, control };

  async function control(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: never }> {
    const response = await fetch(`${url}/local${path}`, {
      method,
      ...(body instanceof FormData && { body }),
      ...(body !== undefined &&
        !(body instanceof FormData) && {
          body: typeof body === "string" ? body : JSON.stringify(body),
          headers: { "Content-Type": "application/json" },
        }),
    });
    return { status: response.status, body: (await response.json()) as never };
  }

  async function say(
    user: number,
    text: string,
  ): Promise<{ messageId: number; seq: number; updateId: number }> {
    return (await control("POST", `/users/${user}/messages`, { text })).body;
  }

  async function press(user: number, messageId: number, data: string): Promise<{ callbackQueryId: string }> {
    return (await control("POST", `/users/${user}/press`, { messageId, data })).body;
  }

  async function chat(user: number, after = 0, query = ""): Promise<ChatAnswer> {
    return (await control("GET", `/users/${user}/chat?after=${after}${query}`)).body;
  }
}

/** What the Bot API answered, when it was an error. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => "it was accepted",
    (reason) => reason,
  );
  return error instanceof Error && "description" in error ? String(error.description) : String(error);
}
