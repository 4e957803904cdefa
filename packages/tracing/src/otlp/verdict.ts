import { toSafeText } from "../capture/redaction/safe-text.ts";
import type { Outcome } from "../collector/record-exporter.ts";
import type { HttpAnswer } from "./http-post.ts";

/** A receiver that asks for more is asked again after this all the same. */
const MAX_RETRY_AFTER_MS = 10 * 60 * 1000;

/** Statuses by which a receiver says "not now"; the batch has no part in them. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504]);
/** Statuses about the address, the protocol or a proxy, not about the spans. */
const ABOUT_THE_ADDRESS: ReadonlySet<number> = new Set([402, 404, 405, 406, 407, 410, 415, 421, 426]);
const CHECK_ADDRESS = "Check OTEL_EXPORTER_OTLP_ENDPOINT and what stands on the way to it.";
const CHECK_KEY = "Check the key in OTEL_EXPORTER_OTLP_HEADERS.";

/**
 * What an answer means for the batch it answers.
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response. Beyond it, what says nothing about the spans
 * never costs one: wrong addresses and web pages of something in between are waited out.
 */
export function judge({ status, headers, body }: HttpAnswer): Outcome {
  if (status >= 200 && status < 300) return { status: "stored" };
  const page = /^text\/html/i.test(headers["content-type"] ?? "");
  const said = page ? "" : toMessage(body);
  const reason = `The OTLP endpoint answers ${status}${said && `: ${said.replace(/[.:]$/, "")}`}.`;
  if (status === 413 || /body too large|entity too large|larger than max/i.test(said)) {
    return { status: "too-large", reason };
  }
  if (status === 401 || status === 403) return { status: "unauthorized", reason: `${reason} ${CHECK_KEY}` };
  if (LATER.has(status)) return { status: "retry", reason, ...retryAfter(headers) };
  if (status >= 500) return { status: "retry", reason, server: true, ...retryAfter(headers) };
  if (page || status < 400 || ABOUT_THE_ADDRESS.has(status)) {
    return { status: "retry", reason: `${reason} ${CHECK_ADDRESS}` };
  }
  return { status: "rejected", reason };
}

/** What a request that got no answer means. */
export function judgeFailure(error: unknown): Outcome {
  return { status: "retry", reason: `The OTLP endpoint does not answer: ${toSafeText(reasonOf(error))}` };
}

/** The message of a `google.rpc.Status`, which is JSON, or protobuf with the message as the only long text in it. */
function toMessage(body: Buffer): string {
  const text = body.subarray(0, 8_192).toString("utf8");
  const json = /"message"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
  if (json) return toSafeText(parseText(json));
  return toSafeText(text.replace(/[^\x20-\x7e\u00a0-\ufffc]+/g, " "));
}

function parseText(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return json;
  }
}

/**
 * Milliseconds that `Retry-After` asks for, in seconds or as a date, which counts from the answer's own `Date`.
 * Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
function retryAfter(headers: HttpAnswer["headers"]): { afterMs?: number } {
  const value = headers["retry-after"]?.trim() ?? "";
  if (/^\d+$/.test(value)) return { afterMs: Math.min(Number(value) * 1000, MAX_RETRY_AFTER_MS) };
  const until = /^[A-Z][a-z]+, .+ GMT$/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(until)) return {};
  const answered = Date.parse(headers.date ?? "");
  const ms = until - (Number.isNaN(answered) ? Date.now() : answered);
  return { afterMs: Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS) };
}

/** A failed connection to a name with several addresses has a code and no message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ("code" in error ? String(error.code) : error.name);
}
