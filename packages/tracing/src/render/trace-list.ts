import type { TraceSummary } from "../store/trace-repo.ts";
import { cellWidth, oneLine, padCells, truncateCells } from "./cell-text.ts";
import {
  formatCost,
  formatCount,
  formatDuration,
  formatShortTime,
  formatTime,
  formatTokens,
} from "./format.ts";
import { createPalette, type Paint, type Palette } from "./palette.ts";
import type { RenderOptions } from "./trace-tree.ts";

type ColumnName =
  | "time"
  | "status"
  | "pipeline"
  | "duration"
  | "spans"
  | "errors"
  | "tokens"
  | "cost"
  | "user"
  | "trace";

interface Column {
  name: ColumnName;
  align: "left" | "right";
  cells: string[];
  width: number;
}

const GAP = 2;
const RIGHT_ALIGNED: ReadonlySet<ColumnName> = new Set(["duration", "spans", "errors", "tokens", "cost"]);
const ORDER: readonly ColumnName[] = [
  "time",
  "status",
  "pipeline",
  "duration",
  "spans",
  "errors",
  "tokens",
  "cost",
  "user",
  "trace",
];
/** What goes first when the lines are too long; the rest always stays. */
const DISPENSABLE: readonly ColumnName[] = ["spans", "user", "tokens", "errors", "cost"];
const SHORT_ID = 12;
const SHORTEST_ID = 8;
const NARROWEST_PIPELINE = 6;
/** Status (at its widest), pipeline and id: less is not a table any more. */
const NARROWEST_LIST = 32;

/**
 * Traces as a table, a line each, in the order given; columns shorten and then drop out when `width` is
 * small, down to 32 cells.
 */
export function renderTraceList(traces: readonly TraceSummary[], options: RenderOptions = {}): string {
  const palette = createPalette(options.color ?? false);
  const width = options.width === undefined ? undefined : Math.max(options.width, NARROWEST_LIST);
  const columns = fitColumns(traces, { ...options, width });
  const header = columns
    .map((column) => padCells(truncateCells(column.name, column.width), column.width, column.align))
    .join("  ");
  const lines = traces.map((trace, row) =>
    columns
      .map((column) => {
        const cell = column.cells[row] ?? "";
        const padding = " ".repeat(column.width - cellWidth(cell));
        const painted = paintOf(column.name, trace, palette)(cell);
        return column.align === "right" ? padding + painted : painted + padding;
      })
      .join("  ")
      .trimEnd(),
  );
  return [palette.quiet(header.trimEnd()), ...lines].join("\n");
}

function fitColumns(traces: readonly TraceSummary[], { width, timeZone }: RenderOptions): Column[] {
  const toColumn = (name: ColumnName, toCell: (trace: TraceSummary) => string): Column => {
    const cells = traces.map(toCell);
    const widest = cells.reduce((cellsWide, cell) => Math.max(cellsWide, cellWidth(cell)), name.length);
    return { name, align: RIGHT_ALIGNED.has(name) ? "right" : "left", cells, width: widest };
  };
  let columns = ORDER.map((name) => toColumn(name, (trace) => cellOf(name, trace, timeZone)));
  if (width === undefined) return columns;

  const replace = (column: Column) => {
    columns = columns.map((other) => (other.name === column.name ? column : other));
  };
  const excess = () => columns.reduce((sum, column) => sum + column.width + GAP, -GAP) - width;
  const shortenId = (digits: number) => toColumn("trace", (trace) => oneLine(trace.traceId).slice(0, digits));

  if (excess() > 0) replace(toColumn("time", (trace) => formatShortTime(trace.startTime, { timeZone })));
  if (excess() > 0) replace(shortenId(SHORT_ID));
  if (excess() > 0) columns = columns.filter((column) => column.cells.some((cell) => cell !== ""));
  for (const name of DISPENSABLE) {
    if (excess() > 0) columns = columns.filter((column) => column.name !== name);
  }
  if (excess() > 0) replace(shortenId(SHORTEST_ID));
  const pipeline = columns.find((column) => column.name === "pipeline");
  if (excess() > 0 && pipeline) {
    const room = Math.max(pipeline.width - excess(), NARROWEST_PIPELINE);
    replace({ ...pipeline, width: room, cells: pipeline.cells.map((cell) => truncateCells(cell, room)) });
  }
  for (const name of ["time", "duration"] as const) {
    if (excess() > 0) columns = columns.filter((column) => column.name !== name);
  }
  return columns;
}

function cellOf(name: ColumnName, trace: TraceSummary, timeZone: string | undefined): string {
  switch (name) {
    case "time":
      return formatTime(trace.startTime, { timeZone });
    case "status":
      return trace.status;
    case "pipeline":
      return truncateCells(oneLine(trace.pipelineName ?? ""), 40);
    case "duration":
      return formatDuration(trace.durationMs);
    case "spans":
      return formatCount(trace.spanCount);
    case "errors":
      return trace.errorCount === 0 ? "" : formatCount(trace.errorCount);
    case "tokens":
      return formatTokens(trace.inputTokens, trace.outputTokens) ?? "";
    case "cost":
      return formatCost(trace.costUsd) ?? "";
    case "user":
      return truncateCells(oneLine(trace.userId ?? (trace.telegramId ? `tg:${trace.telegramId}` : "")), 24);
    case "trace":
      return oneLine(trace.traceId);
  }
}

function paintOf(name: ColumnName, trace: TraceSummary, palette: Palette): Paint {
  if (name === "status") return palette.status(trace.status);
  if (name === "errors") return palette.bad;
  if (name === "pipeline") return palette.strong;
  if (name === "trace" || name === "time") return palette.quiet;
  return String;
}
