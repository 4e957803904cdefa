import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { MessageEntity, Update } from "grammy/types";

/** What becomes of one call instead of success. */
export type BotApiOutcome =
  | { kind: "error"; status: number; description: string; retryAfter?: number }
  /** Success with a result of one's own, and no effect. */
  | { kind: "result"; result: unknown }
  /** A body of one's own, which need not be JSON, and no effect. */
  | { kind: "body"; body: string; contentType?: string }
  /** No answer, and no effect. */
  | { kind: "hang" }
  /** The connection is cut before there is an answer or an effect. */
  | { kind: "reset" }
  /** Works as usual, but later, even when the other side has hung up by then. */
  | { kind: "hold"; until: Promise<unknown> };

export interface BotApiCall {
  method: string;
  payload: Record<string, unknown>;
  /** Resolves when the other side hangs up before it is answered. */
  hungUp: Promise<void>;
}

export interface BotMessage {
  chatId: number;
  messageId: number;
  text: string;
  entities: MessageEntity[];
  replyMarkup: unknown;
}

type Answer = { ok: true; result: unknown } | { ok: false; error_code: number; description: string };

const TOKEN = "123456789:AAE-local-token-for-tests-only-0000";
const MAX_TEXT = 4_096;

/**
 * A Bot API server on loopback with as much as the bot's Telegram parts need: messages that can be edited, updates with
 * offsets that are held open, files, and on request every trouble that Telegram makes.
 */
export class BotApiServer implements AsyncDisposable {
  readonly token: string = TOKEN;
  /** In the order they came. */
  readonly calls: BotApiCall[] = [];
  /** By their path; a function answers by itself. */
  readonly files = new Map<string, Uint8Array | ((response: ServerResponse) => void)>();
  #server = createServer((incoming, response) => {
    this.#serve(incoming, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  #url = "";
  #messages = new Map<number, BotMessage>();
  #lastMessageId = 100;
  #updates: Update[] = [];
  #outcomes = new Map<string, BotApiOutcome[]>();
  #watchers = new Set<() => void>();

  static async start(port = 0): Promise<BotApiServer> {
    const api = new BotApiServer();
    api.#server.listen(port, "127.0.0.1");
    await once(api.#server, "listening");
    api.#url = `http://127.0.0.1:${(api.#server.address() as AddressInfo).port}`;
    return api;
  }

  get url(): string {
    return this.#url;
  }

  get messages(): BotMessage[] {
    return [...this.#messages.values()];
  }

  /** Updates that were not confirmed by a later offset. */
  get unconfirmed(): number[] {
    return this.#updates.map(({ update_id }) => update_id);
  }

  callsOf(method: string): BotApiCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  /** The outcomes of the next calls of a method; later ones succeed. */
  script(method: string, ...outcomes: BotApiOutcome[]): void {
    this.#outcomes.set(method, [...(this.#outcomes.get(method) ?? []), ...outcomes]);
  }

  /** Resolves with the call of that number of a method, from 1, once it is there. */
  async received(method: string, count = 1): Promise<BotApiCall> {
    await this.until(() => this.callsOf(method).length >= count);
    return this.callsOf(method)[count - 1] as BotApiCall;
  }

  /** Resolves once a condition holds, which is looked at whenever something has happened here. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.add(resolve));
  }

  /** A user's message. */
  say(updateId: number, chatId: number, text: string): void {
    const from = { id: chatId, is_bot: false, first_name: "Ada" };
    const chat = { id: chatId, type: "private", first_name: "Ada" } as const;
    const message = { message_id: updateId, date: 1_700_000_000, chat, from, text };
    this.#push({ update_id: updateId, message: message as NonNullable<Update["message"]> });
  }

  /** A user's press of a button. */
  press(updateId: number, chatId: number, data: string): void {
    const from = { id: chatId, is_bot: false, first_name: "Ada" };
    this.#push({
      update_id: updateId,
      callback_query: { id: `press-${updateId}`, from, chat_instance: "1", data },
    });
  }

  /** As when the user deletes it. */
  deleteMessage(messageId: number): void {
    this.#messages.delete(messageId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server, "close");
  }

  #push(update: Update): void {
    this.#updates.push(update);
    this.#changed();
  }

  #changed(): void {
    for (const resolve of this.#watchers) resolve();
    this.#watchers.clear();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, token, rest = ""] = /^\/(?:file\/)?bot([^/]+)\/(.+)$/.exec(incoming.url ?? "") ?? [];
    if (incoming.url?.startsWith("/file/"))
      return this.#serveFile(token === this.token ? rest : "", response);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const hungUp = new Promise<void>((resolve) =>
      response.once("close", () => {
        if (!response.writableEnded) resolve();
      }),
    );
    const call: BotApiCall = { method: rest, payload: body === "" ? {} : JSON.parse(body), hungUp };
    this.calls.push(call);
    const outcome = this.#outcomes.get(call.method)?.shift();
    this.#changed();
    if (outcome?.kind === "hang") return;
    if (outcome?.kind === "reset") {
      response.destroy();
      return;
    }
    if (outcome?.kind === "body") {
      response.writeHead(200, { "content-type": outcome.contentType ?? "application/json" });
      response.end(outcome.body);
      return;
    }
    if (outcome?.kind === "hold") await outcome.until;
    const answer = token === this.token ? await this.#answer(call, outcome) : failure(401, "Unauthorized");
    this.#changed();
    if (answer === undefined || response.destroyed) return;
    response.writeHead(answer.ok ? 200 : answer.error_code, { "content-type": "application/json" });
    response.end(JSON.stringify(answer));
  }

  #serveFile(path: string, response: ServerResponse): void {
    const file = this.files.get(path);
    if (typeof file === "function") file(response);
    else if (file) response.writeHead(200).end(file);
    else response.writeHead(404).end("{}");
  }

  async #answer(call: BotApiCall, outcome: BotApiOutcome | undefined): Promise<Answer | undefined> {
    if (outcome?.kind === "error") {
      const { status, description, retryAfter } = outcome;
      return {
        ...failure(status, description),
        ...(retryAfter && { parameters: { retry_after: retryAfter } }),
      };
    }
    if (outcome?.kind === "result") return success(outcome.result);
    const { payload } = call;
    switch (call.method) {
      case "getMe":
        return success({ id: 123_456_789, is_bot: true, first_name: "Coach", username: "coach_bot" });
      case "getUpdates":
        return this.#poll(call);
      case "sendMessage":
        return this.#write(payload, ++this.#lastMessageId);
      case "editMessageText":
        return this.#edit(payload);
      case "getFile":
        return this.#locate(String(payload.file_id));
      case "deleteWebhook":
      case "sendChatAction":
      case "answerCallbackQuery":
        return success(true);
      default:
        return failure(404, "Not Found");
    }
  }

  async #poll({ payload, hungUp }: BotApiCall): Promise<Answer | undefined> {
    const offset = Number(payload.offset ?? 0);
    this.#updates = this.#updates.filter(({ update_id }) => update_id >= offset);
    let over = false;
    const end = (): void => {
      over = true;
      this.#changed();
    };
    const timer = setTimeout(end, Number(payload.timeout ?? 0) * 1_000);
    void hungUp.then(end);
    await this.until(() => over || this.#updates.length > 0);
    clearTimeout(timer);
    return success(this.#updates.slice(0, Number(payload.limit ?? 100)));
  }

  #edit(payload: BotApiCall["payload"]): Answer {
    const message = this.#messages.get(Number(payload.message_id));
    if (!message) return failure(400, "Bad Request: message to edit not found");
    const before = JSON.stringify([message.text, message.entities, message.replyMarkup]);
    const after = JSON.stringify([payload.text, payload.entities ?? [], payload.reply_markup]);
    if (before === after) {
      return failure(400, "Bad Request: message is not modified: specified new message content is the same");
    }
    return this.#write(payload, message.messageId);
  }

  #write(payload: BotApiCall["payload"], messageId: number): Answer {
    const text = String(payload.text ?? "");
    const entities = (payload.entities ?? []) as MessageEntity[];
    if (!text.isWellFormed()) return failure(400, "Bad Request: strings must be encoded in UTF-8");
    if (text.trim() === "") return failure(400, "Bad Request: message text is empty");
    if (text.length > MAX_TEXT) return failure(400, "Bad Request: message is too long");
    if (entities.some(({ offset, length }) => offset < 0 || length <= 0 || offset + length > text.length)) {
      return failure(400, "Bad Request: entity bounds are not valid");
    }
    const chatId = Number(payload.chat_id);
    this.#messages.set(messageId, { chatId, messageId, text, entities, replyMarkup: payload.reply_markup });
    return success({
      message_id: messageId,
      date: 1_700_000_000,
      chat: { id: chatId, type: "private" },
      text,
    });
  }

  #locate(fileId: string): Answer {
    const path = `voice/${fileId}.oga`;
    const file = this.files.get(path);
    if (!file) return failure(400, "Bad Request: invalid file_id");
    const size = typeof file === "function" ? {} : { file_size: file.byteLength };
    return success({ file_id: fileId, file_unique_id: fileId, file_path: path, ...size });
  }
}

function success(result: unknown): Answer {
  return { ok: true, result };
}

function failure(error_code: number, description: string): Answer & { ok: false } {
  return { ok: false, error_code, description };
}
