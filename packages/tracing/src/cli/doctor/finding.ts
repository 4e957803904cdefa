import type { OpenStore } from "../../open-store.ts";
import type { ResolvedOtlpOptions } from "../../otlp/otlp-options.ts";
import type { ResolvedStoreOptions } from "../../tracing-options.ts";
import type { CliIo } from "../io.ts";
import { CATALOGUE, type FindingCode, fillIn, type Values } from "./catalogue.ts";

/** What one check found: a sentence, and what mends it when it is not `ok`. */
export interface Finding {
  check: string;
  status: "ok" | "warn" | "fail";
  /** What it is, for programs; absent when it is `ok`. */
  code?: FindingCode;
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

/** A finding of the catalogue; `values` are what its text leaves open. */
export function found<Code extends FindingCode>(check: string, code: Code, values: Values<Code>): Finding {
  const { status, message, cure } = CATALOGUE[code];
  return { check, status, code, message: fillIn(message, values), cure: fillIn(cure, values) };
}
