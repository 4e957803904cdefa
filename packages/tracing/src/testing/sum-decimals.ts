/** Records hold at most so many digits after the point. */
const FRACTION_DIGITS = 12;

/** The exact sum of non-negative decimal texts, without trailing zeros; null of none. */
export function sumDecimals(amounts: readonly string[]): string | null {
  if (amounts.length === 0) return null;
  const total = amounts.reduce((sum, amount) => sum + toUnits(amount), 0n);
  const digits = total.toString().padStart(FRACTION_DIGITS + 1, "0");
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0+$/, "");
  const whole = digits.slice(0, -FRACTION_DIGITS);
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

/** Whether one decimal text is less than another, exactly. */
export function isLess(amount: string, limit: string): boolean {
  return toUnits(amount) < toUnits(limit);
}

function toUnits(amount: string): bigint {
  const [whole = "0", fraction = ""] = amount.split(".");
  return BigInt(whole + fraction.padEnd(FRACTION_DIGITS, "0").slice(0, FRACTION_DIGITS));
}
