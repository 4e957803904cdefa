import { type Api, GrammyError } from "grammy";
import { withoutRetries } from "./api-retries.ts";
import type { ApiSignal } from "./api-signal.ts";
import { editReply, isNotEditable, isNotModified, type Reply, sendReply } from "./reply.ts";

export interface ProgressUpdaterOptions {
  api: Api;
  chatId: number;
  /** The status, by the time since `start`. */
  text: (elapsedMs: number) => string;
  /** A message of the bot to turn into the status, instead of a new one. */
  messageId?: number | undefined;
  /** Between two edits. @default 6000 */
  intervalMs?: number;
  /** Hears of the first failure of a status call; a flood wait and a deleted status are none. @default ignores it */
  onError?: (error: unknown) => void;
}

/** The longest a call for the status may take. */
const CALL_TIMEOUT_MS = 10_000;
/** How long an edit under way may go on when the reply is ready: giving it up does not undo what Telegram has read. */
const GRACE_MS = 500;

/**
 * Shows in a chat that work goes on: a status message that is edited every few seconds, and replaced by the reply at the
 * end. Calls for the status come one at a time, are never repeated and never throw; a flood wait pauses them. Without a
 * status, because it could not be sent or was deleted, the chat says "typing", and the reply comes as a new message.
 *
 * ```ts
 * await using progress = new ProgressUpdater({ api, chatId, text });
 * await progress.start();
 * await progress.finish({ text: await work() });
 * ```
 */
export class ProgressUpdater implements AsyncDisposable {
  readonly #options: ProgressUpdaterOptions;
  readonly #intervalMs: number;
  readonly #abort = new AbortController();
  #state: "new" | "running" | "stopped" = "new";
  #messageId: number | undefined;
  #shown: string | undefined;
  #startedAt = 0;
  #floodEndsAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #inFlight: Promise<void> = Promise.resolve();
  #reported = false;

  constructor(options: ProgressUpdaterOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? 6_000;
    this.#messageId = options.messageId;
  }

  /** Shows the status, and keeps it up to date from then on; resolves also when it could not be shown. */
  async start(): Promise<void> {
    if (this.#state !== "new")
      throw new Error(`A ProgressUpdater can be started once; this one is ${this.#state}`);
    this.#state = "running";
    this.#startedAt = performance.now();
    this.#inFlight = this.#messageId === undefined ? this.#attempt(this.#send) : this.#attempt(this.#edit);
    await this.#inFlight;
    this.#schedule();
  }

  /**
   * Ends the status and puts the reply in its place, or sends it where there is none.
   *
   * @returns The id of the reply's last message.
   * @throws What the API throws when the reply cannot be delivered.
   */
  async finish(reply: Reply): Promise<number> {
    await this.stop();
    const { api, chatId } = this.#options;
    return this.#messageId === undefined
      ? sendReply(api, chatId, reply)
      : editReply(api, chatId, this.#messageId, reply);
  }

  /** Leaves the status as it stands; afterwards no call for it is under way. Calling it again is harmless. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    clearTimeout(this.#timer);
    const giveUp = setTimeout(() => this.#abort.abort(), GRACE_MS);
    await this.#inFlight;
    clearTimeout(giveUp);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #schedule(): void {
    if (this.#state === "stopped") return;
    const waitMs = Math.max(this.#intervalMs, this.#floodEndsAt - performance.now());
    this.#timer = setTimeout(() => {
      this.#inFlight = this.#attempt(this.#messageId === undefined ? this.#type : this.#edit);
      void this.#inFlight.then(() => this.#schedule());
    }, waitMs).unref();
  }

  async #send(text: string, signal: ApiSignal): Promise<void> {
    const { api, chatId } = this.#options;
    const sent = await api.sendMessage(chatId, text, {}, signal);
    this.#messageId = sent.message_id;
    this.#shown = text;
  }

  async #edit(text: string, signal: ApiSignal): Promise<void> {
    const { api, chatId } = this.#options;
    if (this.#messageId === undefined || text === this.#shown) return;
    await api.editMessageText(chatId, this.#messageId, text, {}, signal);
    this.#shown = text;
  }

  async #type(_text: string, signal: ApiSignal): Promise<void> {
    await this.#options.api.sendChatAction(this.#options.chatId, "typing", {}, signal);
  }

  async #attempt(call: (text: string, signal: ApiSignal) => Promise<void>): Promise<void> {
    const signal = withoutRetries(
      AbortSignal.any([this.#abort.signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]),
    );
    try {
      await call.call(this, this.#options.text(performance.now() - this.#startedAt), signal);
    } catch (error) {
      this.#judge(error);
    }
  }

  #judge(error: unknown): void {
    if (this.#abort.signal.aborted || isNotModified(error)) return;
    if (isNotEditable(error)) {
      this.#messageId = undefined;
      return;
    }
    if (error instanceof GrammyError && error.parameters.retry_after !== undefined) {
      this.#floodEndsAt = performance.now() + error.parameters.retry_after * 1_000;
      return;
    }
    if (this.#reported) return;
    this.#reported = true;
    this.#options.onError?.(error);
  }
}
