import type { TraceDetail } from "@app/tracing";
import { FormattedString, fmt } from "@grammyjs/parse-mode";
import {
  counted,
  formatAge,
  formatCost,
  formatDuration,
  formatTime,
  formatTokens,
  oneLine,
} from "./figures.ts";
import { toTraceTree } from "./trace-tree.ts";
import { MARKS } from "./traces-view.ts";

const FIELD_LENGTH = 200;
const ERROR_LENGTH = 500;
const CONTENT_LENGTH = 600;

/** One run: what it was, its steps, what it was given and what it returned. */
export function toTraceText(trace: TraceDetail): FormattedString {
  const { pipelineName, status, durationMs, traceId } = trace;
  const heading = fmt`${MARKS[status]} ${FormattedString.bold(oneLine(pipelineName ?? "?", 60))}  ${status}, ${formatDuration(durationMs)}\n${FormattedString.code(traceId)}`;
  const parts = [
    fmt`${heading}\n${toFacts(trace).join("\n")}`,
    FormattedString.pre(trace.spans.length > 0 ? toTraceTree(trace) : "No span has ended yet."),
    ...toContent("Input", trace.input),
    ...toContent("Output", trace.output),
  ];
  return FormattedString.join(parts, "\n\n");
}

function toFacts(trace: TraceDetail): string[] {
  const { startTime, spanCount, errorCount, userId, telegramId, sessionId, models, tags, scores, error } =
    trace;
  const tokens = formatTokens(trace.inputTokens, trace.outputTokens);
  const user = userId ?? telegramId;
  const people = [user !== null && `user ${user}`, sessionId !== null && `session ${sessionId}`];
  const size = [
    counted(spanCount, "span") + (errorCount > 0 ? `, ${errorCount} failed` : ""),
    tokens && `${tokens} tokens`,
    formatCost(trace.costUsd),
  ];
  return [
    `${formatTime(startTime)}, ${formatAge(startTime)} ago`,
    people.filter(Boolean).join(", "),
    size.filter(Boolean).join(", "),
    models.join(", "),
    tags.length > 0 ? `tags: ${tags.join(", ")}` : "",
    scores.length > 0 ? `scores: ${scores.map(({ name, value }) => `${name} ${value}`).join(", ")}` : "",
  ]
    .filter(Boolean)
    .map((fact) => oneLine(fact, FIELD_LENGTH))
    .concat(
      error ? oneLine(`Error: ${[error.type, error.message].filter(Boolean).join(": ")}`, ERROR_LENGTH) : [],
    );
}

function toContent(heading: string, value: unknown): FormattedString[] {
  if (value === null || value === undefined) return [];
  const text = oneLine(typeof value === "string" ? value : JSON.stringify(value), CONTENT_LENGTH);
  if (text === "") return [];
  return [fmt`${FormattedString.bold(heading)}\n${FormattedString.blockquote(text)}`];
}
