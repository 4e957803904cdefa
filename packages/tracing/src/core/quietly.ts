import { diag } from "@opentelemetry/api";

/**
 * Runs a step of tracing that meets foreign code (a sampler, a processor, a getter, a user's function): what it throws
 * is reported without its message, which may hold anything, and goes no further.
 */
export function quietly<T>(step: string, run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    diag.warn(`@app/tracing: ${step} failed with ${nameOf(error)}; the traced code is not affected.`);
    return undefined;
  }
}

function nameOf(error: unknown): string {
  const name = readMember(error, "name");
  return typeof name === "string" && name.length < 100 ? name : typeof error;
}

/** A member of anything at all; undefined when there is none or reading it throws. */
export function readMember(value: unknown, key: PropertyKey): unknown {
  if (!isObject(value)) return undefined;
  try {
    return Reflect.get(value, key);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
