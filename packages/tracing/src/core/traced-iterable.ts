import { types } from "node:util";
import { watch } from "./abandonment.ts";
import type { Iteration, IteratorMethod } from "./iteration.ts";
import { isObject, readMember } from "./quietly.ts";

/** How the steps of an iterator report: with results, or with promises of them. */
type Mode = "sync" | "async";

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What stands in for an iteration already, which Node would not take for a generator any more. */
const standIns = new WeakMap<object, Mode>();

/** Whether a result is an iteration to be followed, and of which kind. */
export function iterationMode(value: unknown): Mode | undefined {
  if (!isObject(value)) return undefined;
  const known = standIns.get(value);
  if (known) return known;
  if (typeof readMember(value, Symbol.asyncIterator) === "function") return "async";
  return types.isGeneratorObject(value) ? "sync" : undefined;
}

/** Web streams are known by internal slots, which nothing that stands in for one can have. */
export function isWebStream(value: unknown): boolean {
  try {
    return value instanceof ReadableStream;
  } catch {
    return false;
  }
}

/** The same iterable to its consumer, whose every step is one of `iteration`. All other members are the target's. */
export function traceIterable<T extends object>(target: T, mode: Mode, iteration: Iteration): T {
  const traced = new Proxy(target, new TracedIterable<T>(mode, iteration));
  standIns.set(traced, mode);
  iteration.hold();
  watch(traced, iteration);
  return traced;
}

// No closure may capture the proxy, or it would be kept alive by itself; those that need it take it as `this`.
class TracedIterable<T extends object> implements ProxyHandler<T> {
  readonly #mode: Mode;
  readonly #iteration: Iteration;
  readonly #methods = new Map<unknown, Method>();

  constructor(mode: Mode, iteration: Iteration) {
    this.#mode = mode;
    this.#iteration = iteration;
  }

  get(target: T, key: PropertyKey): unknown {
    const value: unknown = Reflect.get(target, key, target);
    if (
      key === "return" &&
      value === undefined &&
      typeof Reflect.get(target, "next", target) === "function"
    ) {
      return this.#cached(key, () => stopWith(this.#mode, this.#iteration));
    }
    if (typeof value !== "function" || key === "constructor" || isFixed(target, key)) return value;
    return this.#method(target, key, value as Method);
  }

  set(target: T, key: PropertyKey, value: unknown): boolean {
    return Reflect.set(target, key, value, target);
  }

  #method(target: T, key: PropertyKey, method: Method): Method {
    if (key === "next" || key === "return" || key === "throw") {
      return this.#cached(method, () => stepWith(target, key, method, this.#mode, this.#iteration));
    }
    if (key === (this.#mode === "async" ? Symbol.asyncIterator : Symbol.iterator)) {
      return this.#cached(method, () => iterateWith(target, method, this.#mode, this.#iteration));
    }
    if (isIteratorHelper(key, method)) return method;
    if (key === Symbol.asyncDispose || key === Symbol.dispose) {
      return this.#cached(method, () => disposeWith(target, method, this.#iteration));
    }
    return this.#cached(method, () => callOn(target, method));
  }

  #cached(key: unknown, make: () => Method): Method {
    const known = this.#methods.get(key);
    if (known) return known;
    const made = make();
    this.#methods.set(key, made);
    return made;
  }
}

function stepWith(
  target: object,
  key: IteratorMethod,
  method: Method,
  mode: Mode,
  iteration: Iteration,
): Method {
  const advance = (args: unknown[]) => () => Reflect.apply(method, target, args);
  return mode === "sync"
    ? (...args) => iteration.step(key, advance(args))
    : (...args) => iteration.stepAsync(key, advance(args));
}

/** `return` for an iterator that has none, so that a consumer who stops early ends the span. */
function stopWith(mode: Mode, iteration: Iteration): Method {
  return (value) => {
    iteration.stop();
    return mode === "sync" ? { done: true, value } : Promise.resolve({ done: true, value });
  };
}

function iterateWith(target: object, method: Method, mode: Mode, iteration: Iteration): Method {
  return function (this: unknown) {
    const iterator = iteration.run(() => Reflect.apply(method, target, []));
    if (iterator === target) return this;
    return isObject(iterator) ? traceIterable(iterator, mode, iteration) : iterator;
  };
}

function disposeWith(target: object, method: Method, iteration: Iteration): Method {
  return (...args) => {
    iteration.stop();
    return Reflect.apply(method, target, args);
  };
}

/** Methods run on the target, which may have private members; one that returns its object returns the stand-in. */
function callOn(target: object, method: Method): Method {
  return function (this: unknown, ...args) {
    const result = Reflect.apply(method, target, args);
    return result === target ? this : result;
  };
}

async function* oneItem(): AsyncGenerator<number> {
  yield 1;
}

/** What all iterators inherit from, and all asynchronous ones. */
const HELPERS: readonly object[] = [
  Object.getPrototypeOf(Object.getPrototypeOf([].values())),
  Object.getPrototypeOf(Object.getPrototypeOf(oneItem.prototype)),
];

/** `map`, `take`, `[Symbol.dispose]` and so on come with every iterator and advance or end whatever they are called on. */
function isIteratorHelper(key: PropertyKey, method: Method): boolean {
  return HELPERS.some((prototype) => readMember(prototype, key) === method);
}

/** A proxy must report a member that can never change as it is. */
function isFixed(target: object, key: PropertyKey): boolean {
  const own = Reflect.getOwnPropertyDescriptor(target, key);
  return own !== undefined && !own.configurable && !own.writable && !own.get;
}
