import { checkSpanOptions, planSpan, type TracedSpanOptions } from "./span-plan.ts";
import { type Callable, callTraced } from "./traced-call.ts";

export type { TracedSpanKind, TracedSpanOptions } from "./span-plan.ts";

/** Any function: parameters that take nothing are those that every function has. */
type AnyFunction = (...args: never) => unknown;
type AnyMethod<This> = (this: This, ...args: never) => unknown;

/** Works as a stage-3 method decorator, as a legacy method decorator, and as a wrapper of any function. */
export interface TracedSpanDecorator {
  <This, F extends AnyMethod<This>>(method: F, context: ClassMethodDecoratorContext<This>): F;
  <F extends AnyFunction>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<F>,
  ): TypedPropertyDescriptor<F>;
  <F extends AnyFunction>(fn: F): F;
}

const ACCEPTED = "tracedSpan takes methods and functions";

/**
 * Makes a span of every call of a method or function, below whatever span is active; outside of any trace it calls
 * straight through, unless `root` is set.
 *
 * The traced function keeps its type, `this`, `length`, `name` and whether it is synchronous. A native promise it returns
 * becomes a promise derived from it. A span of a generator or async iterable ends when that is consumed, stopped or
 * abandoned. Other thenables and web streams are returned untouched, and the span ends with the call; {@link recordStream}
 * keeps it open for a stream.
 *
 * @param name By convention `agent:{name}`, `llm:{provider}` or `tool:{name}`. Default: the kind, a colon, and the name
 * of the function, which bundlers may change.
 * @throws {TracingError} `invalid-option`
 * @example
 * class TrainerAgent {
 *   \@tracedSpan("agent:trainer", { kind: "agent" })
 *   async run(input: AgentInput): Promise<AgentOutput> { ... }
 * }
 * const complete = tracedSpan("llm:openrouter")(async (prompt: string) => { ... });
 */
export function tracedSpan(name?: string, options: TracedSpanOptions = {}): TracedSpanDecorator {
  checkSpanOptions(name, options);
  const settled = Object.freeze({ ...options });
  const decorate = (target: unknown, second?: unknown, descriptor?: unknown): unknown => {
    if (isDecoratorContext(second)) {
      if (second.kind === "method") return traced(target, second.name, name, settled);
      throw new TypeError(`${ACCEPTED}, not the ${second.kind} ${JSON.stringify(String(second.name))}.`);
    }
    if (typeof second === "string" || typeof second === "symbol") {
      return decorateProperty(second, descriptor, (method) => traced(method, second, name, settled));
    }
    return traced(target, undefined, name, settled);
  };
  return decorate as TracedSpanDecorator;
}

function decorateProperty(
  key: string | symbol,
  descriptor: unknown,
  trace: (method: unknown) => unknown,
): unknown {
  const property =
    typeof descriptor === "object" && descriptor !== null ? (descriptor as PropertyDescriptor) : {};
  if (typeof property.value === "function") return { ...property, value: trace(property.value) };
  const what = property.get || property.set ? "accessor" : "field";
  throw new TypeError(`${ACCEPTED}, not the ${what} ${JSON.stringify(String(key))}.`);
}

function isDecoratorContext(value: unknown): value is DecoratorContext {
  return typeof value === "object" && value !== null && "kind" in value && "addInitializer" in value;
}

/** A stand-in for the function, through which everything but a call reaches the function itself. */
function traced(
  fn: unknown,
  key: string | symbol | undefined,
  name: string | undefined,
  options: TracedSpanOptions,
): unknown {
  if (typeof fn !== "function") throw new TypeError(`${ACCEPTED}, not ${fn === null ? "null" : typeof fn}.`);
  if (/^class[\s{]/.test(Function.prototype.toString.call(fn))) {
    throw new TypeError(`${ACCEPTED}, not the class ${fn.name}: decorate its methods.`);
  }
  const functionName = typeof key === "symbol" ? (key.description ?? "") : (key ?? fn.name);
  const plan = planSpan(name, functionName, options);
  return new Proxy(fn as Callable, {
    apply: (target, self: unknown, args: unknown[]) => callTraced(plan, target, self, args),
  });
}
