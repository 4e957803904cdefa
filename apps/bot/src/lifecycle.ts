import type { Logger } from "./logger.ts";

export interface LifecycleOptions {
  logger: Logger;
  /** All of the stopping must be over by then. @default 7_800, so that the process is gone after 8 s */
  stopWithinMs?: number;
}

interface Started {
  name: string;
  stop(): unknown;
}

/** Starting was given up, because stopping was asked for meanwhile. */
export class StartGivenUpError extends Error {
  override readonly name = "StartGivenUpError";
}

/** The parts of a service: started one after the other, stopped in the opposite order; each step is a line in the log. */
export class Lifecycle {
  readonly #logger: Logger;
  readonly #stopWithinMs: number;
  readonly #started: Started[] = [];
  #stopping: Promise<boolean> | undefined;

  constructor({ logger, stopWithinMs = 7_800 }: LifecycleOptions) {
    this.#logger = logger;
    this.#stopWithinMs = stopWithinMs;
  }

  /**
   * Starts a part, which is given to `stop` when its turn comes; one that only needs to be stopped has no `start`.
   *
   * @throws {StartGivenUpError} when stopping was asked for, or what `start` throws.
   */
  async part<T = undefined>(
    name: string,
    { start, stop }: { start?: () => Promise<T> | T; stop: (part: T) => unknown },
  ): Promise<T> {
    this.#requireGoing(name);
    const part = (await start?.()) as T;
    if (this.#stopping) await stop(part);
    this.#requireGoing(name);
    this.#started.push({ name, stop: () => stop(part) });
    if (start) this.#logger.info(`Started: ${name}`);
    return part;
  }

  /**
   * Starts a part that may take as long as it likes to, and whose `stop` also ends a start that is still going on.
   *
   * @throws {StartGivenUpError} when stopping was asked for, or what `start` throws.
   */
  async patientPart(
    name: string,
    { start, stop }: { start: () => Promise<unknown>; stop: () => unknown },
  ): Promise<void> {
    this.#requireGoing(name);
    this.#started.push({ name, stop });
    await start();
    this.#requireGoing(name);
    this.#logger.info(`Started: ${name}`);
  }

  /** Idempotent, never rejects; false when a part failed to stop or time ran out. */
  stop(): Promise<boolean> {
    this.#stopping ??= this.#stopInTime();
    return this.#stopping;
  }

  #requireGoing(name: string): void {
    if (this.#stopping) throw new StartGivenUpError(`${name} is not started: the service stops.`);
  }

  async #stopInTime(): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => {
      this.#logger.error(`Stopping took longer than ${this.#stopWithinMs} ms and is cut short`);
      late.resolve(false);
    }, this.#stopWithinMs);
    const inOrder = await Promise.race([this.#stopAll(), late.promise]);
    clearTimeout(timer);
    return inOrder;
  }

  async #stopAll(): Promise<boolean> {
    let inOrder = true;
    for (const { name, stop } of this.#started.toReversed()) {
      try {
        await stop();
        this.#logger.info(`Stopped: ${name}`);
      } catch (error) {
        inOrder = false;
        this.#logger.error({ err: error }, `Could not be stopped in order: ${name}`);
      }
    }
    return inOrder;
  }
}
