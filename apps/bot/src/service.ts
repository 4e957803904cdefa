import type { Logger } from "./logger.ts";

/** A part of the service; what it needs is started before it, and stopped after it. */
export interface Part {
  /** For the log, e.g. `trace collector`. */
  name: string;
  start?(): Promise<void>;
  stop?(): Promise<void>;
}

export interface ServiceOptions {
  parts: readonly Part[];
  logger: Logger;
  /** All of the stopping must be over by then. @default 8_000 */
  stopWithinMs?: number;
}

/** Parts that are started in their order and stopped in the opposite one; each step is logged. */
export class Service {
  readonly #parts: readonly Part[];
  readonly #logger: Logger;
  readonly #stopWithinMs: number;
  readonly #started: Part[] = [];
  #stopping: Promise<boolean> | undefined;

  constructor({ parts, logger, stopWithinMs = 8_000 }: ServiceOptions) {
    this.#parts = parts;
    this.#logger = logger;
    this.#stopWithinMs = stopWithinMs;
  }

  /** When a part cannot be started, or stopping is asked for meanwhile, those before it are stopped. @throws what the part throws */
  async start(): Promise<void> {
    for (const part of this.#parts) {
      if (this.#stopping) return;
      this.#started.push(part);
      try {
        await part.start?.();
      } catch (error) {
        await this.stop();
        throw error;
      }
      this.#logger.info(`Started: ${part.name}`);
    }
  }

  /** Idempotent, never rejects; false when a part failed to stop or time ran out. */
  stop(): Promise<boolean> {
    this.#stopping ??= this.#stopInTime();
    return this.#stopping;
  }

  async #stopInTime(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => {
        this.#logger.error(`Stopping took longer than ${this.#stopWithinMs} ms and is cut short`);
        resolve(false);
      }, this.#stopWithinMs);
    });
    const inOrder = await Promise.race([this.#stopAll(), late]);
    clearTimeout(timer);
    return inOrder;
  }

  async #stopAll(): Promise<boolean> {
    let inOrder = true;
    for (const part of this.#started.toReversed()) {
      try {
        await part.stop?.();
        this.#logger.info(`Stopped: ${part.name}`);
      } catch (error) {
        inOrder = false;
        this.#logger.error({ err: error }, `Could not be stopped in order: ${part.name}`);
      }
    }
    return inOrder;
  }
}
