import type { Span, TraceDetail, TraceStatus } from "../store/trace-repo.ts";
import { cellWidth, oneLine, padCells, truncateCells } from "./cell-text.ts";
import { formatCost, formatDuration, formatTokens, UNKNOWN } from "./format.ts";
import { toText } from "./json-text.ts";
import { createPalette, type Palette } from "./palette.ts";
import { type TreeRow, toTreeRows } from "./span-tree.ts";
import { renderHeader } from "./trace-header.ts";
import { layOutTree, type TreeCells, type TreeLayout, toLabel } from "./tree-layout.ts";
import { lateByMs, type TimeAxis, toBar, toTimeAxis } from "./waterfall.ts";

/** How text is laid out. */
export interface RenderOptions {
  /** Cells a line may take. @default unlimited */
  width?: number | undefined;
  /** ANSI colours. @default false */
  color?: boolean | undefined;
  /** IANA name of the zone times are told in. @default the machine's own */
  timeZone?: string | undefined;
}

/** How a trace is laid out as text. */
export interface RenderTraceOptions extends RenderOptions {
  /** Adds a line of input and a line of output to each span. @default false */
  io?: boolean | undefined;
  /** Where the bar of a running span ends. @default the present */
  now?: Date | undefined;
  /** The lines above the tree. @default true */
  header?: boolean | undefined;
}

interface Context {
  width: number | undefined;
  io: boolean;
  palette: Palette;
  layout: TreeLayout;
  axis: TimeAxis;
}

/** Why a span's parent is not there: a span is stored when it has ended. */
const ORPHAN_NOTES: Readonly<Record<TraceStatus, string>> = {
  running: "parent not ended",
  interrupted: "parent never ended",
  ok: "parent missing",
  error: "parent missing",
};

const SHORTENED_IO = 200;
const NARROWEST_TREE = 20;

/**
 * One trace as text: a header, then its spans as a tree with durations, tokens, cost and bars on a common time axis.
 *
 * Nothing in it can steer a terminal: control characters in names and messages are made visible. No line is
 * wider than `width`, down to 20 cells.
 */
export function renderTrace(trace: TraceDetail, options: RenderTraceOptions = {}): string {
  const { color = false, timeZone, io = false, now = new Date(), header = true } = options;
  const width = options.width === undefined ? undefined : Math.max(options.width, NARROWEST_TREE);
  const palette = createPalette(color);
  const axis = toTimeAxis(trace, now.getTime());
  const rows = toTreeRows(trace.spans);
  const cells = rows.map((row) => toCells(row, trace, axis));
  const context: Context = { width, io, palette, layout: layOutTree(cells, width), axis };
  const lines = header ? [...renderHeader(trace, { width, timeZone, palette }), ""] : [];
  if (rows.length === 0) lines.push(palette.quiet("No span has ended yet."));
  else if (context.layout.bar > 0) lines.push(palette.quiet(axisLine(context)));
  for (const [index, row] of rows.entries()) {
    const cell = cells[index];
    if (cell) lines.push(spanLine(row, cell, context), ...detailLines(row, context));
  }
  return lines.join("\n");
}

function toCells({ span, guide, orphan }: TreeRow, trace: TraceDetail, axis: TimeAxis): TreeCells {
  return {
    guide,
    name: oneLine(span.name) || "(unnamed)",
    model: oneLine(span.model ?? ""),
    flag: toFlag(span, orphan, trace, axis),
    duration: formatDuration(span.durationMs),
    tokens: formatTokens(span.inputTokens, span.outputTokens) ?? "",
    cost: formatCost(span.costUsd) ?? "",
  };
}

function toFlag(span: Span, orphan: boolean, trace: TraceDetail, axis: TimeAxis): string {
  const flags: string[] = span.status === "ok" ? [] : [span.status];
  const late = lateByMs(span, axis);
  if (late !== undefined) flags.push(`late +${formatDuration(late)}`);
  if (orphan) flags.push(ORPHAN_NOTES[trace.status]);
  return flags.length > 0 ? `[${flags.join(", ")}]` : "";
}

function spanLine({ span }: TreeRow, cells: TreeCells, { layout, palette, axis }: Context): string {
  const columns = [labelColumn(span, cells, layout, palette)];
  columns.push(padCells(cells.duration, layout.duration, "right"));
  if (layout.tokens > 0) columns.push(palette.quiet(padCells(cells.tokens, layout.tokens, "right")));
  if (layout.cost > 0) columns.push(palette.quiet(padCells(cells.cost, layout.cost, "right")));
  if (layout.bar > 0) {
    const bar = toBar(span, axis, layout.bar);
    columns.push(span.status === "ok" ? palette.kind(span.kind)(bar) : palette.status(span.status)(bar));
  }
  return columns.join("  ").trimEnd();
}

function labelColumn(span: Span, cells: TreeCells, layout: TreeLayout, palette: Palette): string {
  const { guide, flag } = cells;
  const model = layout.models ? cells.model : "";
  const overflow = cellWidth(toLabel(cells, layout.models)) - layout.label;
  const nameRoom = Math.max(cellWidth(cells.name) - Math.max(overflow, 0), 4);
  const name = truncateCells(cells.name, nameRoom);
  const painted = [
    palette.quiet(guide) + (span.status === "error" ? palette.bad(name) : palette.kind(span.kind)(name)),
    model && palette.quiet(model),
    flag && (span.status === "ok" ? palette.caution(flag) : palette.status(span.status)(flag)),
  ];
  const plain = toLabel({ ...cells, name }, layout.models);
  // Deep guides and flags may alone be wider than the column: then the plain text is cut as a whole.
  if (cellWidth(plain) > layout.label) return padCells(truncateCells(plain, layout.label), layout.label);
  return painted.filter(Boolean).join("  ") + " ".repeat(layout.label - cellWidth(plain));
}

/** `0` at the left end of the bars and the whole time at the right. */
function axisLine({ layout, axis }: Context): string {
  const before = [layout.label, layout.duration, layout.tokens, layout.cost]
    .filter((column) => column > 0)
    .reduce((sum, column) => sum + column + 2, 0);
  const total = formatDuration(axis.endMs - axis.startMs);
  return `${" ".repeat(before)}0${padCells(total, layout.bar - 1, "right")}`;
}

function detailLines({ span, below }: TreeRow, { width, io, palette }: Context): string[] {
  const lines: string[] = [];
  const add = (label: string, text: string, paint: (text: string) => string) => {
    const room = width === undefined ? SHORTENED_IO : width - cellWidth(below) - label.length - 1;
    if (room >= 8)
      lines.push(`${palette.quiet(below)}${paint(`${label} ${truncateCells(oneLine(text), room)}`)}`);
  };
  if (span.error) {
    const { type, message } = span.error;
    add("!", [type, message].filter(Boolean).join(": ") || UNKNOWN, palette.bad);
  }
  if (io && span.input !== null && span.input !== undefined) add("in ", toText(span.input), palette.quiet);
  if (io && span.output !== null && span.output !== undefined) add("out", toText(span.output), palette.quiet);
  return lines;
}
