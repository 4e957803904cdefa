import { type HrTime, type Span, SpanStatusCode } from "@opentelemetry/api";
import { captureText } from "../capture/capture-text.ts";
import { captureValue } from "../capture/capture-value.ts";
import { LOOKAHEAD } from "../capture/redaction/text-window.ts";
import type { CaptureSettings } from "../capture/settings.ts";
import { GENERAL } from "../conventions/attributes.ts";
import { isObject, readMember } from "./quietly.ts";

const MAX_TYPE_BYTES = 256;
const MAX_MESSAGE_BYTES = 8_192;
const MAX_STACK_BYTES = 16_384;
/** How much of a stack is looked at; with so much of it, it is known to be too long. */
const READ_LENGTH = MAX_STACK_BYTES + LOOKAHEAD + 1;
const MAX_CAUSES = 5;

/** Names that say no more than that something failed. */
const GENERIC_NAMES: ReadonlySet<unknown> = new Set(["Error", "error", "Object", "", undefined]);

/**
 * Marks a span as failed: an `exception` event, status ERROR and `error.type`, with redacted texts. Takes whatever can be
 * thrown, and only reads it; `time` is when it was thrown.
 */
export function recordFailure(span: Span, error: unknown, capture: CaptureSettings, time: HrTime): void {
  const text = (value: string, maxBytes: number) => captureText(value, maxBytes, capture.redactor).text;
  const type = text(typeOf(error), MAX_TYPE_BYTES);
  const message = text(messageOf(error, capture), MAX_MESSAGE_BYTES);
  const stack = text(stackOf(error), MAX_STACK_BYTES);
  span.setAttribute(GENERAL.ERROR_TYPE, type);
  const exception = {
    [GENERAL.EXCEPTION_TYPE]: type,
    [GENERAL.EXCEPTION_MESSAGE]: message,
    ...(stack === "" ? {} : { [GENERAL.EXCEPTION_STACKTRACE]: stack }),
  };
  span.addEvent("exception", exception, time);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** The error's own name, else its class, else its code; for what is no error, the type of the value. */
function typeOf(error: unknown): string {
  if (!isObject(error)) return error === null ? "null" : typeof error;
  const className = declaredName(readMember(readMember(error, "constructor"), "name"));
  const names = [readMember(error, "name"), className, readMember(error, "code")];
  const specific = names.find((name) => typeof name === "string" && !GENERIC_NAMES.has(name));
  if (typeof specific === "string") return specific;
  return typeof readMember(error, "message") === "string" ? "Error" : typeof error;
}

/** Compilers that lower classes rename them to `_Name` where a class refers to itself. */
function declaredName(name: unknown): unknown {
  return typeof name === "string" ? name.replace(/^_(?=[A-Z])/, "") : name;
}

function messageOf(error: unknown, { limits, redactor }: CaptureSettings): string {
  if (!isObject(error)) return String(error);
  const message = readMember(error, "message");
  if (typeof message === "string" && message !== "") return message;
  const several = readMember(error, "errors");
  // Node reports a refused connection as an aggregate with an empty message.
  const first = Array.isArray(several) ? readMember(several[0], "message") : undefined;
  if (typeof first === "string" && first !== "") return first;
  if (typeof message === "string") return typeOf(error);
  return captureValue(error, { limits: { ...limits, maxBytes: MAX_MESSAGE_BYTES }, redactor }).json;
}

/**
 * The stack of the error and of the errors that caused it, as far as it is read: more of it than is kept, since what is cut
 * before it is redacted may end in half a secret.
 */
function stackOf(error: unknown): string {
  let stacks = "";
  const seen = new Set<unknown>();
  for (
    let at = error;
    isObject(at) && !seen.has(at) && seen.size < MAX_CAUSES && stacks.length < READ_LENGTH;
    at = readMember(at, "cause")
  ) {
    seen.add(at);
    const stack = readMember(at, "stack");
    if (typeof stack !== "string" || stack === "") continue;
    stacks += `${stacks === "" ? "" : "\nCaused by: "}${stack.slice(0, READ_LENGTH)}`;
  }
  return stacks;
}
