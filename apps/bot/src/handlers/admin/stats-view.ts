import type { Figures, TraceStats } from "@app/tracing";
import { FormattedString } from "@grammyjs/parse-mode";
import { formatCost, formatCount, formatDuration, formatTokens, oneLine } from "./figures.ts";

const NAME_WIDTH = 13;
const COUNT_WIDTH = 5;
const RATE_WIDTH = 4;
const TIME_WIDTH = 6;

/** Two lines a pipeline, which fit on a phone. */
export function toStatsTable({ byPipeline, ...total }: TraceStats): FormattedString {
  if (byPipeline.length === 0) return new FormattedString("No run has ended.");
  const rows = [
    toRow("pipeline", "runs", "err", "p50", "p95"),
    ...byPipeline.flatMap(({ pipelineName, ...figures }) => toLines(pipelineName, figures)),
    ...(byPipeline.length > 1 ? toLines("all", total) : []),
  ];
  return FormattedString.pre(rows.join("\n"));
}

function toLines(name: string, figures: Figures): string[] {
  const used = [
    withUnit(formatTokens(figures.inputTokens, figures.outputTokens), "tokens"),
    formatCost(figures.costUsd),
  ].filter(Boolean);
  return [
    toRow(
      name,
      formatCount(figures.count),
      formatRate(figures.errorRate),
      formatDuration(figures.p50Ms),
      formatDuration(figures.p95Ms),
    ),
    ...(used.length > 0 ? [`  ${used.join("  ")}`] : []),
  ];
}

function toRow(name: string, count: string, rate: string, p50: string, p95: string): string {
  return [
    oneLine(name, NAME_WIDTH).padEnd(NAME_WIDTH),
    count.padStart(COUNT_WIDTH - 1),
    rate.padStart(RATE_WIDTH),
    p50.padStart(TIME_WIDTH),
    p95.padStart(TIME_WIDTH),
  ].join(" ");
}

/** Whole percents, but never 0 % for something nor 100 % for less than all. */
function formatRate(rate: number): string {
  if (rate === 0) return "0%";
  if (rate === 1) return "100%";
  return `${Math.min(99, Math.max(1, Math.round(rate * 100)))}%`;
}

function withUnit(figure: string | undefined, unit: string): string | undefined {
  return figure === undefined ? undefined : `${figure} ${unit}`;
}
