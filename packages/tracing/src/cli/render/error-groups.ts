import { oneLine } from "../../render/cell-text.ts";
import { formatCount, formatShortTime, formatTime, UNKNOWN } from "../../render/format.ts";
import { createPalette } from "../../render/palette.ts";
import type { RenderOptions } from "../../render/trace-tree.ts";
import type { ErrorGroup } from "../../store/trace-repo.ts";
import { renderTable } from "./table.ts";

const SHORT_ID = 12;
const WIDE = 120;

/** Failures of one cause a line, with the latest trace each happened in. */
export function renderErrorGroups(groups: readonly ErrorGroup[], options: RenderOptions = {}): string {
  const palette = createPalette(options.color ?? false);
  const { width, timeZone } = options;
  const roomy = width === undefined || width >= WIDE;
  const toTime = roomy ? formatTime : formatShortTime;
  return renderTable(
    groups,
    [
      {
        title: "count",
        align: "right",
        toCell: ({ count }) => formatCount(count),
        paint: () => palette.bad,
      },
      {
        title: "last seen",
        toCell: ({ lastSeen }) => toTime(lastSeen, { timeZone }),
        paint: () => palette.quiet,
        dispensable: 1,
      },
      {
        title: "trace",
        toCell: ({ traceId }) => (roomy ? traceId : traceId.slice(0, SHORT_ID)),
        paint: () => palette.quiet,
      },
      {
        title: "where",
        toCell: ({ name }) => oneLine(name),
        paint: () => palette.strong,
        narrowest: 10,
        dispensable: 2,
      },
      { title: "error", toCell: toError, narrowest: 12 },
    ],
    options,
  );
}

function toError({ type, message }: ErrorGroup): string {
  return oneLine([type, message].filter(Boolean).join(": ")) || UNKNOWN;
}
