import type { Row } from "./perform.ts";

const COLUMNS = ["fault", "trials", "ended", "stored", "duplicates", "counted", "lost"] as const;

/** The rows as a table in Markdown, aligned for a terminal. */
export function toTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => COLUMNS.map((column) => toCell(row[column])));
  const widths = COLUMNS.map((column, index) =>
    Math.max(column.length, ...cells.map((line) => (line[index] ?? "").length)),
  );
  const toLine = (line: readonly string[]) =>
    `| ${line.map((cell, index) => pad(cell, widths[index] ?? 0, index > 0)).join(" | ")} |`;
  const rule = widths.map((width, index) => (index > 0 ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  return [toLine(COLUMNS), toLine(rule), ...cells.map(toLine)].join("\n");
}

function toCell(value: string | number): string {
  return typeof value === "number" ? value.toLocaleString("en-US") : value;
}

function pad(cell: string, width: number, right: boolean): string {
  return right ? cell.padStart(width) : cell.padEnd(width);
}
