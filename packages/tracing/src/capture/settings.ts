import { createRedactor, type RedactOptions, type Redactor } from "./redaction/redact.ts";

/** How much of a value is kept. The walk stops at whichever bound it meets first. */
export interface CaptureLimits {
  /** UTF-8 bytes of JSON a value may take. */
  maxBytes: number;
  /** Levels of nesting; what is deeper is left out. */
  maxDepth: number;
  /** Objects, array elements, properties and primitives visited. */
  maxNodes: number;
}

/** The depth is what every store takes: PGlite hangs on JSON nested deeper than some thousands. */
export const DEFAULT_CAPTURE_LIMITS: Readonly<CaptureLimits> = Object.freeze({
  maxBytes: 50_000,
  maxDepth: 64,
  maxNodes: 20_000,
});

/** Settled capture behaviour, as the rest of the library uses it. */
export interface CaptureSettings {
  /** Whether inputs, outputs and messages are kept at all. */
  readonly content: boolean;
  /** How much of a value is kept. */
  readonly limits: Readonly<CaptureLimits>;
  /** What takes secrets out. */
  readonly redactor: Redactor;
}

/** What a service may say about capture. Redaction cannot be switched off. */
export interface CaptureOptions {
  /** Whether inputs, outputs and messages are kept at all. @default `TRACING_CAPTURE_CONTENT`, else true */
  content?: boolean;
  /** UTF-8 bytes kept of one value, from 256 to 1,000,000. @default 50_000 */
  maxBytes?: number;
  /** What is redacted beside the built-in names and patterns. */
  redact?: RedactOptions;
}

/** A capture option or variable that is not acceptable; for the caller to report in its own terms. */
export class CaptureOptionError extends TypeError {
  override readonly name = "CaptureOptionError";
  readonly option: string;
  readonly received: unknown;
  readonly accepted: string;

  constructor(option: string, received: unknown, accepted: string) {
    super(
      `${option} is ${typeof received === "object" ? typeof received : String(received)}; accepted: ${accepted}.`,
    );
    this.option = option;
    this.received = received;
    this.accepted = accepted;
  }
}

const SWITCH: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);
const MIN_BYTES = 256;
const MAX_BYTES = 1_000_000;

/** Settles code, then environment, then defaults. @throws {CaptureOptionError} */
export function resolveCaptureSettings(
  options: CaptureOptions = {},
  env: NodeJS.ProcessEnv = process.env,
): CaptureSettings {
  const { content = contentFromEnv(env), maxBytes = DEFAULT_CAPTURE_LIMITS.maxBytes, redact = {} } = options;
  if (typeof content !== "boolean") throw new CaptureOptionError("capture.content", content, "true or false");
  if (!Number.isSafeInteger(maxBytes) || maxBytes < MIN_BYTES || maxBytes > MAX_BYTES) {
    throw new CaptureOptionError(
      "capture.maxBytes",
      maxBytes,
      `a whole number from ${MIN_BYTES} to ${MAX_BYTES}`,
    );
  }
  checkRedactOptions(redact);
  return Object.freeze({
    content,
    limits: Object.freeze({ ...DEFAULT_CAPTURE_LIMITS, maxBytes }),
    redactor: createRedactor(redact),
  });
}

/**
 * What holds outside `startTracing`. Never throws, for it is asked when the library is loaded: a value of
 * `TRACING_CAPTURE_CONTENT` that is none of the accepted ones keeps content out.
 */
export function defaultCaptureSettings(env: NodeJS.ProcessEnv = process.env): CaptureSettings {
  const variable = contentVariable(env);
  return Object.freeze({
    content: variable === undefined ? true : (SWITCH.get(variable) ?? false),
    limits: DEFAULT_CAPTURE_LIMITS,
    redactor: createRedactor(),
  });
}

function contentFromEnv(env: NodeJS.ProcessEnv): boolean {
  const variable = contentVariable(env);
  if (variable === undefined) return true;
  const content = SWITCH.get(variable);
  if (content !== undefined) return content;
  throw new CaptureOptionError("TRACING_CAPTURE_CONTENT", variable, "true, false, 1 or 0");
}

/** The variable in lower case; an empty one counts as unset. */
function contentVariable(env: NodeJS.ProcessEnv): string | undefined {
  return env.TRACING_CAPTURE_CONTENT?.trim().toLowerCase() || undefined;
}

function checkRedactOptions(redact: RedactOptions): void {
  if (typeof redact !== "object" || redact === null) {
    throw new CaptureOptionError(
      "capture.redact",
      redact,
      "an object with names, patterns and hook; redaction cannot be switched off",
    );
  }
  const { names = [], patterns = [], hook } = redact;
  const isName = (name: unknown) => (typeof name === "string" && name !== "") || name instanceof RegExp;
  if (!Array.isArray(names) || !names.every(isName)) {
    throw new CaptureOptionError("capture.redact.names", names, "an array of names and regular expressions");
  }
  if (!Array.isArray(patterns) || !patterns.every((pattern) => pattern instanceof RegExp)) {
    throw new CaptureOptionError("capture.redact.patterns", patterns, "an array of regular expressions");
  }
  if (hook !== undefined && typeof hook !== "function") {
    throw new CaptureOptionError("capture.redact.hook", hook, "a function from a text to a text");
  }
}
