import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { createConcurrentSink, createRunner, createSource, type RunnerHandle } from "@grammyjs/runner";
import { type Bot, BotError, type Context } from "grammy";
import type { Update } from "grammy/types";
import type { Logger } from "../logger.ts";
import { PollingHealth, type PollingStatus } from "./polling-health.ts";
import { describeError } from "./secrets.ts";
import { UpdateFetcher, type UpdateFetcherOptions } from "./update-fetcher.ts";

export type { PollingState, PollingStatus } from "./polling-health.ts";
export { type AllowedUpdates, BotTokenError } from "./update-fetcher.ts";

export interface PollingOptions extends UpdateFetcherOptions {
  logger: Logger;
  /** Updates handled at the same time before no more are fetched. @default 500 */
  concurrency?: number;
  /** How long after the last 409 another instance is still taken to poll. @default 60_000 */
  conflictMemoryMs?: number;
}

/** Receives updates by long polling, and hands them to the bot concurrently. */
export interface Polling {
  /**
   * Connects to Telegram, waiting while it is unreachable, and begins to poll. Resolves when polling, or when stopped.
   *
   * @throws {BotTokenError} when Telegram does not accept the token.
   */
  start(): Promise<void>;
  status(): PollingStatus;
  /** Stops fetching, for good. Handlers go on: `drain` waits for them. Calling it again is harmless. */
  stop(): Promise<void>;
  /** Waits until no handler is running; false when some still are after the time. To be called after `stop`. */
  drain(timeoutMs: number): Promise<boolean>;
}

/**
 * Polls with grammY's runner, but fetches by its own rules: another instance that polls and an unreachable Telegram are
 * waited out, where the runner would end.
 *
 * Updates are confirmed by the next fetch and by nothing else. So the last ones before a stop come again after a restart
 * and must be recognised by their id; a batch that arrives while stopping is not handled, and comes again as well.
 */
export function createPolling<C extends Context>(bot: Bot<C>, options: PollingOptions): Polling {
  const { logger, concurrency = 500, conflictMemoryMs = 60_000, ...fetcherOptions } = options;
  const stopping = new AbortController();
  const health = new PollingHealth(logger, conflictMemoryMs);
  const fetcher = new UpdateFetcher(bot, health, stopping.signal, fetcherOptions);
  const running = new Set<Promise<void>>();
  /** What `stop` waits for; settles without a value. */
  let fetching: Promise<unknown> = Promise.resolve();
  let runner: RunnerHandle | undefined;
  let started = false;

  const handle = async (update: Update): Promise<void> => {
    try {
      await bot.handleUpdate(update);
    } catch (error) {
      await reportToBot(bot, error, logger);
    }
  };

  const source = createSource<Update>({
    supply: (limit) => {
      const batch = fetcher.fetch(limit);
      fetching = Promise.allSettled([batch]);
      return batch;
    },
  });
  const sink = createConcurrentSink<Update>(
    {
      consume: (update) => {
        const handled = handle(update).finally(() => running.delete(handled));
        running.add(handled);
        return handled;
      },
    },
    async (error) => logger.error({ reason: describeError(error) }, "An update was not handled"),
    { concurrency },
  );

  const endUnexpectedly = (error: unknown): void => {
    health.stopped();
    logger.fatal({ reason: describeError(error) }, "Polling ended by itself");
  };

  return {
    async start() {
      if (started) throw new Error("Polling can be started once; it was started before");
      started = true;
      try {
        const connected = fetcher.connect();
        fetching = Promise.allSettled([connected]);
        await connected;
      } catch (error) {
        if (stopping.signal.aborted) return;
        health.stopped();
        throw error;
      }
      runner = createRunner(source, sink);
      runner.start();
      runner.task()?.catch(endUnexpectedly);
    },
    status: () => health.status(),
    async stop() {
      if (!stopping.signal.aborted) {
        health.stopped();
        // Its promise is not awaited: with as many handlers as allowed it waits for one of them to end.
        runner?.stop()?.catch(endUnexpectedly);
        stopping.abort();
      }
      await fetching;
      // A batch that arrived just before is with its handlers after this.
      await turnOfTheLoop();
    },
    drain: (timeoutMs) => haveSettled(running, timeoutMs),
  };
}

async function reportToBot<C extends Context>(bot: Bot<C>, error: unknown, logger: Logger): Promise<void> {
  try {
    if (!(error instanceof BotError)) throw error;
    await bot.errorHandler(error);
  } catch (failure) {
    logger.error({ reason: describeError(failure) }, "An update was not handled");
  }
}

async function haveSettled(running: ReadonlySet<Promise<void>>, timeoutMs: number): Promise<boolean> {
  const late = Promise.withResolvers<"late">();
  const timer = setTimeout(() => late.resolve("late"), timeoutMs);
  try {
    while (running.size > 0) {
      if ((await Promise.race([Promise.allSettled(running), late.promise])) === "late") return false;
    }
    return true;
  } finally {
    clearTimeout(timer);
  }
}
