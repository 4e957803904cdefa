import { describe, expect, it } from "vitest";
import { toSafeText } from "../../../src/capture/redaction/safe-text.ts";
import { SECRETS } from "./secrets.ts";

describe("what a backend says", () => {
  it("is one line, of bounded length", () => {
    expect(toSafeText("  failed:\n  row\t7  ")).toBe("failed: row 7");
    expect(toSafeText("x".repeat(1_000_000), 10)).toBe("xxxxxxxxxx...");
  });

  it.each(SECRETS)("repeats no $kind", ({ text, hidden }) => {
    expect(toSafeText(`Failing row contains (1, ${text}, null).`)).not.toContain(hidden);
    expect(toSafeText(`{"details":${JSON.stringify(text)}}`)).not.toContain(hidden);
  });

  it.each(SECRETS)("repeats no half of a $kind where it is cut", ({ text, hidden }) => {
    const start = hidden.slice(0, Math.max(6, Math.floor(hidden.length / 3)));
    // What stands before it is redacted away, so that the end of what is read comes into view.
    const gone = `password=${"x".repeat(380)} `;
    for (let shift = 0; shift < text.length; shift += 5) {
      expect(toSafeText(`${gone.slice(shift)}${text} ${"y ".repeat(9_000)}`, 100)).not.toContain(start);
    }
  });
});
