import { createHash } from "node:crypto";
import { SpanStatusCode } from "@opentelemetry/api";
import { GENERAL } from "../conventions/attributes.ts";
import type { ReadableSpanLike } from "./readable-span.ts";

/** What a failed span says about its error. */
export interface Failure {
  type: string | null;
  message: string | null;
  stack: string | null;
}

/** The error of a span that ended in failure: its last exception event, else its status and `error.type`. */
export function failureOf(span: ReadableSpanLike): Failure | undefined {
  if (span.status.code !== SpanStatusCode.ERROR) return undefined;
  const exception = span.events.findLast((event) => event.name === "exception")?.attributes ?? {};
  return {
    type: textOf(span.attributes[GENERAL.ERROR_TYPE]) ?? textOf(exception[GENERAL.EXCEPTION_TYPE]),
    message: textOf(exception[GENERAL.EXCEPTION_MESSAGE]) ?? textOf(span.status.message),
    stack: textOf(exception[GENERAL.EXCEPTION_STACKTRACE]),
  };
}

/** Quoted values. An apostrophe inside a word opens none, and a quote that was cut off closes at the end. */
const QUOTED = /"[^"]*(?:"|$)|`[^`]*(?:`|$)|(?<![\p{L}\p{N}])'[^']*(?:'|$)/gu;
/** Numbers, ids, addresses: runs without a space that have a digit in them, or are hexadecimal and long. */
const VARYING = /[\w-]*\d[\w-]*|\b[0-9a-f]{8,}\b/gi;
const MAX_SHAPED_LENGTH = 2_000;

/**
 * 16 hex digits that failures of one cause share: the span's name, the error's type and the first line of its message
 * without the parts that differ from call to call (numbers, ids, quoted values).
 */
export function fingerprintOf(spanName: string, failure: Failure): string {
  const [line = ""] = (failure.message ?? "").slice(0, MAX_SHAPED_LENGTH).split("\n", 1);
  const shape = line.replace(QUOTED, "?").replace(VARYING, "?");
  return createHash("sha256")
    .update([spanName, failure.type ?? "", shape].join("\n"))
    .digest("hex")
    .slice(0, 16);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
