import { expect, it } from "vitest";
import { renderTraceEvent } from "../../../src/cli/render/trace-event.ts";
import { cellWidth } from "../../../src/render/cell-text.ts";
import { sampleSummary } from "../../render/sample-traces.ts";

const failed = sampleSummary({
  startTime: "2026-11-24T10:00:00.000000Z",
  durationMs: 4_000,
  status: "error",
  pipelineName: "learn",
  error: { type: "TimeoutError", message: "no answer\u001b[2J from 模型" },
});

it("tells when a trace ended, and what it failed with, on one line that steers no terminal", () => {
  const line = renderTraceEvent({ event: "ended", trace: failed }, { timeZone: "UTC" });
  expect(line).toMatch(/^10:00:04 {2}error {8}learn {13}[0-9a-f]{32} {4}4\.00 s .*TimeoutError: no answer/);
  expect(line).not.toContain("\u001b");
});

it.each([20, 40, 60, 80, 100, 130])("fits %i cells and cuts no number", (width) => {
  const line = renderTraceEvent({ event: "ended", trace: failed }, { width, timeZone: "UTC" });
  expect(cellWidth(line)).toBeLessThanOrEqual(width);
  expect(line).toMatch(/^10:00:04/);
  expect(line).toMatch(/^[^…]*(?: Timeout[^…]*…)?$/);
});
