import type { BotLife, Usage } from "./bot-life.ts";
import { type HealthReading, isBalanced, type Operator } from "./operator.ts";
import type { SimulatedUser } from "./simulated-user.ts";

/** How things are at a moment. */
export interface Sample {
  /** Since the first sample. */
  atMs: number;
  phase: string;
  /** Undefined while there is no process. */
  usage: Usage | undefined;
  /** The latest; undefined when there is none since the sample before. */
  health: HealthReading | undefined;
  /** Things sent, and how many of them have no reply yet. */
  sent: number;
  waiting: number;
}

export interface SamplerOptions {
  users: readonly SimulatedUser[];
  operator: Operator;
  everyMs: number;
  patienceMs: number;
}

/** Looks at the bot from outside every few seconds, and asks it how it is as its operator does. */
export class Sampler {
  readonly samples: Sample[] = [];
  /** All that the bot has said of its health. */
  readonly readings: HealthReading[] = [];
  /** Why there is no answer to a question. */
  readonly failures: string[] = [];
  phase = "";
  /** While it is, the bot is asked nothing. */
  isQuiet = false;
  readonly #options: SamplerOptions;
  #life: BotLife | undefined;
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #health: HealthReading | undefined;
  #asking: Promise<void> | undefined;
  #sampling: Promise<void> = Promise.resolve();

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  /** The process to look at from now on; none while there is none. Resolves when nobody looks at the one before. */
  async observe(life: BotLife | undefined): Promise<void> {
    this.#life = life;
    await this.#sampling;
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => this.#tick(), this.#options.everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** What the bot says of its health now. */
  async ask(): Promise<HealthReading> {
    const reading = await this.#options.operator.ask(this.#options.patienceMs);
    this.#health = reading;
    this.readings.push(reading);
    return reading;
  }

  get unbalanced(): HealthReading[] {
    return this.readings.filter((reading) => !isBalanced(reading));
  }

  #tick(): void {
    const note = (error: unknown) => void this.failures.push(String(error));
    if (!this.isQuiet) {
      this.#asking ??= this.ask()
        .then(() => undefined, note)
        .finally(() => {
          this.#asking = undefined;
        });
    }
    this.#sampling = this.#sampling.then(() => this.#sample()).catch(note);
  }

  async #sample(): Promise<void> {
    const { users } = this.#options;
    const health = this.#health;
    this.#health = undefined;
    this.samples.push({
      atMs: performance.now() - this.#startedAt,
      phase: this.phase,
      usage: await this.#life?.usage(),
      health,
      sent: users.reduce((sum, { notes }) => sum + notes.filter(({ kind }) => kind === "sent").length, 0),
      waiting: users.reduce((sum, { waiting }) => sum + waiting, 0),
    });
  }
}
