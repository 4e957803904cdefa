import { createRedactor, type Redactor } from "./redact.ts";

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
    content: env.TRACING_CAPTURE_CONTENT !== "false",
    limits: DEFAULT_CAPTURE_LIMITS,
    redactor: createRedactor(),
  };
}
