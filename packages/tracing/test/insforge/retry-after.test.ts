import { describe, expect, it } from "vitest";
import { toRetryAfterMs } from "../../src/insforge/retry-after.ts";

const ofSeconds = (value: string) => toRetryAfterMs(new Headers({ "retry-after": value }));

describe("Retry-After", () => {
  it.each([
    ["0", 0],
    ["7", 7_000],
    [" 120 ", 120_000],
    ["86400", 600_000],
    ["99999999999999999999999999", 600_000],
  ])("takes %s for seconds, ten minutes at most", (value, ms) => {
    expect(ofSeconds(value)).toBe(ms);
  });

  it.each(["", "soon", "-5", "1.5", "1e3", "0x10", "2026-11-24", "12 monkeys", "Tomorrow GMT", "null"])(
    "ignores %j",
    (value) => {
      expect(ofSeconds(value)).toBeUndefined();
    },
  );

  it("is undefined without the header", () => {
    expect(toRetryAfterMs(new Headers())).toBeUndefined();
  });

  it("counts a date from the answer's own clock", () => {
    const until = (retryAfter: string) =>
      toRetryAfterMs(new Headers({ "retry-after": retryAfter, date: "Tue, 24 Nov 1998 10:00:00 GMT" }));
    expect(until("Tue, 24 Nov 1998 10:00:30 GMT")).toBe(30_000);
    expect(until("Tue, 24 Nov 1998 09:00:00 GMT")).toBe(0);
    expect(until("Fri, 31 Dec 9999 23:59:59 GMT")).toBe(600_000);
    expect(until("Tuesday, 24-Nov-98 10:01:00 GMT")).toBe(60_000);
  });

  it("counts a date from now when the answer has none", () => {
    const ms = ofSeconds(new Date(Date.now() + 60_000).toUTCString());
    expect(ms).toBeGreaterThan(30_000);
    expect(ms).toBeLessThanOrEqual(61_000);
  });
});
