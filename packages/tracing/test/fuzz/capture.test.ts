import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Captured, captureValue } from "../../src/capture/capture-value.ts";
import { createRedactor } from "../../src/capture/redaction/redact.ts";
import { type CaptureLimits, DEFAULT_CAPTURE_LIMITS } from "../../src/capture/settings.ts";
import { PROPERTY_TIMEOUT_MS, runs } from "../support/property-runs.ts";
import { endless } from "./endless.ts";
import { difference } from "./kept.ts";
import { specimen } from "./specimens.ts";

const redactor = createRedactor();
const limits: fc.Arbitrary<CaptureLimits> = fc.record({
  maxBytes: fc.integer({ min: 256, max: 4_000 }),
  maxDepth: fc.integer({ min: 1, max: 8 }),
  maxNodes: fc.integer({ min: 1, max: 200 }),
});

function capture(value: unknown, limits: CaptureLimits = DEFAULT_CAPTURE_LIMITS): Captured {
  return captureValue(value, { redactor, limits });
}

describe("capture of any value", () => {
  it("keeps it in a faithful form, and is valid JSON", { timeout: PROPERTY_TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(specimen, ({ value, kept }) => {
        const { json, truncated } = capture(value);
        expect(json.isWellFormed()).toBe(true);
        expect(difference(JSON.parse(json), kept, truncated)).toBeUndefined();
      }),
      runs(1_500),
    );
  });

  it("stays within the bytes whatever they are; what is there is right, and what is missing is said to be", {
    timeout: PROPERTY_TIMEOUT_MS,
  }, () => {
    fc.assert(
      fc.property(specimen, limits, ({ value, kept }, limits) => {
        const { json, truncated } = capture(value, limits);
        expect(Buffer.byteLength(json)).toBeLessThanOrEqual(limits.maxBytes);
        expect(difference(JSON.parse(json), kept, truncated)).toBeUndefined();
      }),
      runs(1_500),
    );
  });

  it("reads no more of it than its limits, however much there is", { timeout: PROPERTY_TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(endless, limits, ({ make, widest }, limits) => {
        const { value, steps } = make(8 * limits.maxNodes + widest);
        const { json } = capture(value, limits);
        expect(Buffer.byteLength(json)).toBeLessThanOrEqual(limits.maxBytes);
        expect(() => JSON.parse(json)).not.toThrow();
        expect(steps.reads, "members read").toBeLessThanOrEqual(3 * limits.maxNodes + 3);
        expect(steps.keys, "keys told").toBeLessThanOrEqual(2 * limits.maxNodes + 3 * widest);
      }),
      runs(400),
    );
  });

  it("takes time and space by what is kept, whatever the size of a value", async () => {
    const path = fileURLToPath(new URL("children/giants.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [path]);
    const { bytes, grownKb }: { bytes: number[]; grownKb: number } = JSON.parse(stdout);
    expect(bytes.length).toBeGreaterThan(20);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(DEFAULT_CAPTURE_LIMITS.maxBytes);
    expect(grownKb).toBeLessThan(150_000);
  });
});
