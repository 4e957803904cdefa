import { ChatWindow } from "./chat-window.ts";

/** What `/admin health` says of the collector, read from the message as an operator reads it. */
export interface HealthReading {
  at: number;
  state: string;
  /** Runs and background jobs that go on. */
  busy: number;
  ended: number;
  delivered: number;
  pending: number;
  deadLettered: number;
  dropped: number;
  sampledOut: number;
}

const LOOK_MS = 2_000;

/** The operator of the bot: asks for its health, one question at a time. */
export class Operator {
  readonly #window: ChatWindow;
  /** Messages that answer no question of theirs. */
  readonly strange: string[] = [];
  #asked = 0;
  #answered = 0;
  #asking: Promise<unknown> = Promise.resolve();

  constructor(url: string, id: number) {
    this.#window = new ChatWindow(url, id);
  }

  /** Questions without an answer. */
  get waiting(): number {
    return this.#asked - this.#answered;
  }

  /** @throws when there is no answer in time. */
  ask(patienceMs: number): Promise<HealthReading> {
    const reading = this.#asking.then(() => this.#ask(patienceMs));
    this.#asking = reading.catch(() => undefined);
    return reading;
  }

  /** Notes what has come and belongs to no question. */
  async audit(): Promise<void> {
    await this.#asking;
    for (const { message } of await this.#window.changes(0)) this.strange.push(message.text);
  }

  async #ask(patienceMs: number): Promise<HealthReading> {
    const deadline = performance.now() + patienceMs;
    this.#asked += 1;
    await this.#window.send("/admin health");
    while (performance.now() < deadline) {
      const readings: HealthReading[] = [];
      for (const { isNew, message } of await this.#window.changes(LOOK_MS)) {
        const reading = isNew ? readHealth(message.text) : undefined;
        if (reading && readings.length === 0) readings.push(reading);
        else this.strange.push(message.text);
      }
      const [first] = readings;
      if (!first) continue;
      this.#answered += 1;
      return first;
    }
    throw new Error(`/admin health had no answer within ${patienceMs} ms.`);
  }
}

/** `ended = delivered + pending + deadLettered + dropped + sampledOut` */
export function isBalanced(reading: HealthReading): boolean {
  const { ended, delivered, pending, deadLettered, dropped, sampledOut } = reading;
  return ended === delivered + pending + deadLettered + dropped + sampledOut;
}

function readHealth(text: string): HealthReading | undefined {
  const count = (label: string) =>
    Number(new RegExp(`^${label} +([\\d,]+)$`, "m").exec(text)?.[1]?.replaceAll(",", ""));
  const [, runs, jobs] = /^Now: ([\d,]+) runs?, ([\d,]+) background jobs?$/m.exec(text) ?? [];
  const state = /^Delivery: (\w+(?: \w+)?)/m.exec(text)?.[1];
  const reading = {
    at: Date.now(),
    state: state ?? "",
    busy: Number(runs) + Number(jobs),
    ended: count("= spans ended"),
    delivered: count(" {2}delivered"),
    pending: count("\\+ pending"),
    deadLettered: count("\\+ dead letters"),
    dropped: count("\\+ dropped"),
    sampledOut: count("\\+ sampled out"),
  };
  const figures = Object.values(reading).filter((value) => typeof value === "number");
  return figures.some(Number.isNaN) || state === undefined ? undefined : reading;
}
