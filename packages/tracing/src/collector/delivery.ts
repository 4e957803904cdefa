import { deliverBatch } from "./batch-delivery.ts";
import { Circuit } from "./circuit.ts";
import type { Ledger } from "./ledger.ts";
import type { RecordExporter } from "./record-exporter.ts";
import type { Spool, SpoolBatch } from "./spool/spool.ts";
import type { CollectorState } from "./stats.ts";

/** The rests between the batches of what has piled up add up to no more than this, and each to no more than the other. */
const ALL_RESTS_MS = 10_000;
const MAX_REST_MS = 100;
/**
 * What has piled up goes in smaller batches. A text of more than 128 KB is a large object to V8, which a collection of young
 * objects moves to the old ones while it is on its way: the heap would grow by all that is made up for.
 */
const CATCH_UP_BYTES = 48 * 1024;

export interface DeliveryOptions {
  spool: Spool;
  exporter: RecordExporter;
  ledger: Ledger;
  maxBatchRecords: number;
  maxBatchBytes: number;
  maxInFlight: number;
  /** How long a lone record waits for company. */
  lingerMs: number;
  minBackoffMs: number;
  maxBackoffMs: number;
  onChange: (state: CollectorState, reason: string | undefined) => void;
}

/**
 * The loop that empties the spool into the backend.
 *
 * At most `maxInFlight` batches are in memory, whatever waits behind them waits on disk. What has piled up in an outage
 * goes in measured steps, so that neither the backend that has just come back nor the traced service feels it; the more
 * there is, the shorter the rests, and what comes in meanwhile brings no further ones. A flush is in a hurry and does not
 * rest. No timer or promise of it keeps the process alive.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #circuit: Circuit;
  readonly #abort = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();
  #settledRecords = 0;
  #taking = false;
  /** Records of an outage that are still to be taken, and how long a rest each of them is worth. */
  #arrears = 0;
  #restMsPerRecord = 0;
  #restUntil = 0;
  #flushes = 0;
  #linger: NodeJS.Timeout | undefined;
  #waiters: (() => void)[] = [];

  constructor(options: DeliveryOptions) {
    this.#options = options;
    const { exporter } = options;
    this.#circuit = new Circuit({
      minDelayMs: options.minBackoffMs,
      maxDelayMs: options.maxBackoffMs,
      probe: exporter.ready && (() => this.#probe()),
      onChange: (state, reason) => {
        if (state === "ok") this.#beginCatchingUp();
        options.onChange(state, reason);
      },
    });
  }

  get state(): CollectorState {
    return this.#circuit.state;
  }

  get lastError(): string | undefined {
    return this.#circuit.lastError;
  }

  start(): void {
    this.#options.spool.onReadable = () => this.#schedule();
    if (this.#options.spool.unread) void this.#pump();
  }

  /**
   * Resolves to true once everything that was pending at the call has been stored or dead-lettered, or to false after
   * `timeoutMs`. A backend that is being waited for is tried at once.
   */
  async flush(timeoutMs: number): Promise<boolean> {
    this.#flushes += 1;
    try {
      return await this.#settleAll(timeoutMs);
    } finally {
      this.#flushes -= 1;
    }
  }

  async #settleAll(timeoutMs: number): Promise<boolean> {
    const { spool } = this.#options;
    const target = this.#settledRecords + spool.pendingRecords;
    const deadline = performance.now() + timeoutMs;
    this.#circuit.poke();
    void this.#pump();
    while (spool.pendingRecords > 0 && this.#settledRecords < target) {
      const remaining = deadline - performance.now();
      if (remaining <= 0 || this.#abort.signal.aborted) return false;
      await this.#settledOrAfter(remaining);
    }
    // Later batches may have overtaken an earlier one that is still on its way.
    if (spool.pendingRecords > 0 && this.#inFlight.size > 0) {
      const earlier = Promise.allSettled([...this.#inFlight]);
      await Promise.race([earlier, delay(deadline - performance.now())]);
    }
    return true;
  }

  /** Stops sending; what is in flight is aborted and stays in the spool. */
  async stop(): Promise<void> {
    this.#options.spool.onReadable = undefined;
    clearTimeout(this.#linger);
    this.#abort.abort();
    this.#circuit.close();
    await Promise.allSettled([...this.#inFlight]);
  }

  #schedule(): void {
    const { spool, maxBatchRecords, lingerMs } = this.#options;
    if (spool.pendingRecords >= maxBatchRecords && this.#inFlight.size === 0) void this.#pump();
    else this.#pumpIn(lingerMs);
  }

  #pumpIn(ms: number): void {
    this.#linger ??= setTimeout(() => void this.#pump(), ms).unref();
  }

  async #pump(): Promise<void> {
    clearTimeout(this.#linger);
    this.#linger = undefined;
    if (this.#taking) return;
    this.#taking = true;
    try {
      while (this.#mayTake()) {
        const batch = await this.#options.spool.take(this.#nextLimits());
        if (!batch) break;
        this.#restAfter(batch.records.length);
        const delivery = this.#deliver(batch).finally(() => {
          this.#inFlight.delete(delivery);
          void this.#pump();
        });
        this.#inFlight.add(delivery);
      }
    } finally {
      this.#taking = false;
    }
  }

  #mayTake(): boolean {
    if (this.#abort.signal.aborted) return false;
    if (!this.#options.spool.unread) {
      this.#arrears = 0;
      return false;
    }
    const restMs = this.#arrears > 0 && this.#flushes === 0 ? this.#restUntil - performance.now() : 0;
    if (restMs > 0) {
      this.#pumpIn(restMs);
      return false;
    }
    // While the backend is away one batch finds out when it is back; more would only fill memory.
    return this.#inFlight.size < (this.#circuit.open ? this.#options.maxInFlight : 1);
  }

  #nextLimits(): { maxRecords: number; maxBytes: number } {
    const { maxBatchRecords: maxRecords, maxBatchBytes } = this.#options;
    const gently = this.#arrears > 0 && this.#flushes === 0;
    return { maxRecords, maxBytes: gently ? Math.min(CATCH_UP_BYTES, maxBatchBytes) : maxBatchBytes };
  }

  #beginCatchingUp(): void {
    this.#arrears = this.#options.spool.pendingRecords;
    this.#restMsPerRecord = ALL_RESTS_MS / Math.max(this.#arrears, 1);
  }

  #restAfter(records: number): void {
    if (this.#arrears <= 0) return;
    this.#arrears -= records;
    this.#restUntil = performance.now() + Math.min(records * this.#restMsPerRecord, MAX_REST_MS);
  }

  async #deliver(batch: SpoolBatch): Promise<void> {
    const { spool, ledger, exporter } = this.#options;
    const settlement = await deliverBatch(batch.records, {
      exporter,
      circuit: this.#circuit,
      signal: this.#abort.signal,
      deadLetter: (record, reason) => spool.deadLetter([{ record, reason }]),
      findErased: () => spool.findErased(batch),
    });
    if (!settlement) return;
    const before = spool.pendingSpans;
    spool.settle(batch);
    // Spans whose segment was given up while they were on their way are already counted as dropped.
    const settled = before - spool.pendingSpans;
    const deadLettered = Math.min(settlement.deadLettered, settled);
    const erased = Math.min(settlement.erased, settled - deadLettered);
    ledger.settle({ deadLettered, erased, delivered: settled - deadLettered - erased });
    this.#settledRecords += batch.records.length;
    this.#notify();
  }

  async #probe(): Promise<boolean> {
    const { exporter } = this.#options;
    return (await exporter.ready?.({ signal: this.#abort.signal }).catch(() => false)) ?? true;
  }

  async #settledOrAfter(ms: number): Promise<void> {
    const settled = new Promise<void>((resolve) => this.#waiters.push(resolve));
    await Promise.race([settled, delay(Math.min(ms, 100))]);
  }

  #notify(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

// Someone awaits this, so the timer may keep the process alive: it is bounded.
function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(ms, 0)));
}
