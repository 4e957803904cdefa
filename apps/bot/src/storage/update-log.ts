import { setTimeout as pause } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { Logger } from "../logger.ts";
import { type BotRecords, RecordsUnavailableError } from "./bot-records.ts";

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** Updates that are remembered, and as many ends of updates that are still to be noted. */
const MAX_REMEMBERED = 10_000;

/**
 * Which updates have been taken on, so that none is worked on twice: Telegram sends an update again until it knows that
 * it has arrived, also to the process that follows a killed one.
 *
 * What was finished while the database was away is noted when it is back, or the next process would take it for abandoned.
 */
export class UpdateLog {
  readonly #records: BotRecords;
  readonly #logger: Logger;
  readonly #seen = new LRUCache<number, true>({ max: MAX_REMEMBERED });
  readonly #toFinish = new LRUCache<number, true>({ max: MAX_REMEMBERED });
  #away = false;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;

  constructor(records: BotRecords, logger: Logger) {
    this.#records = records;
    this.#logger = logger;
  }

  /** Whether the update is new. Without the database it is judged by what this process has seen. */
  async begin(updateId: number, chatId: number | undefined): Promise<boolean> {
    if (this.#seen.has(updateId)) return false;
    this.#seen.set(updateId, true);
    try {
      const isNew = await this.#records.beginUpdate(updateId, chatId);
      this.#tellBack();
      return isNew;
    } catch (error) {
      this.#tellAway(error);
      return true;
    }
  }

  /** Never rejects for want of a database: what it cannot note now, it notes later. */
  async finish(updateId: number): Promise<void> {
    try {
      await this.#records.finishUpdate(updateId);
      this.#tellBack();
    } catch (error) {
      this.#tellAway(error);
      this.#toFinish.set(updateId, true);
      this.#scheduleRetry();
    }
  }

  /** Tries once more, for a moment, to note what was finished; to be called before the client closes. */
  async close(timeoutMs = 500): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await Promise.race([this.#finishAll(), pause(timeoutMs, undefined, { ref: false })]);
  }

  /** @throws what is no want of a database. */
  #tellAway(error: unknown): void {
    if (!(error instanceof RecordsUnavailableError)) throw error;
    if (!this.#away) {
      this.#logger.warn(
        { err: error },
        "Updates cannot be noted now; the bot goes on without until they can",
      );
    }
    this.#away = true;
  }

  #tellBack(): void {
    if (!this.#away || this.#toFinish.size > 0) return;
    this.#away = false;
    this.#logger.info("Updates are noted again");
  }

  #scheduleRetry(): void {
    this.#timer ??= setTimeout(async () => {
      this.#timer = undefined;
      await this.#finishAll();
      if (this.#toFinish.size > 0) {
        this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
        this.#scheduleRetry();
      } else {
        this.#retryMs = FIRST_RETRY_MS;
      }
    }, this.#retryMs).unref();
  }

  async #finishAll(): Promise<void> {
    for (const updateId of [...this.#toFinish.keys()]) {
      try {
        await this.#records.finishUpdate(updateId);
      } catch (error) {
        if (error instanceof RecordsUnavailableError) return;
        this.#logger.error({ err: error, updateId }, "The end of an update is refused and dropped");
      }
      this.#toFinish.delete(updateId);
    }
    this.#tellBack();
  }
}
