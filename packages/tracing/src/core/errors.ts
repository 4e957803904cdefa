/** What went wrong, for programs; the message and hint are for people. */
export type TracingErrorCode =
  | "invalid-option"
  | "missing-dependency"
  | "unreachable"
  | "unauthorized"
  | "schema-missing"
  | "schema-too-new"
  | "unsupported-server"
  | "store-locked"
  | "not-found"
  | "store-failed"
  | "migration-failed";

export interface TracingErrorOptions {
  /** One sentence that says what to do, with the command where there is one. */
  hint?: string;
  cause?: unknown;
}

/** Every error this library raises itself. `message` says what happened and never holds payloads or secrets. */
export class TracingError extends Error {
  override readonly name = "TracingError";
  readonly code: TracingErrorCode;
  readonly hint: string | undefined;

  constructor(code: TracingErrorCode, message: string, options: TracingErrorOptions = {}) {
    super(options.hint ? `${message} ${options.hint}` : message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** An option, environment variable or argument that is not acceptable: names it, what was received, what is accepted. */
export function invalidOption(option: string, received: unknown, accepted: string): TracingError {
  return new TracingError("invalid-option", `${option} is ${describe(received)}; accepted: ${accepted}.`);
}

function describe(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  }
  if (typeof value === "function") return "a function";
  if (value === null || typeof value !== "object") return String(value);
  return Array.isArray(value) ? "an array" : "an object";
}
