import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatMicros, hrTimeNow, startBelow, toMicros } from "../../src/record/time.ts";

const EARLIEST = Date.UTC(2000, 0, 1) * 1000;
const LATEST = Date.UTC(2100, 0, 1) * 1000 - 1;

describe("a time in a record", () => {
  it("has exactly six digits of fraction and says the same microsecond", () => {
    fc.assert(
      fc.property(fc.integer({ min: EARLIEST, max: LATEST }), (micros) => {
        const text = formatMicros(micros);
        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
        const millis = Date.parse(`${text.slice(0, 23)}Z`);
        expect(millis * 1000 + Number(text.slice(23, 26))).toBe(micros);
      }),
    );
  });

  it("drops nanoseconds, so that storing it rounds nothing", () => {
    expect(formatMicros(toMicros([1_800_000_000, 123_456_999]).micros)).toMatch(/\.123456Z$/);
  });

  it("lies between 2000 and 2100, whatever clock or caller say", () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), (seconds, nanos) => {
        const { micros, clamped } = toMicros([seconds, nanos]);
        expect(micros).toBeGreaterThanOrEqual(EARLIEST);
        expect(micros).toBeLessThanOrEqual(LATEST);
        const exact = Math.floor(seconds * 1_000_000 + Math.floor(nanos / 1000));
        if (!clamped) expect(micros).toBe(exact);
      }),
    );
  });

  it("of a start is the parent's, when another SDK's clock has it a little before that", () => {
    const parent: [number, number] = [1_800_000_000, 21_700_000];
    expect(startBelow(parent, [1_800_000_000, 21_000_000])).toEqual(parent);
    for (const start of [21_700_000, 21_800_000, 11_500_000]) {
      expect(startBelow(parent, [1_800_000_000, start])).toEqual([1_800_000_000, start]);
    }
    expect(startBelow(undefined, parent)).toEqual(parent);
  });

  it("now is now, and not before what started in the same millisecond", () => {
    const before = Date.now();
    const { micros, clamped } = toMicros(hrTimeNow());
    expect(Math.floor(micros / 1000)).toBeGreaterThanOrEqual(before);
    expect(Math.floor(micros / 1000)).toBeLessThanOrEqual(Date.now());
    expect(clamped).toBe(false);
    expect(micros % 1000).toBe(999);
  });
});
