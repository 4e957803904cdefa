import { createRedactor } from "../capture/redaction/redact.ts";

/** What went wrong, for programs; the message and hint are for people. */
export type TracingErrorCode =
  | "invalid-option"
  | "already-started"
  | "missing-dependency"
  | "unreachable"
  | "unauthorized"
  | "schema-missing"
  | "schema-too-new"
  | "unsupported-server"
  | "store-locked"
  | "not-found"
  | "no-store"
  | "store-failed"
  | "migration-failed";

/** What an error says besides its message. */
export interface TracingErrorOptions {
  /** One sentence that says what to do, with the command where there is one. */
  hint?: string;
  /** What was thrown below. */
  cause?: unknown;
}

/** Every error this library raises itself. `message` says what happened and never holds payloads or secrets. */
export class TracingError extends Error {
  override readonly name = "TracingError";
  /** What went wrong, for programs. */
  readonly code: TracingErrorCode;
  /** What to do; part of the message, too. */
  readonly hint: string | undefined;

  constructor(code: TracingErrorCode, message: string, options: TracingErrorOptions = {}) {
    super(options.hint ? `${message} ${options.hint}` : message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** An option, environment variable or argument that is not acceptable: names it, what was received, what is accepted. */
export function invalidOption(option: string, received: unknown, accepted: string): TracingError {
  return new TracingError(
    "invalid-option",
    `${option} is ${describe(option, received)}; accepted: ${accepted}.`,
  );
}

export interface MissingDependencyOptions {
  /** What is the matter with the packages. @default that they are not installed */
  reason?: string;
  cause?: unknown;
}

/** Optional packages that are not there, and the one command that installs them all. */
export function missingDependency(
  user: string,
  packages: readonly string[],
  options: MissingDependencyOptions = {},
): TracingError {
  const { reason = `${packages.length === 1 ? "is" : "are"} not installed`, cause } = options;
  return new TracingError("missing-dependency", `${user} needs ${packages.join(" and ")}, which ${reason}.`, {
    hint: installCommand(packages),
    cause,
  });
}

function installCommand(packages: readonly string[]): string {
  return `Run: npm install ${packages.join(" ")}`;
}

/**
 * Refuses an option nobody reads, which most likely is a misspelt one.
 *
 * @throws {TracingError} `invalid-option`; the value is not repeated.
 */
export function requireKnownOptions(prefix: string, options: object, accepted: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !accepted.includes(key));
  if (unknown === undefined) return;
  throw new TracingError(
    "invalid-option",
    `${prefix}${unknown} is not an option; accepted: ${accepted.map((key) => prefix + key).join(", ")}.`,
  );
}

const MAX_SHOWN = 80;

/** A value as far as it may be shown: a text may hold a key or a password. */
function describe(option: string, value: unknown): string {
  if (typeof value === "string") return describeText(option, value);
  if (typeof value === "function") return "a function";
  if (value === null || typeof value !== "object") return String(value);
  return Array.isArray(value) ? "an array" : "an object";
}

function describeText(option: string, text: string): string {
  const redactor = createRedactor();
  if (redactor.isSecretName(option)) return "a text that is not shown";
  const safe = text.length > 4_096 ? "a very long text" : redactor.text(text);
  return JSON.stringify(safe.length > MAX_SHOWN ? `${safe.slice(0, MAX_SHOWN - 3)}...` : safe);
}
