import type { OpenStore } from "../../open-store.ts";
import type { ResolvedOtlpOptions } from "../../otlp/otlp-options.ts";
import type { ResolvedStoreOptions } from "../../tracing-options.ts";
import type { CliIo } from "../io.ts";

/** What one check found: a sentence, and what mends it when it is not `ok`. */
export interface Finding {
  check: string;
  status: "ok" | "warn" | "fail";
  message: string;
  cure?: string;
}

/** What checks look at. Whatever could not be had is absent, and an earlier finding says why. */
export interface Examination {
  io: CliIo;
  /** Which store is configured. */
  options: ResolvedStoreOptions | undefined;
  /** What settling the configuration failed with. */
  optionsError: unknown;
  store: OpenStore | undefined;
  /** What opening the store failed with. */
  openError: unknown;
  /** Known even when the rest of the configuration is not acceptable. */
  spoolDir: string;
  /** Where the copy for an OTLP backend waits, known as well. */
  otlpSpoolDir: string;
  /** The variable that says no traces are kept; then no store is opened. */
  noStore: string | undefined;
  /** How traces are sent over OTLP; undefined when they are not. */
  otlp: ResolvedOtlpOptions | undefined;
  /** What settling that failed with. */
  otlpError: unknown;
}

/** One check; it throws only for faults of its own, which count as failed. */
export interface Check {
  name: string;
  examine(examination: Examination): Finding[] | Promise<Finding[]>;
}

export function ok(check: string, message: string): Finding {
  return { check, status: "ok", message };
}

export function warn(check: string, message: string, cure: string): Finding {
  return { check, status: "warn", message, cure };
}

export function fail(check: string, message: string, cure: string): Finding {
  return { check, status: "fail", message, cure };
}
