import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { cellWidth } from "../../src/render/cell-text.ts";
import { renderTraceList } from "../../src/render/index.ts";
import { isoAt, sampleSummary } from "./sample-traces.ts";

const traces = [
  sampleSummary({ spanCount: 12, inputTokens: 12_345, outputTokens: 678, costUsd: "0.0123", userId: "7" }),
  sampleSummary({
    status: "error",
    pipelineName: "support_regen",
    errorCount: 3,
    durationMs: 125_000,
    costUsd: "0",
    startTime: isoAt(-60_000),
  }),
  sampleSummary({
    status: "running",
    pipelineName: "日本語",
    durationMs: null,
    userId: null,
    telegramId: "42",
  }),
];

describe("a list of traces", () => {
  it("shows every column when there is room", () => {
    expect(renderTraceList(traces, { timeZone: "UTC" })).toBe(
      [
        "time                 status   pipeline       duration  spans  errors     tokens     cost  user   trace",
        "2026-11-24 09:00:00  ok       learn            4.00 s     12          12.3K/678  $0.0123  7      0af7651916cd43dd8448eb211c80319c",
        "2026-11-24 08:59:00  error    support_regen    2m 05s      0       3                  $0  7      0af7651916cd43dd8448eb211c80319c",
        "2026-11-24 09:00:00  running  日本語                –      0                              tg:42  0af7651916cd43dd8448eb211c80319c",
      ].join("\n"),
    );
  });

  it("shortens times and ids, then drops columns", () => {
    const header = (width: number) =>
      renderTraceList(traces, { width, timeZone: "UTC" }).split("\n")[0]?.split(/\s+/);
    expect(header(130)).toHaveLength(10);
    expect(header(80)).toEqual(["time", "status", "pipeline", "duration", "errors", "cost", "trace"]);
    expect(header(60)).toEqual(["time", "status", "pipeline", "duration", "trace"]);
    expect(renderTraceList(traces, { width: 80, timeZone: "UTC" })).toContain("11-24 09:00:00");
    expect(renderTraceList(traces, { width: 80 })).toMatch(/ 0af7651916cd$/m);
  });

  it.each([32, 40, 60, 80, 100, 120])("is never wider than %i cells", (width) => {
    const lines = renderTraceList(traces, { width }).split("\n");
    expect(lines).toHaveLength(4);
    expect(lines.filter((line) => cellWidth(line) > width)).toEqual([]);
  });

  it("is the same with colours and without", () => {
    const colored = renderTraceList(traces, { width: 100, color: true });
    expect(colored).toContain("\u001b[");
    expect(stripVTControlCharacters(colored)).toBe(renderTraceList(traces, { width: 100 }));
  });

  it("is a header alone when there are no traces", () => {
    expect(renderTraceList([]).split("\n")).toHaveLength(1);
  });
});
