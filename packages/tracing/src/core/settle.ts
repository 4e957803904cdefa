import { types } from "node:util";
import { observeThen } from "./observed-then.ts";
import { isObject, readMember } from "./quietly.ts";
import type { SpanEnding } from "./span-ending.ts";

/**
 * Ends the span when the result of its call is there, and returns what the caller gets in its place.
 *
 * A native promise becomes a promise derived from it, so that a rejection nobody handles is still reported. One of a
 * subclass is returned itself and observed. Any other thenable is returned untouched, and its span ends now: to ask it
 * for its value would run a lazy one twice.
 */
export function settle<T>(
  result: T,
  ending: SpanEnding,
  onValue: (value: unknown) => unknown = endWith(ending),
): T {
  if (isPlainPromise(result)) {
    return result.then(onValue, (error: unknown) => {
      ending.fail(error);
      throw error;
    }) as T;
  }
  if (isSubclassPromise(result) && observeThen(result, ending, onValue)) return result;
  if (isThenable(result)) {
    ending.leave("thenable");
    return result;
  }
  return onValue(result) as T;
}

function endWith(ending: SpanEnding): (value: unknown) => unknown {
  return (value) => {
    ending.succeed(value);
    return value;
  };
}

export function isThenable(value: unknown): boolean {
  return typeof readMember(value, "then") === "function";
}

/**
 * Whether a promise derived from this one can stand in for it: a native promise of any realm, and neither of a class with
 * members of its own nor with members added to it.
 */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  if (!types.isPromise(value)) return false;
  return !isSubclassPromise(value) && Object.getOwnPropertyNames(value).length === 0;
}

/** Native promises inherit from `Promise.prototype`, of whatever realm, and that from `Object.prototype` alone. */
function isSubclassPromise(value: unknown): value is Promise<unknown> {
  if (!types.isPromise(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  const parent: unknown = isObject(prototype) ? Object.getPrototypeOf(prototype) : null;
  return !isObject(parent) || Object.getPrototypeOf(parent) !== null;
}
