import type { Redactor } from "./redaction/redact.ts";
import type { CaptureLimits } from "./settings.ts";
import { Walk } from "./walk.ts";

/** What is kept of a value. */
export interface Captured {
  /** Always valid JSON of at most `maxBytes` UTF-8 bytes, redacted; what was cut says so inside. */
  json: string;
  truncated: boolean;
  /** Bytes of a text or buffer that was cut, where telling them costs nothing. */
  originalBytes?: number;
}

/** What the walk over a value needs to know; part of `CaptureSettings`. */
export interface WalkSettings {
  readonly limits: CaptureLimits;
  readonly redactor: Redactor;
}

/** Texts longer than this are not measured. */
const MEASURED_LENGTH = 1_000_000;

/**
 * A snapshot of any value as JSON, redacted and bounded while it is taken: the cost depends on the limits, not on the
 * value. Never throws, whatever getters, proxies and `toJSON` do.
 *
 * Plain JSON data within the limits comes out as `JSON.stringify` would have it. A getter is read at most once;
 * iterators, promises and streams are left alone.
 */
export function captureValue(value: unknown, settings: WalkSettings): Captured {
  return settle(value, settings, (walk) => walk.value(value));
}

/** What a function was given: the argument itself when there is just one, else the array of them. */
export function captureArguments(args: readonly unknown[], settings: WalkSettings): Captured {
  return captureValue(args.length === 1 ? args[0] : args, settings);
}

/**
 * The JSON text of an object with the attributes, redacted by name and by text, without those that `skip` names.
 * Bounded like any value.
 */
export function captureAttributes(
  attributes: Readonly<Record<string, unknown>>,
  settings: WalkSettings,
  skip?: (name: string) => boolean,
): string {
  const { json } = settle(attributes, settings, (walk) => walk.members(attributes, skip));
  return json.startsWith("{") ? json : "{}";
}

function settle(value: unknown, settings: WalkSettings, run: (walk: Walk) => void): Captured {
  const walk = new Walk(settings.limits, settings.redactor);
  try {
    run(walk);
  } catch {
    // The walk guards every step into foreign code; what is left is a stack with no room for it.
    return { json: '"[not captured]"', truncated: true };
  }
  if (!walk.truncated) return { json: walk.json, truncated: false };
  const originalBytes = sizeOf(value);
  return originalBytes === undefined
    ? { json: walk.json, truncated: true }
    : { json: walk.json, truncated: true, originalBytes };
}

function sizeOf(value: unknown): number | undefined {
  if (typeof value === "string") {
    return value.length <= MEASURED_LENGTH ? Buffer.byteLength(value) : undefined;
  }
  try {
    return ArrayBuffer.isView(value) ? value.byteLength : undefined;
  } catch {
    return undefined;
  }
}
