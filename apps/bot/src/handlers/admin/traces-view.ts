import type { TraceStatus, TraceSummary } from "@app/tracing";
import { FormattedString, fmt } from "@grammyjs/parse-mode";
import { formatAge, formatCost, formatDuration, oneLine } from "./figures.ts";
import type { TracePage } from "./trace-pages.ts";

export const MARKS: Readonly<Record<TraceStatus, string>> = {
  ok: "✓",
  error: "✗",
  running: "…",
  interrupted: "!",
};

const PIPELINE_WIDTH = 13;
const DURATION_WIDTH = 7;
const AGE_WIDTH = 10;
const USER_LENGTH = 14;

/** Two lines a trace, which fit on a phone. */
export function toTraceList(
  traces: readonly TraceSummary[],
  { asked, cursor }: TracePage,
  note: string | undefined,
): FormattedString {
  const title = cursor === undefined ? "Last runs" : "Earlier runs";
  const heading = fmt`${FormattedString.bold(title)}${asked ? `  ${oneLine(asked, 200)}` : ""}`;
  const lines = traces.flatMap((trace, index) => toLines(trace, index + 1));
  const body =
    lines.length > 0
      ? FormattedString.pre(lines.join("\n"))
      : new FormattedString(asked || cursor !== undefined ? "No run matches." : "There is no run yet.");
  return FormattedString.join([heading, body, ...(note ? [note] : [])], "\n");
}

function toLines(trace: TraceSummary, number: number): string[] {
  const first = [
    number,
    MARKS[trace.status],
    oneLine(trace.pipelineName ?? "?", PIPELINE_WIDTH).padEnd(PIPELINE_WIDTH),
    formatDuration(trace.durationMs).padStart(DURATION_WIDTH),
    `${formatAge(trace.startTime)} ago`.padStart(AGE_WIDTH),
  ].join(" ");
  const user = trace.userId ?? trace.telegramId;
  const second = [
    trace.traceId.slice(0, 8),
    trace.status === "ok" ? undefined : trace.status,
    formatCost(trace.costUsd),
    user === null ? undefined : `user ${oneLine(user, USER_LENGTH)}`,
  ];
  return [first, `    ${second.filter(Boolean).join("  ")}`];
}
