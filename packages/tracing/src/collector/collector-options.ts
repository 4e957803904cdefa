import { type CaptureSettings, defaultCaptureSettings } from "../capture/settings.ts";
import { invalidOption, requireKnownOptions } from "../core/errors.ts";
import { harmless, type Logger, stderrLogger } from "./logger.ts";
import type { RecordExporter } from "./record-exporter.ts";
import { type ResolvedSampling, resolveSampling, type SamplingOptions } from "./sampling.ts";

/** What a {@link TraceCollector} needs and can be told. */
export interface TraceCollectorOptions {
  /** Where records go: an `InsForgeSpanExporter`, or anything with its `send`. */
  exporter: RecordExporter;
  /** Root directory of the spool; several processes may share it. */
  spoolDir: string;
  /** Records a batch holds at most. @default 512 */
  maxBatchRecords?: number;
  /** UTF-8 bytes a batch holds at most. @default 4 MiB */
  maxBatchBytes?: number;
  /** Batches on their way at the same time. @default 4 */
  maxInFlight?: number;
  /** Milliseconds a record waits for company before it is sent. @default 200 */
  lingerMs?: number;
  /** Milliseconds of the first wait after a failure; doubles up to `maxBackoffMs`. @default 1_000 */
  minBackoffMs?: number;
  /** @default 60_000 */
  maxBackoffMs?: number;
  /** Bytes the spool may take on disk; past it the oldest segment is dropped and counted. @default 512 MiB */
  maxSpoolBytes?: number;
  /** `interval` survives the process, and power loss up to 500 ms; `always` survives both. @default "interval" */
  fsync?: "interval" | "always";
  /** Milliseconds `stop()` tries to deliver before it leaves the rest for the next start. @default 5_000 */
  shutdownTimeoutMs?: number;
  /** Milliseconds `forceFlush()` waits at most. @default 5_000 */
  flushTimeoutMs?: number;
  /**
   * Which traces are kept, decided when a trace ends; spans of others count as `sampledOut`. A trace outside of `ratio`
   * shows from its end on, or from its first failed span, and a killed process takes what it knew of it along.
   * @default all of them
   */
  sampling?: SamplingOptions;
  /** How content is bounded and redacted. @default 50 KB a value, built-in redaction */
  capture?: CaptureSettings;
  /** @default lines on standard error */
  logger?: Logger;
}

export type ResolvedCollectorOptions = Readonly<Required<Omit<TraceCollectorOptions, "sampling">>> & {
  readonly sampling: ResolvedSampling | undefined;
};

const COUNTS = ["maxBatchRecords", "maxBatchBytes", "maxInFlight", "maxSpoolBytes"] as const;
const DURATIONS = [
  "lingerMs",
  "minBackoffMs",
  "maxBackoffMs",
  "shutdownTimeoutMs",
  "flushTimeoutMs",
] as const;
/** The names of the options that say how much is buffered and how it is delivered. */
export const DELIVERY_OPTIONS = [...COUNTS, ...DURATIONS, "fsync"] as const;
const OPTIONS: readonly (keyof TraceCollectorOptions)[] = [
  "exporter",
  "spoolDir",
  ...DELIVERY_OPTIONS,
  "sampling",
  "capture",
  "logger",
];

/** The longest that a timer of Node's takes; a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Fills in defaults. @throws {TracingError} `invalid-option`, naming the option, what it got and what it takes. */
export function resolveCollectorOptions(options: TraceCollectorOptions): ResolvedCollectorOptions {
  if (typeof options !== "object" || options === null) throw invalidOption("options", options, "an object");
  requireKnownOptions("", options, OPTIONS);
  const resolved = {
    exporter: options.exporter,
    spoolDir: options.spoolDir,
    maxBatchRecords: options.maxBatchRecords ?? 512,
    maxBatchBytes: options.maxBatchBytes ?? 4 * 1024 * 1024,
    maxInFlight: options.maxInFlight ?? 4,
    lingerMs: options.lingerMs ?? 200,
    minBackoffMs: options.minBackoffMs ?? 1_000,
    maxBackoffMs: options.maxBackoffMs ?? 60_000,
    maxSpoolBytes: options.maxSpoolBytes ?? 512 * 1024 * 1024,
    fsync: options.fsync ?? "interval",
    shutdownTimeoutMs: options.shutdownTimeoutMs ?? 5_000,
    flushTimeoutMs: options.flushTimeoutMs ?? 5_000,
    sampling: options.sampling && resolveSampling(options.sampling),
    capture: options.capture ?? defaultCaptureSettings(),
    logger: harmless(options.logger ?? stderrLogger),
  } as const;
  if (typeof resolved.exporter?.send !== "function") {
    const accepted = "an exporter with send(records), such as InsForgeSpanExporter";
    throw invalidOption("exporter", resolved.exporter, accepted);
  }
  if (typeof resolved.spoolDir !== "string" || resolved.spoolDir === "" || resolved.spoolDir.includes("\0")) {
    throw invalidOption("spoolDir", resolved.spoolDir, "the path of a directory");
  }
  if (resolved.fsync !== "interval" && resolved.fsync !== "always") {
    throw invalidOption("fsync", resolved.fsync, '"interval" or "always"');
  }
  for (const name of COUNTS) requireWhole(name, resolved[name], 1, Number.MAX_SAFE_INTEGER);
  for (const name of DURATIONS) requireWhole(name, resolved[name], 0, LONGEST_MS);
  if (resolved.minBackoffMs > resolved.maxBackoffMs) {
    throw invalidOption(
      "minBackoffMs",
      resolved.minBackoffMs,
      `at most maxBackoffMs, ${resolved.maxBackoffMs}`,
    );
  }
  return Object.freeze(resolved);
}

function requireWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw invalidOption(name, value, `a whole number from ${least} to ${most}`);
}
