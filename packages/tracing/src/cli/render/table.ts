import { cellWidth, padCells, truncateCells } from "../../render/cell-text.ts";
import { createPalette, type Paint } from "../../render/palette.ts";
import type { RenderOptions } from "../../render/trace-tree.ts";

/** A column of a table, and what becomes of it where there is no room. */
export interface Column<T> {
  title: string;
  toCell(row: T): string;
  align?: "left" | "right";
  paint?(row: T): Paint;
  /** The column with the highest number goes first; one without a number stays. */
  dispensable?: number;
  /** May be cut down to so many cells once nothing dispensable is left. */
  narrowest?: number;
}

interface LaidOut<T> extends Column<T> {
  cells: string[];
  width: number;
}

const GAP = 2;

/** Rows as a table, a line each, in the order given. No line is wider than `width`; cells must be {@link oneLine}. */
export function renderTable<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  { width, color = false }: RenderOptions = {},
): string {
  const laidOut = fitColumns(
    columns.map((column) => layOut(column, rows)),
    width,
  );
  const header = laidOut
    .map((column) => padCells(truncateCells(column.title, column.width), column.width, column.align))
    .join("  ");
  const lines = rows.map((row, index) =>
    laidOut.map((column) => paintedCell(column, column.cells[index] ?? "", row, color)).join("  "),
  );
  return [createPalette(color).quiet(header.trimEnd()), ...lines.map((line) => line.trimEnd())].join("\n");
}

function layOut<T>(column: Column<T>, rows: readonly T[]): LaidOut<T> {
  const cells = rows.map((row) => column.toCell(row));
  const width = cells.reduce((widest, cell) => Math.max(widest, cellWidth(cell)), column.title.length);
  return { ...column, cells, width };
}

/** Leaves out columns, the most dispensable first, then cuts the ones that may be cut, the last one first. */
function fitColumns<T>(columns: LaidOut<T>[], width: number | undefined): LaidOut<T>[] {
  if (width === undefined) return columns;
  const excess = (kept: readonly LaidOut<T>[]) =>
    kept.reduce((sum, column) => sum + column.width + GAP, -GAP) - width;
  // What can be gained by cutting comes before a column is given up for good.
  const gain = (kept: readonly LaidOut<T>[]) => kept.reduce((sum, column) => sum + slack(column), 0);
  let kept = columns;
  while (excess(kept) > gain(kept)) {
    const most = Math.max(...kept.map((column) => column.dispensable ?? 0));
    if (most <= 0) break;
    kept = kept.filter((column) => column.dispensable !== most);
  }
  for (const column of kept.toReversed()) {
    const over = excess(kept);
    if (over > 0 && slack(column) > 0)
      kept = kept.map((other) => (other === column ? cut(column, over) : other));
  }
  // A terminal of a few cells: whatever is left is cut, so that lines at least do not wrap.
  for (const column of kept.toReversed()) {
    const over = excess(kept);
    if (over > 0)
      kept = kept.map((other) =>
        other === column ? narrow(column, Math.max(column.width - over, 1)) : other,
      );
  }
  return kept;
}

function slack<T>({ width, narrowest }: LaidOut<T>): number {
  return narrowest === undefined ? 0 : Math.max(width - narrowest, 0);
}

function cut<T>(column: LaidOut<T>, over: number): LaidOut<T> {
  return narrow(column, Math.max(column.width - over, column.narrowest ?? column.width));
}

function narrow<T>(column: LaidOut<T>, width: number): LaidOut<T> {
  return { ...column, width, cells: column.cells.map((cell) => truncateCells(cell, width)) };
}

function paintedCell<T>(column: LaidOut<T>, cell: string, row: T, color: boolean): string {
  const padding = " ".repeat(Math.max(column.width - cellWidth(cell), 0));
  const painted = color && column.paint ? column.paint(row)(cell) : cell;
  return column.align === "right" ? padding + painted : painted + padding;
}
