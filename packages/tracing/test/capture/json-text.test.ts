import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutForJson, toJsonText } from "../../src/capture/json-text.ts";

const unit = fc.constantFrom("a", '"', "\\", "\n", "\0", "é", "€", "😀", "\ud83d", "\ude00");
const text = fc
  .tuple(fc.array(unit, { maxLength: 40 }), fc.integer({ min: 1, max: 200 }))
  .map(([units, times]) => units.join("").repeat(times));

describe("toJsonText", () => {
  it("is JSON.stringify, measured", () => {
    fc.assert(
      fc.property(text, (value) => {
        const json = JSON.stringify(value);
        expect(toJsonText(value)).toEqual({ json, bytes: Buffer.byteLength(json) });
      }),
    );
  });
});

describe("cutForJson", () => {
  it("splits no pair behind a lone surrogate, wherever they stand", () => {
    for (let before = 1_000; before < 1_050; before++) {
      const value = `${"x".repeat(before)}\ud83d😀${"y".repeat(100)}`;
      expect(cutForJson(value, before + 6 + 3)).toBe(`${"x".repeat(before)}\ud83d`);
      expect(cutForJson(value, before + 6 + 4)).toBe(`${"x".repeat(before)}\ud83d😀`);
    }
  });

  it("is the longest beginning that fits and splits no character", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 12_000 }), (value, maxBytes) => {
        const kept = cutForJson(value, maxBytes);
        expect(value.startsWith(kept)).toBe(true);
        expect(toJsonText(kept).bytes - 2).toBeLessThanOrEqual(maxBytes);
        if (kept === value) return;
        const next = String.fromCodePoint(value.codePointAt(kept.length) ?? 0);
        expect(toJsonText(kept + next).bytes - 2).toBeGreaterThan(maxBytes);
        expect(value.slice(0, kept.length + next.length)).toBe(kept + next);
      }),
      { numRuns: 1_000 },
    );
  });
});
