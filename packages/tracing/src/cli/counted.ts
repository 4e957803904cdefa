import { formatCount } from "../render/format.ts";

/** `1 span`, `2 spans`. */
export function count(amount: number, what: string): string {
  return `${formatCount(amount)} ${what}${amount === 1 ? "" : "s"}`;
}
