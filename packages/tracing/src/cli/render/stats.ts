import { oneLine, truncateCells } from "../../render/cell-text.ts";
import {
  formatCost,
  formatCount,
  formatDuration,
  formatShortTime,
  formatTokens,
  UNKNOWN,
} from "../../render/format.ts";
import { createPalette, type Palette } from "../../render/palette.ts";
import type { RenderOptions } from "../../render/trace-tree.ts";
import type { Figures, TraceStats } from "../../store/trace-repo.ts";
import { type Column, renderTable } from "./table.ts";

/** What a table is about, and how its rows are named. */
interface Section<T extends Figures> {
  title: string;
  /** What is counted. */
  unit: string;
  rows: readonly T[];
  toName(row: T): string;
}

const NARROWEST_NAME = 8;

/** Figures as a line for the whole, then a table each by pipeline, agent, model and time; empty ones are left out. */
export function renderStats(stats: TraceStats, options: RenderOptions = {}): string {
  const palette = createPalette(options.color ?? false);
  const { timeZone } = options;
  const toTime = (time: string) =>
    stats.bucket === "day" ? time.slice(0, 10) : formatShortTime(time, { timeZone }).slice(0, -3);
  const sections = [
    section(
      { title: "pipeline", unit: "runs", rows: stats.byPipeline, toName: (row) => row.pipelineName },
      options,
      palette,
    ),
    section(
      { title: "agent", unit: "calls", rows: stats.byAgent, toName: (row) => row.agent },
      options,
      palette,
    ),
    section(
      { title: "model", unit: "calls", rows: stats.byModel, toName: (row) => row.model },
      options,
      palette,
    ),
    section(
      {
        title: stats.bucket === "day" ? "day (UTC)" : "hour",
        unit: "runs",
        rows: stats.byTime,
        toName: (row) => toTime(row.time),
      },
      options,
      palette,
    ),
  ];
  const note =
    stats.percentiles === "histogram"
      ? ["", palette.quiet("Percentiles are within 5 %; all else is exact.")]
      : [];
  return [
    ...total(stats, palette, options.width),
    ...sections.flatMap((text) => (text ? ["", text] : [])),
    ...note,
  ].join("\n");
}

function total(stats: TraceStats, palette: Palette, width = Number.POSITIVE_INFINITY): string[] {
  const { count, errors, p50Ms, p95Ms, p99Ms, inputTokens, outputTokens, costUsd } = stats;
  const failed =
    errors === 0 ? "none failed" : palette.bad(`${formatCount(errors)} failed (${toRate(stats)})`);
  return [
    `${palette.strong(`${formatCount(count)} ${count === 1 ? "run" : "runs"}`)}, ${failed}`,
    ...[
      `took     ${formatDuration(p50Ms)} p50, ${formatDuration(p95Ms)} p95, ${formatDuration(p99Ms)} p99`,
      `tokens   ${formatTokens(inputTokens, outputTokens) ?? UNKNOWN}`,
      `cost     ${formatCost(costUsd) ?? UNKNOWN}`,
    ].map((line) => truncateCells(line, width)),
  ];
}

function section<T extends Figures>(
  { title, unit, rows, toName }: Section<T>,
  options: RenderOptions,
  palette: Palette,
): string | undefined {
  if (rows.length === 0) return undefined;
  const right = { align: "right" } as const;
  const columns: Column<T>[] = [
    {
      title,
      toCell: (row) => oneLine(toName(row)),
      paint: () => palette.strong,
      narrowest: NARROWEST_NAME,
    },
    { ...right, title: unit, toCell: (row) => formatCount(row.count) },
    {
      ...right,
      title: "errors",
      toCell: (row) => (row.errors === 0 ? "" : formatCount(row.errors)),
      paint: () => palette.bad,
      dispensable: 2,
    },
    { ...right, title: "rate", toCell: (row) => (row.errors === 0 ? "" : toRate(row)), dispensable: 6 },
    { ...right, title: "p50", toCell: (row) => formatDuration(row.p50Ms), dispensable: 1 },
    { ...right, title: "p95", toCell: (row) => formatDuration(row.p95Ms), dispensable: 4 },
    { ...right, title: "p99", toCell: (row) => formatDuration(row.p99Ms), dispensable: 7 },
    {
      ...right,
      title: "tokens",
      toCell: (row) => formatTokens(row.inputTokens, row.outputTokens) ?? "",
      dispensable: 5,
    },
    { ...right, title: "cost", toCell: (row) => formatCost(row.costUsd) ?? "", dispensable: 3 },
  ];
  return renderTable(rows, columns, options);
}

function toRate({ errorRate }: Figures): string {
  return `${(errorRate * 100).toFixed(errorRate > 0 && errorRate < 0.1 ? 1 : 0)} %`;
}
