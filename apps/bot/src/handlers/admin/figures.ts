/** How numbers and times read in a chat. Unknown is an en dash, never a zero. */
const UNKNOWN = "–";

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat("en-US");
const dollars = new Intl.NumberFormat("en-US", { maximumFractionDigits: 6, maximumSignificantDigits: 3 });

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `123 ms`, `1.23 s`, `12.3 s`, then as `formatSpan`. */
export function formatDuration(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  if (ms < 1) return "<1 ms";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / SECOND).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / SECOND).toFixed(1)} s`;
  return formatSpan(ms);
}

/** The two largest units: `45 s`, `3 min 5 s`, `2 h 10 min`, `4 d 1 h`. */
export function formatSpan(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(Math.max(0, ms) / SECOND)} s`;
  if (ms < HOUR) return inTwo(ms, [MINUTE, "min"], [SECOND, "s"]);
  if (ms < DAY) return inTwo(ms, [HOUR, "h"], [MINUTE, "min"]);
  return inTwo(ms, [DAY, "d"], [HOUR, "h"]);
}

/** The largest unit alone, of the time since then: `45 s`, `3 min`, `2 h`, `4 d`. */
export function formatAge(since: Date | string, now: Date = new Date()): string {
  const [amount = "", unit = ""] = formatSpan(now.getTime() - new Date(since).getTime()).split(" ");
  return `${amount} ${unit}`;
}

/** `2026-11-24 09:18:25 UTC`. */
export function formatTime(iso: string): string {
  return `${new Date(iso).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

export function formatCount(count: number): string {
  return whole.format(count);
}

/** `1 run`, `2 runs`. */
export function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;
}

/** `in/out`, shortened; undefined when neither is known. */
export function formatTokens(inputTokens: number | null, outputTokens: number | null): string | undefined {
  if (inputTokens === null && outputTokens === null) return undefined;
  return [inputTokens, outputTokens]
    .map((count) => (count === null ? UNKNOWN : compact.format(count)))
    .join("/");
}

/** From a decimal string in US dollars; undefined when unknown. */
export function formatCost(costUsd: string | null): string | undefined {
  if (costUsd === null) return undefined;
  const amount = Number(costUsd);
  if (amount === 0) return "$0";
  if (amount >= 1) return `$${amount.toFixed(2)}`;
  return amount < 0.000_001 ? "<$0.000001" : `$${dollars.format(amount)}`;
}

export function formatMegabytes(bytes: number): string {
  return `${whole.format(Math.round(bytes / 1_000_000))} MB`;
}

/** Text of any origin on a line of its own, at most so many characters of it; what was cut ends in an ellipsis. */
export function oneLine(text: string, maxLength: number): string {
  const characters = Array.from(text.replace(/[\p{C}\s]+/gu, " ").trim());
  if (characters.length <= maxLength) return characters.join("");
  return `${characters.slice(0, Math.max(maxLength - 1, 0)).join("")}…`;
}

function inTwo(
  ms: number,
  [large, largeName]: [number, string],
  [small, smallName]: [number, string],
): string {
  const rest = Math.floor((ms % large) / small);
  const first = `${Math.floor(ms / large)} ${largeName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}
