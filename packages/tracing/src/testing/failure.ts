import { AssertionError } from "node:assert";

export interface FailureOptions {
  message: string;
  /** The name of what failed. */
  operator: string;
  /** What runners that print a difference of their own compare. */
  actual?: unknown;
  expected?: unknown;
  /** The function whose caller the error points at. */
  caller: (...args: never) => unknown;
}

/** What an assertion throws: an `AssertionError` of Node's, which test runners know. */
export function failure({ message, operator, actual, expected, caller }: FailureOptions): AssertionError {
  return new AssertionError({ message, operator, actual, expected, stackStartFn: caller as () => void });
}
