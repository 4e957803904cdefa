/** The next `times` calls of a method fail as Telegram would. */
export interface Fault {
  method: string;
  status: number;
  /** Seconds, for 429. */
  retryAfter?: number | undefined;
  times: number;
  description?: string | undefined;
}

/** Faults that wait for their call, in the order they were asked for. */
export class Faults {
  readonly #faults: Fault[] = [];

  add(fault: Fault): void {
    this.#faults.push({ ...fault });
  }

  list(): Fault[] {
    return this.#faults.map((fault) => ({ ...fault }));
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** The fault for this call, if one waits; counts it. */
  take(method: string): Fault | undefined {
    const index = this.#faults.findIndex((fault) => fault.method === method);
    const fault = this.#faults[index];
    if (!fault) return undefined;
    fault.times -= 1;
    if (fault.times <= 0) this.#faults.splice(index, 1);
    return fault;
  }
}
