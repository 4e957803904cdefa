import { query } from "../support/postgres-server.ts";
import { SUMS } from "../support/stored-figures.ts";
import type { SettledRun } from "./run-log.ts";

/** Settled runs that are not stored exactly as they said, each span once. */
export function wrongRuns(
  databaseUrl: string,
  settled: readonly SettledRun[],
): Promise<Record<string, unknown>[]> {
  return query(
    databaseUrl,
    `WITH sums AS (${SUMS})
     SELECT s.*, t.status AS stored_status, sums.spans AS stored_spans, t.span_count, t.error_count, t.input_tokens
     FROM jsonb_to_recordset($1::jsonb) AS s(trace uuid, spans bigint, errors bigint, calls bigint, status text)
     LEFT JOIN tracing.traces t ON t.trace_id = s.trace
     LEFT JOIN sums ON sums.trace_id = s.trace
     WHERE (t.status, t.span_count, t.error_count, coalesce(t.input_tokens, 0), coalesce(t.output_tokens, 0), coalesce(t.cost_usd, 0), sums.spans, sums.errors)
       IS DISTINCT FROM (s.status, s.spans, s.errors, s.calls * 10, s.calls * 2, s.calls * 0.001, s.spans, s.errors)
     LIMIT 10`,
    [JSON.stringify(settled)],
  );
}
