import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cellWidth, oneLine, padCells, printable, truncateCells } from "../../src/render/cell-text.ts";
import {
  formatBytes,
  formatCost,
  formatDuration,
  formatTime,
  formatTokens,
  toEpochMs,
} from "../../src/render/format.ts";

describe("formatDuration", () => {
  it.each([
    [null, "–"],
    [0, "0 ms"],
    [0.001, "0.001 ms"],
    [0.42, "0.42 ms"],
    [4.25, "4.3 ms"],
    [9.96, "10 ms"],
    [123.4, "123 ms"],
    [999.6, "1.00 s"],
    [4_210, "4.21 s"],
    [9_999, "10.0 s"],
    [59_949, "59.9 s"],
    [59_960, "1m 00s"],
    [125_000, "2m 05s"],
    [3_599_600, "1h 00m"],
    [3_720_000, "1h 02m"],
    [86_399_000, "1d 00h"],
    [273_600_000, "3d 04h"],
    [-5, "-5 ms"],
    [Number.NaN, "–"],
  ])("reads %s ms as %s", (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});

describe("formatCost", () => {
  it.each([
    [null, undefined],
    ["0", "$0"],
    ["0.000000", "$0"],
    ["0.0000004", "<$0.000001"],
    ["0.000012345", "$0.000012"],
    ["0.012345", "$0.0123"],
    ["0.5", "$0.5"],
    ["0.999", "$1.00"],
    ["12.5", "$12.50"],
    ["123456789012345678.994", "$123,456,789,012,345,678.99"],
    ["a lot", "a lot"],
  ])("reads %s as %s", (costUsd, text) => {
    expect(formatCost(costUsd)).toBe(text);
  });
});

describe("counts, sizes and times", () => {
  it("tells unknown tokens from none", () => {
    expect(formatTokens(null, null)).toBeUndefined();
    expect(formatTokens(0, 0)).toBe("0/0");
    expect(formatTokens(1_234, null)).toBe("1.23K/–");
  });

  it("keeps three digits of a size", () => {
    expect([0, 999, 1_500, 999_600, 512_000_000].map(formatBytes)).toEqual([
      "0 B",
      "999 B",
      "1.5 KB",
      "1 MB",
      "512 MB",
    ]);
  });

  it("tells times in the zone asked for", () => {
    expect(formatTime("2026-11-24T23:30:00.123456Z", { timeZone: "Asia/Tokyo" })).toBe("2026-11-25 08:30:00");
    expect(formatTime("soon")).toBe("soon");
  });

  it("keeps the microseconds of a time", () => {
    expect(toEpochMs("2026-11-24T09:00:00.000250Z") - toEpochMs("2026-11-24T09:00:00.000000Z")).toBeCloseTo(
      0.25,
      3,
    );
  });
});

describe("text in cells", () => {
  it("measures wide, combining and emoji text as terminals do", () => {
    expect(["abc", "日本", "e\u0301", "👩‍👩‍👧‍👦", "…", "—", ""].map(cellWidth)).toEqual([
      3, 4, 1, 2, 1, 1, 0,
    ]);
  });

  it("cuts between characters, never through one", () => {
    expect(truncateCells("日本語", 6)).toBe("日本語");
    expect(truncateCells("日本語", 5)).toBe("日本…");
    expect(truncateCells("日本語", 4)).toBe("日…");
    expect(truncateCells("abc", 0)).toBe("");
  });

  it("fits any text into any width", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(30), (text, width) => {
        const line = oneLine(text);
        const cut = truncateCells(line, width);
        expect(cellWidth(cut)).toBeLessThanOrEqual(width);
        if (cellWidth(line) <= width) expect(cut).toBe(line);
        expect(cellWidth(padCells(cut, width))).toBe(width);
      }),
    );
  });

  it("leaves no control character in any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/[^\P{Cc}\n\t]|\p{Cs}/u);
        expect(oneLine(text)).not.toMatch(/\p{Cc}|\p{Cs}/u);
      }),
    );
  });
});
