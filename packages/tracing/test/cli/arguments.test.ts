import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  readCost,
  readDurationMs,
  readSpanId,
  readTelegramId,
  readTraceReference,
  timeReader,
} from "../../src/cli/arguments.ts";
import { TracingError } from "../../src/core/errors.ts";

const readTime = timeReader(() => new Date("2026-11-24T12:00:00.000Z"));

describe("durations", () => {
  it.each([
    ["500ms", 500],
    ["2s", 2_000],
    ["1.5m", 90_000],
    ["1h", 3_600_000],
    ["7d", 604_800_000],
    ["2w", 1_209_600_000],
    ["0ms", 0],
  ])("reads %s", (text, durationMs) => {
    expect(readDurationMs("--min-duration", text)).toBe(durationMs);
  });

  it.each(["", "2", "s", "-2s", "2 s", "2sec", "1e3s", "NaNs", "Infinitys"])("refuses %j", (text) => {
    expect(() => readDurationMs("--min-duration", text)).toThrow(
      /^--min-duration is ".*"; accepted: .*500ms/,
    );
  });
});

describe("times", () => {
  it.each([
    ["2h", "2026-11-24T10:00:00.000Z"],
    ["7d", "2026-11-17T12:00:00.000Z"],
    ["2026-11-24T09:00Z", "2026-11-24T09:00:00.000Z"],
    ["2026-11-24t09:00:30.5z", "2026-11-24T09:00:30.500Z"],
    ["2026-11-24 09:00+02:00", "2026-11-24T07:00:00.000Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
  ])("reads %s", (text, iso) => {
    expect(readTime("--since", text)).toBe(iso);
  });

  it("takes a time without a zone for local time", () => {
    expect(readTime("--since", "2026-11-24")).toBe(new Date(2026, 10, 24).toISOString());
    expect(readTime("--since", "2026-11-24T09:30")).toBe(new Date(2026, 10, 24, 9, 30).toISOString());
  });

  it.each([
    "yesterday",
    "2026",
    "2026-13-01",
    "2026-02-30",
    "2026-00-10",
    "2026-11-24T25:00Z",
    "24.11.2026",
    "1700000000",
    "-2h",
  ])("refuses %j", (text) => {
    expect(() => readTime("--until", text)).toThrow(/^--until is ".*"; accepted: /);
  });

  it("refuses with an error of its own, whatever it is given", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(new Date(readTime("--since", text)).getTime()).not.toBeNaN();
        } catch (error) {
          expect(error).toBeInstanceOf(TracingError);
        }
      }),
    );
  });
});

describe("other values", () => {
  it("reads costs with and without the sign, as text", () => {
    expect([readCost("--min-cost", "0.05"), readCost("--min-cost", "$1.000000000001")]).toEqual([
      "0.05",
      "1.000000000001",
    ]);
    for (const text of ["", "-1", "1e3", "5 cents", ".5", "€1"])
      expect(() => readCost("--min-cost", text)).toThrow(/--min-cost/);
  });

  it("keeps telegram ids as text, negative ones too", () => {
    expect(readTelegramId("--telegram-id", "-1001234567890123456")).toBe("-1001234567890123456");
    for (const text of ["", "4x", "4.2", "@name"])
      expect(() => readTelegramId("--telegram-id", text)).toThrow(/--telegram-id/);
  });

  it("tells whole trace ids from beginnings and from latest", () => {
    const id = "0AF7651916CD43DD8448EB211C80319C";
    expect(readTraceReference("<trace>", id)).toEqual({ by: "id", traceId: id.toLowerCase() });
    expect(readTraceReference("<trace>", "0af7")).toEqual({ by: "prefix", prefix: "0af7" });
    expect(readTraceReference("<trace>", "latest")).toEqual({ by: "latest" });
    for (const text of ["", "0af", "xyz1", `${id}0`, "--"]) {
      expect(() => readTraceReference("<trace>", text)).toThrow(
        /^<trace> is ".*"; accepted: .*32 hex digits/,
      );
    }
  });

  it("reads span ids and beginnings of them", () => {
    expect(readSpanId("--span", "B7AD6B71")).toBe("b7ad6b71");
    for (const text of ["", "b7a", "b7ad6b71692033310", "zzzz"])
      expect(() => readSpanId("--span", text)).toThrow(/--span/);
  });
});
