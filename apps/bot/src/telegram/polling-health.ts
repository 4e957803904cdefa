import type { Logger } from "../logger.ts";
import { describeError } from "./secrets.ts";

/**
 * - `starting`: not connected yet.
 * - `polling`: all is well.
 * - `conflict`: another instance polls with the same token, or did so a moment ago.
 * - `unreachable`: Telegram does not answer, or not as it should.
 * - `stopped`: for good.
 */
export type PollingState = "starting" | "polling" | "conflict" | "unreachable" | "stopped";

export interface PollingStatus {
  state: PollingState;
  /** When Telegram last answered a poll. */
  lastPollAt: Date | undefined;
  /** When the state began. */
  since: Date;
  /** What Telegram has sent as updates and was none. */
  misshapen: number;
}

/**
 * Keeps the status of polling, and logs each trouble once when it begins and once when it is over. Two instances that
 * poll take turns, so a conflict is over only when none was seen for a while.
 */
export class PollingHealth {
  readonly #logger: Logger;
  readonly #conflictMemoryMs: number;
  #lastConflictAt = 0;
  #isMisshapen = false;
  #status: PollingStatus = { state: "starting", lastPollAt: undefined, since: new Date(), misshapen: 0 };

  constructor(logger: Logger, conflictMemoryMs: number) {
    this.#logger = logger;
    this.#conflictMemoryMs = conflictMemoryMs;
  }

  status(): PollingStatus {
    return { ...this.#status };
  }

  connected(): void {
    this.#recover();
  }

  answered(): void {
    if (this.#status.state === "stopped") return;
    this.#status.lastPollAt = new Date();
    this.#recover();
  }

  conflict(error: unknown): void {
    this.#lastConflictAt = performance.now();
    if (!this.#enter("conflict")) return;
    this.#logger.warn(
      { reason: describeError(error) },
      "Another instance receives this bot's updates; stop it, this one waits and tries again",
    );
  }

  unreachable(error: unknown): void {
    if (!this.#enter("unreachable")) return;
    this.#logger.warn({ reason: describeError(error) }, "Telegram does not answer; trying again");
  }

  /** Told of each answer how many of its updates are none; logged when the answer before had none of these. */
  misshapen(count: number): void {
    this.#status.misshapen += count;
    if (count > 0 && !this.#isMisshapen) {
      this.#logger.warn({ count }, "Telegram sends what is no update; it is left out");
    }
    this.#isMisshapen = count > 0;
  }

  stopped(): void {
    this.#enter("stopped");
  }

  #recover(): void {
    const { state: before, since } = this.#status;
    if (before === "conflict" && performance.now() - this.#lastConflictAt < this.#conflictMemoryMs) return;
    if (!this.#enter("polling") || before === "starting") return;
    const lastedMs = Date.now() - since.getTime();
    this.#logger.info(
      { lastedMs },
      before === "conflict" ? "The conflict is over" : "Telegram answers again",
    );
  }

  /** False when nothing changes. */
  #enter(state: PollingState): boolean {
    if (this.#status.state === state || this.#status.state === "stopped") return false;
    this.#status = { ...this.#status, state, since: new Date() };
    return true;
  }
}
