import { watch } from "./abandonment.ts";
import { readMember } from "./quietly.ts";
import type { SpanEnding } from "./span-ending.ts";

const THEN = "then";

type Then = (this: unknown, onFulfilled?: unknown, onRejected?: unknown) => unknown;

/**
 * Ends the span with what the promise's own consumer is told, and returns whether that can be done.
 *
 * For promises of a class of its own, as model clients return: deriving another would lose their members, and asking one
 * would start what is lazy. So `then`, which every `await` of such an object goes through, is observed in place.
 */
export function observeThen(
  promise: object,
  ending: SpanEnding,
  onValue: (value: unknown) => unknown,
): boolean {
  const then = readMember(promise, THEN);
  if (typeof then !== "function") return false;
  const value = observing(then as Then, ending, onValue);
  const observed = Reflect.defineProperty(promise, THEN, { value, configurable: true, writable: true });
  if (observed) watch(promise, abandoning(ending));
  return observed;
}

function observing(then: Then, ending: SpanEnding, onValue: (value: unknown) => unknown): Then {
  let first: { value: unknown } | undefined;
  return function (this: unknown, onFulfilled, onRejected) {
    const fulfil = (value: unknown) => {
      first ??= { value: onValue(value) };
      return typeof onFulfilled === "function" ? onFulfilled(first.value) : first.value;
    };
    const reject = (error: unknown) => {
      ending.fail(error);
      if (typeof onRejected === "function") return onRejected(error);
      throw error;
    };
    return Reflect.apply(then, this, [fulfil, reject]);
  };
}

function abandoning(ending: SpanEnding) {
  const returned = ending.now();
  return { release: () => ending.abandon(returned) };
}
