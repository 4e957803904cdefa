import type { Logger } from "./logger.ts";
import type { RecordExporter } from "./record-exporter.ts";

const EVERY_MS = 6 * 60 * 60 * 1000;
/** A backend that is away at start is asked again sooner. */
const AGAIN_AFTER_MS = 5 * 60 * 1000;

/** Asks the backend for its housekeeping at start and every six hours, beside the delivery and without holding it up. */
export class Maintenance {
  readonly #exporter: RecordExporter;
  readonly #logger: Logger;
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(exporter: RecordExporter, logger: Logger) {
    this.#exporter = exporter;
    this.#logger = logger;
  }

  start(): void {
    if (this.#exporter.maintain) void this.#run();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    let next = EVERY_MS;
    try {
      await this.#exporter.maintain?.({ signal: this.#abort.signal });
      this.#failures = 0;
    } catch (error) {
      next = AGAIN_AFTER_MS;
      this.#failures += 1;
      // Delivery reports the same trouble in its own words; housekeeping that alone fails is worth one line.
      if (this.#failures === 2 && !this.#abort.signal.aborted) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#logger.warn(`Maintenance of the trace store keeps failing: ${reason}`);
      }
    }
    if (!this.#abort.signal.aborted) this.#timer = setTimeout(() => void this.#run(), next).unref();
  }
}
