import { basename } from "node:path";
import { oneLine, truncateCells } from "../../render/cell-text.ts";
import { formatBytes, formatCount, formatDuration, formatShortTime, UNKNOWN } from "../../render/format.ts";
import { createPalette, type Palette } from "../../render/palette.ts";
import type { RenderOptions } from "../../render/trace-tree.ts";
import type { LetterHeader, RecordHeader, SpoolContent } from "../spool/content.ts";
import { ledgerText, type SpoolEntry } from "../spool/overview.ts";
import { type Column, renderTable } from "./table.ts";

/** Every process's part of the spools, a line each. */
export function renderSpools(entries: readonly SpoolEntry[], options: RenderOptions = {}): string {
  const palette = createPalette(options.color ?? false);
  const right = { align: "right" } as const;
  return renderTable(
    entries,
    [
      { ...right, title: "process", toCell: ({ pid }) => String(pid), paint: () => palette.strong },
      {
        title: "owner",
        toCell: ({ owner }) => owner,
        paint: ({ owner }) => (owner === "alive" ? palette.good : palette.caution),
      },
      { title: "for", toCell: ({ destination }) => destination },
      { ...right, title: "waiting", toCell: ({ pendingRecords }) => formatCount(pendingRecords) },
      { ...right, title: "bytes", toCell: ({ bytes }) => formatBytes(bytes), dispensable: 3 },
      {
        ...right,
        title: "oldest",
        toCell: ({ oldestPendingMs }) => (oldestPendingMs === null ? "" : formatDuration(oldestPendingMs)),
        dispensable: 1,
      },
      {
        ...right,
        title: "dead",
        toCell: ({ deadLetters }) => (deadLetters === 0 ? "" : formatCount(deadLetters)),
        paint: () => palette.bad,
      },
      {
        ...right,
        title: "damaged",
        toCell: ({ damagedSpans }) => (damagedSpans === 0 ? "" : formatCount(damagedSpans)),
        paint: () => palette.bad,
        dispensable: 4,
      },
      { title: "spans so far", toCell: ledgerText, narrowest: 16, dispensable: 2 },
    ],
    options,
  );
}

/** One process's part with the records in it. */
export function renderSpool(content: SpoolContent, options: RenderOptions = {}): string {
  const palette = createPalette(options.color ?? false);
  const { pid, owner, destination, directory, waiting, letters, checkpointAgeMs } = content;
  const age = checkpointAgeMs === null ? "" : `, as of ${formatDuration(checkpointAgeMs)} ago`;
  const lines = [
    `${palette.strong(`process ${pid}`)}  ${owner}  for the ${destination === "otlp" ? "OTLP backend" : "store"}`,
    `${palette.quiet("directory")}  ${oneLine(directory)}`,
    `${palette.quiet("name     ")}  ${basename(directory)}`,
    `${palette.quiet("spans    ")}  ${truncateCells(`${ledgerText(content)}${age}`, (options.width ?? Number.POSITIVE_INFINITY) - 11)}`,
    `${palette.quiet("waiting  ")}  ${formatCount(content.pendingRecords)} records, ${formatBytes(content.bytes)}`,
    `${palette.quiet("dead     ")}  ${formatCount(content.deadLetters)}`,
  ];
  if (waiting.length > 0) {
    const title = `waiting${more(waiting.length, content.pendingRecords, "the oldest")}`;
    lines.push("", palette.strong(title), renderTable(waiting, recordColumns(options, palette), options));
  }
  if (letters.length > 0) {
    const title = `dead letters${more(letters.length, content.deadLetters, "the latest")}`;
    lines.push("", palette.strong(title), renderTable(letters, letterColumns(options, palette), options));
  }
  return lines.join("\n");
}

function more(shown: number, all: number, which: string): string {
  return shown < all ? ` (${which} ${formatCount(shown)} of ${formatCount(all)})` : "";
}

function recordColumns<T extends RecordHeader>({ timeZone }: RenderOptions, palette: Palette): Column<T>[] {
  return [
    {
      title: "started",
      toCell: ({ startTime }) => (startTime === null ? UNKNOWN : formatShortTime(startTime, { timeZone })),
      paint: () => palette.quiet,
      dispensable: 2,
    },
    { title: "type", toCell: ({ type }) => type ?? "unreadable", dispensable: 3 },
    { title: "trace", toCell: ({ traceId }) => traceId?.slice(0, 12) ?? UNKNOWN, paint: () => palette.quiet },
    {
      title: "pipeline",
      toCell: ({ pipelineName }) => oneLine(pipelineName ?? ""),
      narrowest: 8,
      dispensable: 1,
    },
    { title: "name", toCell: ({ name }) => oneLine(name ?? ""), paint: () => palette.strong, narrowest: 8 },
  ];
}

function letterColumns(options: RenderOptions, palette: Palette): Column<LetterHeader>[] {
  const reason: Column<LetterHeader> = {
    title: "reason",
    toCell: ({ reason }) => oneLine(reason ?? UNKNOWN),
    paint: () => palette.bad,
    narrowest: 12,
  };
  return [...recordColumns<LetterHeader>(options, palette), reason];
}
