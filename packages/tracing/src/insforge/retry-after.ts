/** A backend that asks for more is asked again after this all the same. */
const MAX_RETRY_AFTER_MS = 10 * 60 * 1000;

/**
 * Milliseconds that a `Retry-After` header asks to wait, at most ten minutes; undefined when it is absent or junk.
 *
 * A date counts from the answer's own `Date`, so that the two clocks need not agree.
 * Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function toRetryAfterMs(headers: Headers): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return clamp(Number(value) * 1000);
  const until = toTime(value);
  if (until === undefined) return undefined;
  return clamp(until - (toTime(headers.get("date") ?? "") ?? Date.now()));
}

function toTime(text: string): number | undefined {
  const time = /^[A-Z][a-z]+, .+ GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function clamp(ms: number): number {
  return Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}
