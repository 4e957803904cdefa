const DECIMAL = /^(\d{1,12})(?:\.(\d+))?$/;
const MAX_FRACTION_DIGITS = 12;
/** A double is exact to 15 decimal digits; what comes after them is noise. */
const EXACT_DIGITS = 15;

/**
 * An amount as a plain decimal string without exponent, trailing zeros or floating-point noise, at most 12 digits either
 * side of the point; undefined for what is not a non-negative amount.
 */
export function toDecimal(amount: unknown): string | undefined {
  if (typeof amount === "number") return fromNumber(amount);
  if (typeof amount !== "string") return undefined;
  const text = amount.trim();
  const match = DECIMAL.exec(text);
  if (match !== null) return trimmed(match[1] ?? "0", (match[2] ?? "").slice(0, MAX_FRACTION_DIGITS));
  return /^\d+(\.\d+)?e[+-]?\d+$/i.test(text) ? fromNumber(Number(text)) : undefined;
}

function fromNumber(amount: number): string | undefined {
  if (!(amount >= 0 && amount < 1e12)) return undefined;
  const wholeDigits = amount < 1 ? 0 : Math.floor(Math.log10(amount)) + 1;
  const digits = Math.min(MAX_FRACTION_DIGITS, EXACT_DIGITS - wholeDigits);
  const [whole = "0", fraction = ""] = amount.toFixed(digits).split(".");
  return trimmed(whole, fraction);
}

function trimmed(whole: string, fraction: string): string {
  const significant = fraction.replace(/0+$/, "");
  const digits = whole.replace(/^0+(?=\d)/, "");
  return significant === "" ? digits : `${digits}.${significant}`;
}
