import { describe, expect, it } from "vitest";
import {
  formatAge,
  formatCost,
  formatDuration,
  formatSpan,
  formatTokens,
  oneLine,
} from "../../../src/handlers/admin/figures.ts";

describe("figures", () => {
  it("tells durations as finely as they are worth", () => {
    const read = [null, 0.2, 1, 999.4, 1_234, 12_345, 59_949, 65_000, 7_800_000, 90_000_000].map(
      formatDuration,
    );
    expect(read).toEqual([
      "–",
      "<1 ms",
      "1 ms",
      "999 ms",
      "1.23 s",
      "12.3 s",
      "59.9 s",
      "1 min 5 s",
      "2 h 10 min",
      "1 d 1 h",
    ]);
    expect([-5, 59_999, 60_000, 3_600_000].map(formatSpan)).toEqual(["0 s", "59 s", "1 min", "1 h"]);
    const now = new Date("2026-11-24T10:00:00Z");
    expect(formatAge("2026-11-24T07:10:00Z", now)).toBe("2 h");
  });

  it("tells money and tokens, and never a zero for what is unknown", () => {
    expect([null, "0", "0.0000001", "0.01234567", "0.5", "12.345"].map(formatCost)).toEqual([
      undefined,
      "$0",
      "<$0.000001",
      "$0.0123",
      "$0.5",
      "$12.35",
    ]);
    expect(formatTokens(null, null)).toBeUndefined();
    expect(formatTokens(12_345, null)).toBe("12.3K/–");
  });

  it("puts text of any origin on a line, and cuts between characters", () => {
    expect(oneLine(" a\n\tb\u0000\u202ec\ud800 ", 10)).toBe("a b c");
    expect(oneLine("😀😀😀", 2)).toBe("😀…");
    expect(oneLine("abc", 3)).toBe("abc");
  });
});
