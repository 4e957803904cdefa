import type { TraceDetail } from "../store/trace-repo.ts";
import { cellWidth, oneLine, padCells, truncateCells } from "./cell-text.ts";
import { formatCost, formatCount, formatDuration, formatTime, UNKNOWN } from "./format.ts";
import type { Palette } from "./palette.ts";

export interface HeaderOptions {
  /** Cells a line may take; unlimited when absent. */
  width: number | undefined;
  timeZone: string | undefined;
  palette: Palette;
}

/** What a trace is, whose, how it ended and what it cost, a line a subject; subjects without a value are left out. */
export function renderHeader(trace: TraceDetail, { width, timeZone, palette }: HeaderOptions): string[] {
  const shorten = (text: string, room: number): string =>
    width === undefined ? text : truncateCells(text, room);
  const status = trace.status;
  const duration = trace.durationMs === null ? "" : formatDuration(trace.durationMs);
  const titleRoom = (width ?? 0) - cellWidth(status) - cellWidth(duration) - 4;
  const title = shorten(oneLine(trace.pipelineName ?? "(no pipeline)"), Math.max(titleRoom, 8));
  const lines = [
    [palette.strong(title), palette.status(status)(status), duration].filter(Boolean).join("  "),
  ];
  const labelWidth = Math.max(...fields(trace, timeZone).map(([label]) => label.length));
  for (const [label, value] of fields(trace, timeZone)) {
    const text = shorten(oneLine(value), (width ?? 0) - labelWidth - 2);
    const painted = label === "error" ? palette.bad(text) : text;
    lines.push(`${palette.quiet(padCells(label, labelWidth))}  ${painted}`);
  }
  return lines;
}

function fields(trace: TraceDetail, timeZone: string | undefined): [label: string, value: string][] {
  const user = [trace.userId, trace.telegramId && `telegram ${trace.telegramId}`].filter(Boolean).join(", ");
  const spans = `${formatCount(trace.spanCount)}${trace.errorCount > 0 ? `, ${formatCount(trace.errorCount)} failed` : ""}`;
  const scores = trace.scores.map(
    ({ name, value, comment }) => `${name} ${value}${comment ? ` (${comment})` : ""}`,
  );
  const all: [string, string | null | undefined][] = [
    ["trace", trace.traceId],
    ["started", formatTime(trace.startTime, { timeZone })],
    ["service", trace.serviceName],
    ["user", user],
    ["session", trace.sessionId],
    ["spans", spans],
    ["models", trace.models.join(", ")],
    ["tokens", tokens(trace)],
    ["cost", formatCost(trace.costUsd)],
    ["tags", trace.tags.join(", ")],
    [
      "metadata",
      trace.metadata && Object.keys(trace.metadata).length > 0 ? JSON.stringify(trace.metadata) : "",
    ],
    ["scores", scores.join(", ")],
    ["error", trace.error && [trace.error.type, trace.error.message].filter(Boolean).join(": ")],
  ];
  return all.filter((field): field is [string, string] => Boolean(field[1]));
}

function tokens({ inputTokens, outputTokens }: TraceDetail): string | undefined {
  if (inputTokens === null && outputTokens === null) return undefined;
  const count = (value: number | null) => (value === null ? UNKNOWN : formatCount(value));
  return `${count(inputTokens)} in, ${count(outputTokens)} out`;
}
