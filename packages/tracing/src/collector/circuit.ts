import type { CollectorState } from "./stats.ts";

export interface CircuitOptions {
  /** First delay after a failure; doubles with each further one. @default 1_000 */
  minDelayMs?: number;
  /** @default 60_000 */
  maxDelayMs?: number;
  /** How often a closed backend is asked whether it is back, where it can be asked. @default 5_000 */
  probeEveryMs?: number;
  /** Asks the backend cheaply; absent when it cannot be asked. */
  probe?: (() => Promise<boolean>) | undefined;
  /** Told when the state or its reason changes. */
  onChange?: (state: CollectorState, reason: string | undefined) => void;
}

/** Why the circuit opens: what `state` then reads, and how long the backend asked to wait at least. */
export interface Trouble {
  state: "retrying" | "paused" | "schema-missing";
  reason: string;
  afterMs?: number | undefined;
}

/**
 * One judgement on the backend shared by all batches in flight: after a failure everyone waits, then a single batch goes
 * ahead to find out, and the others follow when it has passed.
 *
 * Delays grow exponentially with jitter and run on a monotonic clock. Timers never keep the process alive.
 */
export class Circuit {
  readonly #minDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #probeEveryMs: number;
  readonly #probe: (() => Promise<boolean>) | undefined;
  readonly #onChange: NonNullable<CircuitOptions["onChange"]>;
  #trouble: Trouble | undefined;
  #failures = 0;
  #reopenAt = 0;
  /** Until then the backend has asked to be left alone, by probes too. */
  #askedUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #scout = false;
  #probing = false;
  #waiting: (() => void)[] = [];

  constructor(options: CircuitOptions = {}) {
    this.#minDelayMs = options.minDelayMs ?? 1_000;
    this.#maxDelayMs = options.maxDelayMs ?? 60_000;
    this.#probeEveryMs = options.probeEveryMs ?? 5_000;
    this.#probe = options.probe;
    this.#onChange = options.onChange ?? (() => undefined);
  }

  get state(): CollectorState {
    return this.#trouble?.state ?? "ok";
  }

  get lastError(): string | undefined {
    return this.#trouble?.reason;
  }

  /** Whether a new batch may be sent at once. */
  get open(): boolean {
    return this.#trouble === undefined;
  }

  /** Resolves when this caller may send: at once while all is well, else as the scout or after one has passed. */
  async pass(signal: AbortSignal): Promise<void> {
    while (this.#trouble && !signal.aborted) {
      if (!this.#scout && performance.now() >= this.#reopenAt) {
        this.#scout = true;
        return;
      }
      await this.#wait(signal);
    }
  }

  succeed(): void {
    // A batch that was on its way before takes nothing back of what another one was asked since.
    if (!this.#scout && performance.now() < this.#askedUntil) return;
    this.#scout = false;
    this.#failures = 0;
    this.#askedUntil = 0;
    const troubled = this.#trouble !== undefined;
    this.#trouble = undefined;
    this.#disarm();
    if (troubled) this.#onChange("ok", undefined);
    this.#wake();
  }

  fail(trouble: Trouble): void {
    this.#scout = false;
    const changed = trouble.state !== this.#trouble?.state || trouble.reason !== this.#trouble.reason;
    this.#trouble = trouble;
    const now = performance.now();
    // Batches that were in flight together fail together: they are one failure.
    if (now >= this.#reopenAt) {
      this.#failures += 1;
      this.#reopenAt = now + this.#delayMs(trouble);
    }
    if (trouble.afterMs !== undefined) {
      this.#askedUntil = Math.max(this.#askedUntil, now + trouble.afterMs);
      this.#reopenAt = Math.max(this.#reopenAt, this.#askedUntil);
    }
    this.#arm();
    if (changed) this.#onChange(trouble.state, trouble.reason);
    this.#wake();
  }

  /** The batch that went ahead found nothing out about the backend (it was aborted); someone else may go. */
  withdraw(): void {
    this.#scout = false;
    this.#wake();
  }

  /** Lets a waiting batch try now. */
  poke(): void {
    this.#reopenAt = 0;
    this.#wake();
  }

  close(): void {
    this.#disarm();
    this.#wake();
  }

  /** What the backend asked for; one that asks for next to nothing is not hammered for all that. */
  #delayMs({ afterMs = 0 }: Trouble): number {
    return afterMs < this.#minDelayMs ? this.#backoffMs() : afterMs;
  }

  // Equal jitter: half of the delay is certain, so that a crowd of processes spreads without hammering.
  #backoffMs(): number {
    const delay = Math.min(this.#maxDelayMs, this.#minDelayMs * 2 ** Math.min(this.#failures - 1, 20));
    return delay / 2 + (Math.random() * delay) / 2;
  }

  get #mayProbe(): boolean {
    return this.#probe !== undefined && performance.now() >= this.#askedUntil;
  }

  #arm(): void {
    this.#disarm();
    const remaining = Math.max(this.#reopenAt - performance.now(), 0);
    const delay = this.#mayProbe ? Math.min(remaining, this.#probeEveryMs) : remaining;
    this.#timer = setTimeout(() => void this.#tick(), delay).unref();
  }

  async #tick(): Promise<void> {
    if (!this.#trouble) return;
    if (performance.now() < this.#reopenAt && this.#mayProbe && !this.#probing) {
      this.#probing = true;
      const answers = await this.#probe?.();
      this.#probing = false;
      if (!this.#trouble) return;
      if (answers) this.#reopenAt = 0;
    }
    if (performance.now() < this.#reopenAt) this.#arm();
    else this.#wake();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #wait(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.push(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
