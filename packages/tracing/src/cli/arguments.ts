import { invalidOption } from "../core/errors.ts";
import { isCursor } from "../store/filters.ts";

/** Readers of option values: each takes the flag's name and its text, and throws what names both. */

export type ArgumentReader<T> = (flag: string, text: string) => T;

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const DURATION = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d|w)$/;
const ISO_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** `500ms`, `2s`, `1.5m` in milliseconds. */
export function readDurationMs(flag: string, text: string): number {
  const durationMs = toDurationMs(text);
  if (durationMs === undefined) {
    throw invalidOption(flag, text, "a number with a unit (ms, s, m, h, d, w), for example 500ms or 2s");
  }
  return durationMs;
}

/** A point in time as ISO 8601 UTC: so long before `now`, or a date with or without a time, local unless it names a zone. */
export function timeReader(now: () => Date): ArgumentReader<string> {
  return (flag, text) => {
    const agoMs = toDurationMs(text);
    const at = agoMs === undefined ? toDate(text) : new Date(now().getTime() - agoMs);
    if (at === undefined || Number.isNaN(at.getTime())) {
      throw invalidOption(
        flag,
        text,
        "an age such as 2h or 7d, or an ISO 8601 time such as 2026-11-24T09:00Z",
      );
    }
    return at.toISOString();
  };
}

export function countReader(min: number, max: number): ArgumentReader<number> {
  return (flag, text) => {
    const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(count >= min && count <= max))
      throw invalidOption(flag, text, `a whole number from ${min} to ${max}`);
    return count;
  };
}

export function choiceReader<const T extends string>(choices: readonly T[]): ArgumentReader<T> {
  return (flag, text) => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice === undefined) throw invalidOption(flag, text, choices.join(", "));
    return choice;
  };
}

/** Dollars as a decimal string, with or without the sign. */
export function readCost(flag: string, text: string): string {
  const amount = /^\$?(\d{1,12}(?:\.\d{1,12})?)$/.exec(text)?.[1];
  if (amount === undefined)
    throw invalidOption(flag, text, "US dollars as a decimal number, for example 0.05");
  return amount;
}

export function readText(flag: string, text: string): string {
  if (text.trim() === "") throw invalidOption(flag, text, "a text that is not empty");
  return text;
}

/** A page's `nextCursor`. */
export function readCursor(flag: string, text: string): string {
  if (isCursor(text)) return text;
  throw invalidOption(flag, text, "the cursor that an earlier list ended with");
}

/** An address with one of these protocols. What might hold a password is not repeated. */
export function urlReader(protocols: readonly string[]): ArgumentReader<string> {
  const accepted = `an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`;
  return (flag, text) => {
    if (!URL.canParse(text)) throw invalidOption(flag, text.includes("@") ? "(not shown)" : text, accepted);
    const { protocol } = new URL(text);
    if (!protocols.includes(protocol)) throw invalidOption(flag, `${protocol}//...`, accepted);
    return text;
  };
}

/** A Telegram id; chats have negative ones. */
export function readTelegramId(flag: string, text: string): string {
  if (!/^-?\d{1,19}$/.test(text))
    throw invalidOption(flag, text, "a Telegram id, digits only, for example 42");
  return text;
}

/** 16 hex digits, or the first of them. */
export function readSpanId(flag: string, text: string): string {
  if (!/^[0-9a-f]{4,16}$/i.test(text)) {
    throw invalidOption(flag, text, "a span id of 16 hex digits, or at least its first 4");
  }
  return text.toLowerCase();
}

/** Which trace is meant: a whole id, the beginning of one, or the newest. */
export type TraceReference =
  | { by: "id"; traceId: string }
  | { by: "prefix"; prefix: string }
  | { by: "latest" };

export function readTraceReference(argument: string, text: string): TraceReference {
  const digits = text.toLowerCase();
  if (digits === "latest") return { by: "latest" };
  if (/^[0-9a-f]{32}$/.test(digits)) return { by: "id", traceId: digits };
  if (/^[0-9a-f]{4,31}$/.test(digits)) return { by: "prefix", prefix: digits };
  throw invalidOption(argument, text, "a trace id of 32 hex digits, at least its first 4, or latest");
}

function toDurationMs(text: string): number | undefined {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  const unitMs = unit === undefined ? undefined : UNIT_MS[unit];
  return amount === undefined || unitMs === undefined ? undefined : Number(amount) * unitMs;
}

function toDate(text: string): Date | undefined {
  const [, year, month, day, hour, minute, second] = ISO_TIME.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  // Date.parse would roll 30 February over into March.
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1) return undefined;
  if (Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return undefined;
  if (Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return undefined;
  const time = hour === undefined ? "00:00" : text.slice(11);
  return new Date(`${year}-${month}-${day}T${time}`.toUpperCase());
}
