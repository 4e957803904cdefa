import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { captureText } from "../../src/capture/capture-text.ts";
import { createRedactor } from "../../src/capture/redaction/redact.ts";

const redactor = createRedactor();

describe("captureText", () => {
  it("keeps a text that fits", () => {
    expect(captureText("größer 😀", 13, redactor)).toEqual({ text: "größer 😀", truncated: false });
  });

  it("cuts between characters and says so", () => {
    expect(captureText("😀".repeat(10), 20, redactor)).toEqual({ text: "😀😀😀😀…", truncated: true });
    expect(captureText("x".repeat(100_000_000), 512, redactor).text).toBe(`${"x".repeat(509)}…`);
  });

  it("makes text that Postgres takes", () => {
    expect(captureText("a\0b\ud800c\udc00", 100, redactor).text).toBe("a␀b\ufffdc\ufffd");
  });

  it("redacts before it cuts", () => {
    expect(captureText("login with password=hunter2 failed", 30, redactor).text).toBe(
      "login with password=[redact…",
    );
  });

  it("stays within its bytes, well-formed and without NUL, whatever the text", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.string({ unit: "grapheme", maxLength: 200 }),
    );
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 300 }), (value, maxBytes) => {
        const result = captureText(value, maxBytes, redactor);
        expect(Buffer.byteLength(result.text)).toBeLessThanOrEqual(maxBytes);
        expect(result.text.isWellFormed()).toBe(true);
        expect(result.text).not.toContain("\0");
        if (!result.truncated) expect(result.text.length).toBe(redactor.text(value).length);
      }),
      { numRuns: 2_000 },
    );
  });
});
