import { createRedactor, type StoreClient, StoreError } from "@app/tracing";
import { HangMemory } from "./hang-memory.ts";

export interface BotRecordsOptions {
  /** An answer that takes longer than this is as good as none to a person who waits. @default 5000 */
  timeoutMs?: number;
  /** For how long a database that has hung is taken to hang on. @default 5000 */
  hangMemoryMs?: number;
}

/** It is what was sent that the database does not take; sending it again is of no use. */
const REFUSALS: ReadonlySet<StoreError["kind"]> = new Set(["rejected", "too-large"]);

/** The database does not answer, or not now; nothing was lost by it. */
export class RecordsUnavailableError extends Error {
  override readonly name = "RecordsUnavailableError";
}

/**
 * The functions of the schema `bot`, each a method. All of them throw `RecordsUnavailableError` while the database is away,
 * and `StoreError` when it refuses what it is given.
 *
 * A database that hangs is waited for by one call at a time; the others throw at once, or each step of an answer would
 * wait again.
 */
export class BotRecords {
  readonly #client: StoreClient;
  readonly #timeoutMs: number;
  readonly #hangs: HangMemory;

  constructor(client: StoreClient, { timeoutMs = 5_000, hangMemoryMs = 5_000 }: BotRecordsOptions = {}) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
    this.#hangs = new HangMemory(hangMemoryMs);
  }

  /** Forgets that the database has hung, for whoever asks for the last time. */
  lookAgain(): void {
    this.#hangs.forget();
  }

  async readSession(key: string): Promise<unknown> {
    return this.#call("read_session", { key });
  }

  async writeSession(key: string, value: unknown): Promise<void> {
    await this.#call("write_session", { key, value });
  }

  async deleteSession(key: string): Promise<void> {
    await this.#call("delete_session", { key });
  }

  async readNotes(userId: string): Promise<string[]> {
    const notes = await this.#call("read_notes", { user_id: userId });
    return Array.isArray(notes) ? notes.filter((note) => typeof note === "string") : [];
  }

  async writeNotes(userId: string, notes: readonly string[]): Promise<void> {
    await this.#call("write_notes", { user_id: userId, notes });
  }

  /** False when the update was taken on before, by this process or one before it. */
  async beginUpdate(updateId: number, chatId: number | undefined): Promise<boolean> {
    return (await this.#call("begin_update", { update_id: updateId, chat_id: chatId ?? null })) === true;
  }

  async finishUpdate(updateId: number): Promise<void> {
    await this.#call("finish_update", { update_id: updateId });
  }

  /** The chats that a process which died was working for; each is told of once. */
  async takeAbandoned(): Promise<number[]> {
    const chats = await this.#call("take_abandoned", {});
    return Array.isArray(chats) ? chats.map(Number) : [];
  }

  async forget(userId: string): Promise<void> {
    await this.#call("forget", { user_id: userId });
  }

  async #call(fn: string, args: Record<string, unknown>): Promise<unknown> {
    const attempt = this.#hangs.begin();
    if (!attempt) {
      throw new RecordsUnavailableError(`bot.${fn}: the database did not answer a moment ago`);
    }
    const begunAt = performance.now();
    try {
      return await this.#client.rpc(fn, toStorable(args), { schema: "bot", timeoutMs: this.#timeoutMs });
    } catch (cause) {
      if (!(cause instanceof StoreError) || REFUSALS.has(cause.kind)) throw cause;
      attempt.hung = cause.kind === "unreachable" && performance.now() - begunAt >= this.#timeoutMs;
      throw new RecordsUnavailableError(`bot.${fn}: ${cause.message}`, { cause });
    } finally {
      this.#hangs.end(attempt);
    }
  }
}

const redactor = createRedactor();

/**
 * Without the keys and passwords that a rep may have sent along with a deal. PostgreSQL's JSON has no place for NUL and for
 * halves of characters either, which models write now and then.
 */
function toStorable(args: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(args), (_, value: unknown) =>
    typeof value === "string" ? redactor.text(value.replaceAll("\0", "").toWellFormed()) : value,
  );
}
