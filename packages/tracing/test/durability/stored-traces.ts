import { readFileSync } from "node:fs";
import { query } from "../support/postgres-server.ts";

/** What the traced processes wrote themselves. */
export interface Witness {
  opened: Set<string>;
  settled: Set<string>;
  lines: string[][];
}

export function readWitness(logFile: string): Witness {
  const lines = readFileSync(logFile, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" "));
  const idsOf = (event: string) =>
    new Set(lines.filter(([word]) => word === event).map(([, id]) => String(id)));
  return { opened: idsOf("opened"), settled: idsOf("settled"), lines };
}

/** A trace as its rows say it is, beside what its rollups say. */
export interface StoredTrace {
  traceId: string;
  status: string;
  spans: number;
  distinctSpans: number;
  tokens: number;
  spanCount: number;
  tokenCount: number;
}

export async function readTraces(databaseUrl: string): Promise<Map<string, StoredTrace>> {
  const rows = await query(
    databaseUrl,
    `SELECT replace(t.trace_id::text, '-', '') AS "traceId", t.status, coalesce(s.spans, 0)::int AS spans,
       coalesce(s.distinct_spans, 0)::int AS "distinctSpans", coalesce(s.tokens, 0)::int AS tokens,
       t.span_count::int AS "spanCount", (coalesce(t.input_tokens, 0) + coalesce(t.output_tokens, 0))::int AS "tokenCount"
     FROM tracing.traces t LEFT JOIN (
       SELECT trace_id, count(*) AS spans, count(DISTINCT span_id) AS distinct_spans,
         sum(input_tokens + output_tokens) AS tokens
       FROM tracing.spans GROUP BY trace_id
     ) s USING (trace_id)`,
  );
  return new Map(rows.map((row) => [String(row.traceId), row as unknown as StoredTrace]));
}

/** Traces whose rollups are not what their rows add up to, or that have a span twice. */
export function inexact(traces: Iterable<StoredTrace>): StoredTrace[] {
  return [...traces].filter(
    (trace) =>
      trace.spans !== trace.spanCount ||
      trace.spans !== trace.distinctSpans ||
      trace.tokens !== trace.tokenCount,
  );
}
