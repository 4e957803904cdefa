/** How numbers and times read for people. Unknown is an en dash, never a zero. */

export const UNKNOWN = "–";

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat("en-US");
const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const cents = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: "USD",
  minimumFractionDigits: 0,
  maximumFractionDigits: 6,
  maximumSignificantDigits: 3,
  roundingPriority: "lessPrecision",
});

export function formatDuration(durationMs: number | null): string {
  if (durationMs === null || !Number.isFinite(durationMs)) return UNKNOWN;
  if (durationMs < 0) return `-${formatDuration(-durationMs)}`;
  if (durationMs < 0.0005) return "0 ms";
  if (durationMs < 9.95) return `${trimZeros(durationMs.toPrecision(2))} ms`;
  if (durationMs < 999.5) return `${Math.round(durationMs)} ms`;
  if (durationMs < 9_995) return `${(durationMs / 1_000).toFixed(2)} s`;
  if (durationMs < 59_950) return `${(durationMs / 1_000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
  const hours = Math.round(minutes / 60);
  return `${whole.format(Math.floor(hours / 24))}d ${two(hours % 24)}h`;
}

export function formatCount(count: number | null): string {
  return count === null ? UNKNOWN : whole.format(count);
}

/** `in/out`, shortened; undefined when neither is known. */
export function formatTokens(inputTokens: number | null, outputTokens: number | null): string | undefined {
  if (inputTokens === null && outputTokens === null) return undefined;
  return `${short(inputTokens)}/${short(outputTokens)}`;
}

/** Dollars from a decimal string, exact however large; undefined when unknown. */
export function formatCost(costUsd: string | null): string | undefined {
  if (costUsd === null) return undefined;
  if (!isDecimal(costUsd)) return costUsd;
  const amount = Number(costUsd);
  if (amount === 0) return "$0";
  if (Math.abs(amount) >= 0.995) return dollars.format(costUsd);
  if (Math.abs(amount) < 0.000_001) return amount > 0 ? "<$0.000001" : ">-$0.000001";
  return cents.format(costUsd);
}

export function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : trimZeros(value.toFixed(1))} ${units[unit]}`;
}

export interface TimeFormat {
  /** IANA name. @default the machine's own */
  timeZone?: string | undefined;
}

/** `2026-11-24 09:18:25`, in local time unless a zone is given. */
export function formatTime(iso: string, { timeZone }: TimeFormat = {}): string {
  const part = timeParts(iso, timeZone);
  return part ? `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}:${part.second}` : iso;
}

/** `11-24 09:18:25`. */
export function formatShortTime(iso: string, { timeZone }: TimeFormat = {}): string {
  const part = timeParts(iso, timeZone);
  return part ? `${part.month}-${part.day} ${part.hour}:${part.minute}:${part.second}` : iso;
}

/** Milliseconds since the epoch with the microseconds that `Date` would drop. */
export function toEpochMs(iso: string): number {
  const fraction = /\.(\d{3})(\d{1,6})/.exec(iso);
  const rest = fraction?.[2];
  return Date.parse(iso) + (rest ? Number(`0.${rest}`) : 0);
}

const zones = new Map<string, Intl.DateTimeFormat>();

function timeParts(iso: string, timeZone: string | undefined): Record<string, string> | undefined {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return undefined;
  const key = timeZone ?? "";
  const zone =
    zones.get(key) ??
    new Intl.DateTimeFormat("en-US", {
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
      ...(timeZone !== undefined && { timeZone }),
    });
  zones.set(key, zone);
  return Object.fromEntries(zone.formatToParts(at).map((part) => [part.type, part.value]));
}

function short(count: number | null): string {
  return count === null ? UNKNOWN : compact.format(count);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function trimZeros(fixed: string): string {
  return fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
}

function isDecimal(text: string): text is `${number}` {
  return /^-?\d+(?:\.\d+)?$/.test(text);
}
