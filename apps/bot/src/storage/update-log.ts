import { LRUCache } from "lru-cache";
import type { Logger } from "../logger.ts";
import { type BotRecords, RecordsUnavailableError } from "./bot-records.ts";

/**
 * Which updates have been taken on, so that none is worked on twice: Telegram sends an update again until it knows that
 * it has arrived, also to the process that follows a killed one.
 */
export class UpdateLog {
  readonly #records: BotRecords;
  readonly #logger: Logger;
  readonly #seen = new LRUCache<number, true>({ max: 10_000 });
  #away = false;

  constructor(records: BotRecords, logger: Logger) {
    this.#records = records;
    this.#logger = logger;
  }

  /** Whether the update is new. Without the database it is judged by what this process has seen. */
  async begin(updateId: number, chatId: number | undefined): Promise<boolean> {
    if (this.#seen.has(updateId)) return false;
    this.#seen.set(updateId, true);
    return this.#orTrue(() => this.#records.beginUpdate(updateId, chatId));
  }

  async finish(updateId: number): Promise<void> {
    await this.#orTrue(() => this.#records.finishUpdate(updateId).then(() => true));
  }

  async #orTrue(ask: () => Promise<boolean>): Promise<boolean> {
    try {
      const answer = await ask();
      this.#away = false;
      return answer;
    } catch (error) {
      if (!(error instanceof RecordsUnavailableError)) throw error;
      if (!this.#away)
        this.#logger.warn({ err: error }, "Updates cannot be noted now; the bot goes on without");
      this.#away = true;
      return true;
    }
  }
}
