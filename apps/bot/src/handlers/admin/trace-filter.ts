import type { ListFilter, TraceStatus } from "@app/tracing";
import { oneLine } from "./figures.ts";

const STATUSES: readonly TraceStatus[] = ["ok", "error", "running", "interrupted"];

/** How filters are written. */
export const FILTERS = "status=error pipeline=learn user=42 tag=synthetic model=<name>";

const READERS: ReadonlyMap<string, (value: string) => ListFilter | undefined> = new Map([
  ["status", toStatus],
  ["pipeline", (pipelineName: string) => ({ pipelineName })],
  ["user", (userId: string) => ({ userId })],
  ["tag", (tag: string) => ({ tag })],
  ["model", (model: string) => ({ model })],
]);

function toStatus(value: string): ListFilter | undefined {
  const status = STATUSES.find((candidate) => candidate === value);
  return status && { status };
}

/** The conditions written as `name=value`, separated by spaces; or what is wrong with them. */
export function parseFilter(text: string): { filter: ListFilter } | { problem: string } {
  let filter: ListFilter = {};
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const [name = "", ...rest] = word.split("=");
    const value = rest.join("=");
    const condition = value && READERS.get(name.toLowerCase())?.(value);
    if (!condition) return { problem: toProblem(name.toLowerCase(), word) };
    filter = { ...filter, ...condition };
  }
  return { filter };
}

function toProblem(name: string, word: string): string {
  const accepted = name === "status" ? `status is one of ${STATUSES.join(", ")}` : FILTERS;
  return `I do not understand "${oneLine(word, 60)}". Accepted: ${accepted}.`;
}
