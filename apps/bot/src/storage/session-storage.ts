import { setTimeout as pause } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { Logger } from "../logger.ts";
import { type BotRecords, RecordsUnavailableError } from "./bot-records.ts";

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** Chats whose state is kept at hand, so that they go on while the database is away. */
const MAX_RECENT = 2_000;

/**
 * Sessions in the database, in the form that grammY's `session()` takes them.
 *
 * One process serves all chats, so what it wrote last is what is true: while the database is away, chats that were active
 * go on from memory, and what could not be written is written when it is back.
 */
export class SessionStorage<T extends object> {
  readonly #records: BotRecords;
  readonly #logger: Logger;
  readonly #recent = new LRUCache<string, T>({ max: MAX_RECENT });
  readonly #unsaved = new Map<string, T>();
  /** What is under way to the database, by chat: the next has to wait, or an older state could arrive after a newer one. */
  readonly #turns = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;

  constructor(records: BotRecords, logger: Logger) {
    this.#records = records;
    this.#logger = logger;
  }

  /** @throws {RecordsUnavailableError} when the chat is not at hand and the database is away. */
  async read(key: string): Promise<T | undefined> {
    const unsaved = this.#unsaved.get(key);
    if (unsaved) return structuredClone(unsaved);
    try {
      const stored = ((await this.#records.readSession(key)) ?? undefined) as T | undefined;
      return stored;
    } catch (error) {
      const recent = this.#recent.get(key);
      if (recent && error instanceof RecordsUnavailableError) return structuredClone(recent);
      throw error;
    }
  }

  /** Never rejects for want of a database: what it cannot write now, it writes later. */
  async write(key: string, value: T): Promise<void> {
    const copy = structuredClone(value);
    this.#recent.set(key, copy);
    try {
      await this.#inTurn(key, async () => {
        await this.#records.writeSession(key, copy);
        this.#unsaved.delete(key);
      });
    } catch (error) {
      if (!(error instanceof RecordsUnavailableError)) throw error;
      if (this.#unsaved.size === 0) {
        this.#logger.warn({ err: error }, "Sessions cannot be saved now; they are kept until they can");
      }
      this.#unsaved.set(key, copy);
      this.#scheduleSave();
    }
  }

  async delete(key: string): Promise<void> {
    this.#recent.delete(key);
    this.#unsaved.delete(key);
    await this.#inTurn(key, () => this.#records.deleteSession(key));
  }

  /** Tries once more, for a moment, to write what could not be written; to be called before the client closes. */
  async close(timeoutMs = 500): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#records.lookAgain();
    await Promise.race([this.#saveAll(), pause(timeoutMs, undefined, { ref: false })]);
    if (this.#unsaved.size > 0) {
      this.#logger.error({ sessions: this.#unsaved.size }, "Sessions could not be saved and are lost");
    }
  }

  #scheduleSave(): void {
    if (this.#timer) return;
    this.#timer = setTimeout(async () => {
      this.#timer = undefined;
      await this.#saveAll();
      if (this.#unsaved.size > 0) {
        this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
        this.#scheduleSave();
      } else {
        this.#retryMs = FIRST_RETRY_MS;
        this.#logger.info("Sessions are saved again");
      }
    }, this.#retryMs);
    this.#timer.unref();
  }

  async #saveAll(): Promise<void> {
    for (const [key, value] of this.#unsaved) {
      const isLatest = () => this.#unsaved.get(key) === value;
      try {
        await this.#inTurn(key, async () => {
          if (isLatest()) await this.#records.writeSession(key, value);
        });
      } catch (error) {
        if (error instanceof RecordsUnavailableError) return;
        this.#logger.error({ err: error, key }, "A session is refused and dropped");
      }
      if (isLatest()) this.#unsaved.delete(key);
    }
  }

  async #inTurn(key: string, act: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(key);
    const turn = (async () => {
      // How it went is told to whoever asked for it.
      await before?.catch(() => undefined);
      await act();
    })();
    this.#turns.set(key, turn);
    try {
      await turn;
    } finally {
      if (this.#turns.get(key) === turn) this.#turns.delete(key);
    }
  }
}
