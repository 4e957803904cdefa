/** Stretches of a text, as `[start, end)` offsets one after the other: start, end, start, end. */
export type Ranges = number[];

/** What stands in a secret's place. */
export const REDACTED = "[redacted]";

/** The text with {@link REDACTED} in place of every range; ranges may overlap and come in any order. */
export function redactRanges(text: string, ranges: Ranges): string {
  const order: [number, number][] = [];
  for (let index = 0; index + 1 < ranges.length; index += 2) {
    order.push([ranges[index] as number, ranges[index + 1] as number]);
  }
  order.sort((a, b) => a[0] - b[0]);
  let result = "";
  let done = 0;
  for (const [start, end] of order) {
    if (end <= done) continue;
    // A range that touches the one before it belongs to the same secret.
    if (start > done || done === 0) result += text.slice(done, start) + REDACTED;
    done = end;
  }
  return result + text.slice(done);
}
