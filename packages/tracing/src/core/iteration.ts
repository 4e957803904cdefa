import type { Context, HrTime } from "@opentelemetry/api";
import type { CaptureSettings } from "../capture/settings.ts";
import { ItemLog } from "./item-log.ts";
import { quietly } from "./quietly.ts";
import type { TracingRuntime } from "./runtime.ts";
import { isPlainPromise, isThenable } from "./settle.ts";
import type { ResultReader } from "./span-ending.ts";

/** How many items a `captureOutput` function is given. */
const MAX_READ_ITEMS = 1_000;

export type IteratorMethod = "next" | "return" | "throw";

/** What an iteration tells what became of it; the first of the endings counts. */
export interface IterationEnding {
  readonly ended: boolean;
  /** What is to be captured of the items. */
  readonly output: boolean | ResultReader;
  now(): HrTime;
  succeed(result: unknown): void;
  succeedWith(json: string, truncated: boolean): void;
  fail(error: unknown): void;
  abandon(lastActive: HrTime): void;
  /** Another item is on its way to the consumer. */
  pass?(item: unknown): void;
  /** The consumer stops early; `succeed` follows. */
  cutShort?(): void;
}

/**
 * The span of one iteration, which stays open from the call that returned it to the end of the last item.
 *
 * Each step runs in the span's context, so that what a generator's body does is below its span, and what the consumer
 * does between two items is not.
 */
export class Iteration {
  readonly #runtime: TracingRuntime;
  readonly #context: Context;
  readonly #ending: IterationEnding;
  readonly #items: ItemLog | unknown[] | undefined;
  #lastActive: HrTime;
  #holders = 0;

  constructor(runtime: TracingRuntime, context: Context, ending: IterationEnding) {
    this.#runtime = runtime;
    this.#context = context;
    this.#ending = ending;
    this.#lastActive = ending.now();
    this.#items = itemsFor(ending, runtime.capture);
  }

  /** Counts an object through which the iteration can go on. */
  hold(): void {
    this.#holders++;
  }

  /** One of these objects is gone; with the last of them the iteration is abandoned. */
  release(): void {
    if (--this.#holders === 0) this.#ending.abandon(this.#lastActive);
  }

  /** Runs `fn` in the span's context; an error it throws is the span's. */
  run<T>(fn: () => T): T {
    this.#lastActive = this.#ending.now();
    try {
      return this.#runtime.with(this.#context, fn);
    } catch (error) {
      this.#ending.fail(error);
      throw error;
    }
  }

  /** One step of a synchronous iterator. */
  step<T>(method: IteratorMethod, advance: () => T): T {
    const result = this.run(advance);
    this.#observe(method, result);
    return result;
  }

  /** One step of an asynchronous iterator, whose result is a promise by its protocol. */
  stepAsync(method: IteratorMethod, advance: () => unknown): unknown {
    const result = this.run(advance);
    if (!isThenable(result)) {
      this.#observe(method, result);
      return result;
    }
    const promise = isPlainPromise(result) ? result : Promise.resolve(result);
    return promise.then(
      (step: unknown) => {
        this.#observe(method, step);
        return step;
      },
      (error: unknown) => {
        this.#ending.fail(error);
        throw error;
      },
    );
  }

  /** The consumer stopped early, at an iterator that does not want to know. */
  stop(): void {
    this.#ending.cutShort?.();
    this.#finish(undefined);
  }

  #observe(method: IteratorMethod, step: unknown): void {
    this.#lastActive = this.#ending.now();
    if (this.#ending.ended) return;
    quietly("reading an item", () => {
      const { done, value } = step as { done?: unknown; value?: unknown };
      // What `return` resolves with is what the consumer gave it.
      if (done && method === "return") return this.stop();
      if (done) return this.#finish(value);
      this.#ending.pass?.(value);
      if (this.#items instanceof ItemLog) this.#items.add(value);
      else if (this.#items && this.#items.length < MAX_READ_ITEMS) this.#items.push(value);
    });
  }

  /** What a generator returns is its output, else what it yielded. */
  #finish(returned: unknown): void {
    if (returned !== undefined) {
      this.#ending.succeed(returned);
    } else if (this.#items instanceof ItemLog) {
      const { json, truncated } = this.#items.toJson();
      this.#ending.succeedWith(json, truncated);
    } else {
      this.#ending.succeed(this.#items);
    }
  }
}

function itemsFor({ output }: IterationEnding, capture: CaptureSettings): ItemLog | unknown[] | undefined {
  if (output === false) return undefined;
  return output === true ? new ItemLog(capture) : [];
}
