import { setTimeout as sleep } from "node:timers/promises";
import { type Bot, type Context, GrammyError } from "grammy";
import type { Update } from "grammy/types";
import { LRUCache } from "lru-cache";
import { type ApiSignal, toApiSignal } from "./api-signal.ts";
import type { PollingHealth } from "./polling-health.ts";
import { MisshapenAnswerError, readBotInfo, readUpdates } from "./update-shape.ts";

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
/** The longest that Telegram may ask to wait, whatever it says. */
const MAX_ASKED_MS = 300_000;
/** Updates whose id is known, so that one that comes again goes no further. */
const MAX_KNOWN = 10_000;

/** Fetches updates from Telegram, and waits troubles out instead of failing. */
export class UpdateFetcher<C extends Context> {
  readonly #bot: Bot<C>;
  readonly #health: PollingHealth;
  readonly #signal: AbortSignal;
  readonly #options: Required<UpdateFetcherOptions>;
  /** Of the next update; asking for it confirms those before. */
  #offset = 0;
  readonly #known = new LRUCache<number, true>({ max: MAX_KNOWN });
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
        this.#bot.botInfo = readBotInfo(await this.#bot.api.getMe(this.#callSignal()));
      } catch (error) {
        throw isTokenRefusal(error) ? new BotTokenError(`${error.error_code}: ${error.description}`) : error;
      }
      await this.#bot.api.deleteWebhook({ drop_pending_updates: false }, this.#callSignal());
    });
    this.#health.connected();
  }

  /**
   * The next updates, perhaps none; it takes as long as Telegram is in trouble. Those of earlier calls are confirmed, and
   * do not come again. What is no update is confirmed with the others, and left out.
   *
   * @throws The signal's reason. A batch that arrives after the signal is left to come again.
   */
  async fetch(limit: number): Promise<Update[]> {
    const { pollTimeoutSeconds, allowedUpdates } = this.#options;
    const updates = await this.#persist(async () => {
      // After an outage an answer at once tells that it is over.
      const timeout = this.#health.status().state === "unreachable" ? 0 : pollTimeoutSeconds;
      const bounded = Math.max(1, Math.min(limit, MAX_BATCH));
      const answer = await this.#bot.api.getUpdates(
        { offset: this.#offset, limit: bounded, timeout, allowed_updates: allowedUpdates },
        this.#callSignal(timeout * 1_000),
      );
      // A batch that arrives while stopping is left unconfirmed.
      this.#signal.throwIfAborted();
      return this.#takeOn(answer);
    });
    this.#health.answered();
    return updates;
  }

  /** Ids need not rise: after a quiet week Telegram begins anew anywhere. */
  #takeOn(answer: unknown): Update[] {
    const { updates, ids, misshapen } = readUpdates(answer);
    this.#health.misshapen(misshapen);
    if (ids.length > 0) this.#offset = Math.max(...ids) + 1;
    if (ids.length > 0 && ids.every((id) => this.#known.has(id))) {
      // Asked again at once, it would be asked for ever.
      throw new MisshapenAnswerError("getUpdates answered with updates that have been confirmed");
    }
    const fresh = new Map(
      updates.flatMap((each) => (this.#known.has(each.update_id) ? [] : [[each.update_id, each]])),
    );
    for (const id of ids) this.#known.set(id, true);
    return [...fresh.values()];
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
    const waitMs = Math.max(this.#backoffMs, askedMs(error));
    this.#backoffMs = Math.min(this.#backoffMs * 2, this.#options.maxBackoffMs);
    await sleep(waitMs, undefined, { signal: this.#signal });
  }

  /** A connection that died without a word must not hold a call forever. */
  #callSignal(heldOpenMs = 0): ApiSignal {
    return toApiSignal(AbortSignal.any([this.#signal, AbortSignal.timeout(heldOpenMs + ANSWER_TIMEOUT_MS)]));
  }
}

/** How long Telegram asks to wait. */
function askedMs(error: unknown): number {
  const seconds: unknown = error instanceof GrammyError ? error.parameters.retry_after : undefined;
  return typeof seconds === "number" && seconds > 0 ? Math.min(seconds * 1_000, MAX_ASKED_MS) : 0;
}

function isTokenRefusal(error: unknown): error is GrammyError {
  return error instanceof GrammyError && (error.error_code === 401 || error.error_code === 404);
}
