import { setTimeout as sleep } from "node:timers/promises";
import { type Bot, type Context, GrammyError } from "grammy";
import type { Update } from "grammy/types";
import { type ApiSignal, toApiSignal } from "./api-signal.ts";
import type { PollingHealth } from "./polling-health.ts";

export type AllowedUpdates = readonly Exclude<keyof Update, "update_id">[];

export interface UpdateFetcherOptions {
  /** Kinds of updates to receive. */
  allowedUpdates: AllowedUpdates;
  /** How long Telegram may hold a poll open, in seconds. @default 30 */
  pollTimeoutSeconds?: number;
  /** Wait after the first failure in a row; doubles up to `maxBackoffMs`. @default 1000 */
  minBackoffMs?: number;
  /** @default 30000 */
  maxBackoffMs?: number;
}

/** Telegram does not accept the bot's token. */
export class BotTokenError extends Error {
  override readonly name = "BotTokenError";

  constructor(answer: string) {
    super(
      `Telegram does not accept the bot's token (${answer}). Set TELEGRAM_BOT_TOKEN to the current token from @BotFather; ` +
        "if it is right, TELEGRAM_API_ROOT may be wrong.",
    );
  }
}

/** Time that an answer may take beyond what Telegram holds a request open. */
const ANSWER_TIMEOUT_MS = 15_000;
const MAX_BATCH = 100;

/** Fetches updates from Telegram, and waits troubles out instead of failing. */
export class UpdateFetcher<C extends Context> {
  readonly #bot: Bot<C>;
  readonly #health: PollingHealth;
  readonly #signal: AbortSignal;
  readonly #options: Required<UpdateFetcherOptions>;
  /** Of the next update; asking for it confirms those before. */
  #offset = 0;
  #backoffMs: number;

  /** @param signal Ends everything under way and to come. */
  constructor(bot: Bot<C>, health: PollingHealth, signal: AbortSignal, options: UpdateFetcherOptions) {
    this.#bot = bot;
    this.#health = health;
    this.#signal = signal;
    this.#options = { pollTimeoutSeconds: 30, minBackoffMs: 1_000, maxBackoffMs: 30_000, ...options };
    this.#backoffMs = this.#options.minBackoffMs;
  }

  /**
   * Learns who the bot is, and ends delivery by webhook, which keeps updates that wait.
   *
   * @throws {BotTokenError} when the token is not accepted, or the signal's reason.
   */
  async connect(): Promise<void> {
    await this.#persist(async () => {
      try {
        this.#bot.botInfo = await this.#bot.api.getMe(this.#callSignal());
      } catch (error) {
        throw isTokenRefusal(error) ? new BotTokenError(`${error.error_code}: ${error.description}`) : error;
      }
      await this.#bot.api.deleteWebhook({ drop_pending_updates: false }, this.#callSignal());
    });
    this.#health.connected();
  }

  /**
   * The next updates, perhaps none; it takes as long as Telegram is in trouble. Those of earlier calls are confirmed.
   *
   * @throws The signal's reason. A batch that arrives after the signal is left to come again.
   */
  async fetch(limit: number): Promise<Update[]> {
    const { pollTimeoutSeconds, allowedUpdates } = this.#options;
    const updates = await this.#persist(() => {
      // After an outage an answer at once tells that it is over.
      const timeout = this.#health.status().state === "unreachable" ? 0 : pollTimeoutSeconds;
      const bounded = Math.max(1, Math.min(limit, MAX_BATCH));
      return this.#bot.api.getUpdates(
        { offset: this.#offset, limit: bounded, timeout, allowed_updates: allowedUpdates },
        this.#callSignal(timeout * 1_000),
      );
    });
    const last = updates.at(-1);
    if (last) this.#offset = last.update_id + 1;
    this.#health.answered();
    return updates;
  }

  /** Repeats a call until it succeeds. */
  async #persist<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      this.#signal.throwIfAborted();
      try {
        const result = await call();
        this.#signal.throwIfAborted();
        this.#backoffMs = this.#options.minBackoffMs;
        return result;
      } catch (error) {
        this.#signal.throwIfAborted();
        if (error instanceof BotTokenError) throw error;
        await this.#waitAfter(error);
      }
    }
  }

  async #waitAfter(error: unknown): Promise<void> {
    if (error instanceof GrammyError && error.error_code === 409) this.#health.conflict(error);
    else this.#health.unreachable(error);
    const asked = error instanceof GrammyError ? (error.parameters.retry_after ?? 0) * 1_000 : 0;
    const waitMs = Math.max(this.#backoffMs, asked);
    this.#backoffMs = Math.min(this.#backoffMs * 2, this.#options.maxBackoffMs);
    await sleep(waitMs, undefined, { signal: this.#signal });
  }

  /** A connection that died without a word must not hold a call forever. */
  #callSignal(heldOpenMs = 0): ApiSignal {
    return toApiSignal(AbortSignal.any([this.#signal, AbortSignal.timeout(heldOpenMs + ANSWER_TIMEOUT_MS)]));
  }
}

function isTokenRefusal(error: unknown): error is GrammyError {
  return error instanceof GrammyError && (error.error_code === 401 || error.error_code === 404);
}
