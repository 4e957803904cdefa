import { printable } from "./cell-text.ts";

/** A captured value for reading: text as it is, everything else as JSON, indented when `pretty`. */
export function toText(value: unknown, pretty = false): string {
  if (typeof value === "string") return printable(value);
  return printable(JSON.stringify(value, null, pretty ? 2 : undefined) ?? String(value));
}
