import { createRedactor, type RedactOptions, type Redactor } from "./redact.ts";

/** How much of a value is kept. The walk stops at whichever bound it meets first. */
export interface CaptureLimits {
  /** UTF-8 bytes of JSON a value may take. */
  maxBytes: number;
  maxDepth: number;
  /** Objects, array elements, properties and primitives visited. */
  maxNodes: number;
}

export const DEFAULT_CAPTURE_LIMITS: CaptureLimits = { maxBytes: 50_000, maxDepth: 64, maxNodes: 20_000 };

/** Settled capture behaviour, as the rest of the library uses it. */
export interface CaptureSettings {
  /** Whether inputs, outputs and messages are kept at all. */
  readonly content: boolean;
  readonly limits: CaptureLimits;
  readonly redactor: Redactor;
}

/** What holds outside `startTracing`; `TRACING_CAPTURE_CONTENT=false` switches content off here too. */
export function defaultCaptureSettings(env: NodeJS.ProcessEnv = process.env): CaptureSettings {
  return {
    content: SWITCH[env.TRACING_CAPTURE_CONTENT?.toLowerCase() ?? ""] ?? true,
    limits: DEFAULT_CAPTURE_LIMITS,
    redactor: createRedactor(),
  };
}

/** What a service may say about capture. */
export interface CaptureOptions {
  /** Whether inputs, outputs and messages are kept at all. @default `TRACING_CAPTURE_CONTENT`, else true */
  content?: boolean;
  /** UTF-8 bytes kept of one value. @default 50_000 */
  maxBytes?: number;
  /** What is redacted beside the built-in names and patterns. */
  redact?: RedactOptions;
}

const SWITCH: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false };

/** Settles code, then environment, then defaults. @throws {TypeError} naming the option, what it got and what it takes. */
export function resolveCaptureSettings(
  options: CaptureOptions = {},
  env: NodeJS.ProcessEnv = process.env,
): CaptureSettings {
  const { maxBytes = DEFAULT_CAPTURE_LIMITS.maxBytes } = options;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 256 || maxBytes > 1_000_000) {
    throw new TypeError(
      `capture.maxBytes is ${String(maxBytes)}; accepted: a whole number from 256 to 1000000.`,
    );
  }
  const variable = env.TRACING_CAPTURE_CONTENT || "true";
  const fromEnv = SWITCH[variable.toLowerCase()];
  if (fromEnv === undefined) {
    throw new TypeError(`TRACING_CAPTURE_CONTENT is ${JSON.stringify(variable)}; accepted: true or false.`);
  }
  return {
    content: options.content ?? fromEnv,
    limits: { ...DEFAULT_CAPTURE_LIMITS, maxBytes },
    redactor: createRedactor(options.redact),
  };
}
