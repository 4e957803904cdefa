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

/**
 * 16 hex digits that failures of one cause share: the span's name, the error's type and its message without the parts
 * that differ from call to call (numbers, ids, quoted values).
 */
export function fingerprintOf(spanName: string, failure: Failure): string {
  const message = (failure.message ?? "").slice(0, 500).split("\n", 1)[0] ?? "";
  const shape = message
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, "?")
    .replace(/\b[0-9a-f]{8,}\b|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, "?")
    .replace(/\d+/g, "?");
  return createHash("sha256")
    .update([spanName, failure.type ?? "", shape].join("\n"))
    .digest("hex")
    .slice(0, 16);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
