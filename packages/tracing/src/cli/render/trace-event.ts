import { cellWidth, oneLine, padCells, truncateCells } from "../../render/cell-text.ts";
import { formatCost, formatDuration, formatTime, formatTokens } from "../../render/format.ts";
import { createPalette } from "../../render/palette.ts";
import type { RenderOptions } from "../../render/trace-tree.ts";
import { type TraceEvent, timeOf } from "../tail/trace-feed.ts";

const STATUS_WIDTH = 11;
const PIPELINE_WIDTH = 16;
const NUMBER_WIDTH = 8;
const TOKENS_WIDTH = 11;
const NARROWEST_ERROR = 8;
const SHORT_ID = 12;
/** From so many cells on a line has room for a whole id. */
const WIDE = 120;

interface Cell {
  text: string;
  paint: (text: string) => string;
}

/**
 * One line for what happened to a trace: when, what, and whose; then how long it took, and what it cost and failed with.
 * Lines come one at a time, so columns have fixed widths; what does not fit `width` goes, from the end.
 */
export function renderTraceEvent(happened: TraceEvent, options: RenderOptions = {}): string {
  const { trace } = happened;
  const { width, timeZone } = options;
  const palette = createPalette(options.color ?? false);
  const time = formatTime(new Date(timeOf(happened)).toISOString(), { timeZone }).slice(11);
  const user = trace.userId ?? (trace.telegramId ? `tg:${trace.telegramId}` : "");
  const error = oneLine([trace.error?.type, trace.error?.message].filter(Boolean).join(": "));
  const traceId = width === undefined || width >= WIDE ? trace.traceId : trace.traceId.slice(0, SHORT_ID);
  const cells: Cell[] = [
    { text: time, paint: palette.quiet },
    { text: padCells(trace.status, STATUS_WIDTH), paint: palette.status(trace.status) },
    {
      text: padCells(truncateCells(oneLine(trace.pipelineName ?? ""), PIPELINE_WIDTH), PIPELINE_WIDTH),
      paint: palette.strong,
    },
    { text: traceId, paint: palette.quiet },
    {
      text: padCells(
        trace.durationMs === null ? "" : formatDuration(trace.durationMs),
        NUMBER_WIDTH,
        "right",
      ),
      paint: String,
    },
    {
      text: padCells(formatTokens(trace.inputTokens, trace.outputTokens) ?? "", TOKENS_WIDTH, "right"),
      paint: String,
    },
    { text: padCells(formatCost(trace.costUsd) ?? "", NUMBER_WIDTH, "right"), paint: String },
    { text: truncateCells(oneLine(user), 24), paint: String },
    { text: error, paint: palette.bad },
  ];
  return joinWithin(cells, width);
}

/** As many cells as there is room for; only what stands at the end is cut, since a part of a number says another. */
function joinWithin(cells: readonly Cell[], width = Number.POSITIVE_INFINITY): string {
  let room = width;
  const pieces: string[] = [];
  const last = cells.findLastIndex(({ text }) => text.trim() !== "");
  for (const [index, { text, paint }] of cells.slice(0, last + 1).entries()) {
    const shown = index === last ? text.trimEnd() : text;
    const fits = cellWidth(shown) <= room;
    if (!fits && (index < cells.length - 1 || room < NARROWEST_ERROR)) break;
    pieces.push(paint(fits ? shown : truncateCells(shown, room)));
    room -= cellWidth(shown) + 2;
  }
  return pieces.join("  ");
}
