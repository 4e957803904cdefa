import { types } from "node:util";
import { isObject, readMember } from "./quietly.ts";
import type { SpanEnding } from "./span-ending.ts";

/**
 * Ends the span when the result of its call is there, and returns what the caller gets in its place.
 *
 * A native promise becomes a promise derived from it, so that a rejection nobody handles is still reported. Any other
 * thenable is returned as it is, and its span ends now: to ask it for its value would run a lazy one twice.
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
 * members of its own, as some clients return, nor with members added to it.
 */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  if (!types.isPromise(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  const parent: unknown = isObject(prototype) ? Object.getPrototypeOf(prototype) : null;
  const plain = isObject(parent) && Object.getPrototypeOf(parent) === null;
  return plain && Object.getOwnPropertyNames(value).length === 0;
}
