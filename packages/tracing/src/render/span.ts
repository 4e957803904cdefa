import type { Span } from "../store/trace-repo.ts";
import { oneLine, padCells, printable } from "./cell-text.ts";
import { formatCost, formatCount, formatDuration, formatTime, UNKNOWN } from "./format.ts";
import { toText } from "./json-text.ts";
import { createPalette } from "./palette.ts";
import type { RenderOptions } from "./trace-tree.ts";

/** One whole span: its fields, then error with stack, input, output, attributes, events and links, uncut. */
export function renderSpan(span: Span, options: RenderOptions = {}): string {
  const palette = createPalette(options.color ?? false);
  const fields = toFields(span, options.timeZone);
  const labelWidth = Math.max(...fields.map(([label]) => label.length));
  const lines = [
    `${palette.strong(oneLine(span.name))}  ${palette.status(span.status)(span.status)}  ${formatDuration(span.durationMs)}`,
    ...fields.map(([label, value]) => `${palette.quiet(padCells(label, labelWidth))}  ${oneLine(value)}`),
  ];
  const section = (title: string, text: string | undefined) => {
    if (text !== undefined)
      lines.push("", palette.strong(title), ...text.split("\n").map((line) => `  ${line}`));
  };
  section("error", span.error ? toErrorText(span.error) : undefined);
  section("input", isAbsent(span.input) ? undefined : toText(span.input, true));
  section("output", isAbsent(span.output) ? undefined : toText(span.output, true));
  section("attributes", toAttributeText(span.attributes));
  section("events", span.events.length > 0 ? toText(span.events, true) : undefined);
  section("links", span.links.length > 0 ? toText(span.links, true) : undefined);
  return lines.join("\n");
}

function toFields(span: Span, timeZone: string | undefined): [label: string, value: string][] {
  const usage = span.inputTokens !== null || span.outputTokens !== null;
  const count = (value: number | null) => (value === null ? UNKNOWN : formatCount(value));
  const all: [string, string | null | undefined][] = [
    ["span", span.spanId],
    ["parent", span.parentSpanId],
    ["kind", span.kind],
    ["started", formatTime(span.startTime, { timeZone })],
    ["provider", span.provider],
    ["model", span.model],
    ["tokens", usage ? `${count(span.inputTokens)} in, ${count(span.outputTokens)} out` : undefined],
    ["cost", formatCost(span.costUsd)],
  ];
  return all.filter((field): field is [string, string] => Boolean(field[1]));
}

function toErrorText({ type, message, stack }: NonNullable<Span["error"]>): string {
  const title = [type, message].filter(Boolean).join(": ");
  if (!stack) return printable(title || UNKNOWN);
  // A stack as V8 writes it starts with the title.
  return printable(!message || stack.includes(message) ? stack : `${title}\n${stack}`);
}

function toAttributeText(attributes: Span["attributes"]): string | undefined {
  const entries = Object.entries(attributes);
  if (entries.length === 0) return undefined;
  return entries.map(([name, value]) => `${oneLine(name)} = ${toText(value)}`).join("\n");
}

function isAbsent(value: unknown): boolean {
  return value === null || value === undefined;
}
