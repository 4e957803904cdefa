import type { ChatMessage, UserProfile } from "./message.ts";

export interface CallbackQuery {
  id: string;
  from: UserProfile;
  message: ChatMessage | { chat: ChatMessage["chat"]; message_id: number; date: 0 };
  chat_instance: string;
  data: string;
}

export type UpdateContent = { message: ChatMessage } | { callback_query: CallbackQuery };
/** What is queued, which need not be an update at all. */
export type QueuedUpdate = Readonly<Record<string, unknown>>;

export interface PollOptions {
  /** As in the Bot API: what is before it is confirmed; negative counts from the end. @default 0 */
  offset: number;
  limit: number;
  timeoutMs: number;
  /** Kinds to queue from now on; empty means all; left out, what was said last stands. */
  allowedUpdates?: readonly string[] | undefined;
  /** The client that asks went away. */
  signal: AbortSignal;
}

export type PollResult = { outcome: "updates"; updates: QueuedUpdate[] } | { outcome: "conflict" };
/** Whether a bot fetches updates: it never has, it does, or it has stopped. */
export type BotPresence = "waiting" | "online" | "offline";

interface OpenPoll {
  limit: number;
  settle(result: PollResult): void;
}

const OFFLINE_AFTER_MS = 10_000;

/** Updates that wait until the bot confirms them. One bot fetches at a time: a newer request ends the older one. */
export class UpdateQueue {
  readonly #onPresence: () => void;
  #updates: QueuedUpdate[] = [];
  #lastId = Date.now();
  #allowed: readonly string[] = [];
  #open: OpenPoll | undefined;
  #polledAt: number | undefined;

  /** `onPresence` is called when a bot begins to fetch after a time without one. */
  constructor(onPresence: () => void) {
    this.#onPresence = onPresence;
  }

  get size(): number {
    return this.#updates.length;
  }

  get presence(): BotPresence {
    if (this.#polledAt === undefined) return "waiting";
    return this.#open || Date.now() - this.#polledAt < OFFLINE_AFTER_MS ? "online" : "offline";
  }

  /** @returns the id of the update, or undefined when the bot has not asked for this kind */
  push(content: UpdateContent): number | undefined {
    const kind = "message" in content ? "message" : "callback_query";
    if (this.#allowed.length > 0 && !this.#allowed.includes(kind)) return undefined;
    this.pushAsIs({ ...content });
    return this.#lastId;
  }

  /** Takes anything, whether the bot has asked for it or not; an `update_id` of its own stands. @returns the id */
  pushAsIs(update: QueuedUpdate): unknown {
    this.#lastId += 1;
    const queued: QueuedUpdate = { update_id: this.#lastId, ...update };
    this.#updates.push(queued);
    this.#open?.settle({ outcome: "updates", updates: this.#updates.slice(0, this.#open.limit) });
    return queued.update_id;
  }

  async poll({ offset, limit, timeoutMs, allowedUpdates, signal }: PollOptions): Promise<PollResult> {
    this.#open?.settle({ outcome: "conflict" });
    if (allowedUpdates) this.#allowed = allowedUpdates;
    this.#confirm(offset);
    this.#seen();
    if (this.#updates.length > 0 || timeoutMs <= 0 || signal.aborted) {
      return { outcome: "updates", updates: this.#updates.slice(0, limit) };
    }
    return this.#wait(limit, timeoutMs, signal);
  }

  clear(): void {
    this.#updates = [];
  }

  async #wait(limit: number, timeoutMs: number, signal: AbortSignal): Promise<PollResult> {
    const { promise, resolve } = Promise.withResolvers<PollResult>();
    const open: OpenPoll = { limit, settle: resolve };
    const end = () => resolve({ outcome: "updates", updates: [] });
    const timer = setTimeout(end, timeoutMs);
    signal.addEventListener("abort", end, { once: true });
    this.#open = open;
    const result = await promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    if (this.#open === open) this.#open = undefined;
    this.#polledAt = Date.now();
    return result;
  }

  #confirm(offset: number): void {
    if (offset < 0) this.#updates = this.#updates.slice(offset);
    else this.#updates = this.#updates.filter(({ update_id: id }) => Number(id) >= offset);
  }

  #seen(): void {
    const before = this.presence;
    this.#polledAt = Date.now();
    if (before !== "online") this.#onPresence();
  }
}
