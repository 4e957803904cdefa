import { query } from "../support/postgres-server.ts";
import type { SettledRun } from "./run-log.ts";

type Rows = Record<string, unknown>[];

const SUMS = `
  SELECT trace_id, count(*) AS spans, count(*) FILTER (WHERE status = 'error') AS errors,
    sum(input_tokens) FILTER (WHERE counts_usage) AS input_tokens,
    sum(output_tokens) FILTER (WHERE counts_usage) AS output_tokens,
    sum(cost_usd) FILTER (WHERE counts_usage) AS cost_usd
  FROM tracing.spans GROUP BY trace_id`;

/** Settled runs that are not stored exactly as they said, each span once. */
export function wrongRuns(databaseUrl: string, settled: readonly SettledRun[]): Promise<Rows> {
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

/** Traces whose figures are not the sums of their spans, spans without a trace, and spans that are stored twice. */
export async function wrongFigures(databaseUrl: string): Promise<Rows> {
  return query(
    databaseUrl,
    `WITH sums AS (${SUMS})
     SELECT 'trace' AS what, coalesce(t.trace_id, sums.trace_id)::text AS id, t.span_count, sums.spans
     FROM tracing.traces t FULL JOIN sums USING (trace_id)
     WHERE t.trace_id IS NULL
       OR (t.span_count, t.error_count, t.input_tokens, t.output_tokens, t.cost_usd)
       IS DISTINCT FROM (coalesce(sums.spans, 0), coalesce(sums.errors, 0), sums.input_tokens, sums.output_tokens, sums.cost_usd)
     UNION ALL
     SELECT 'twice', encode(span_id, 'hex'), count(*), count(*) FROM tracing.spans GROUP BY trace_id, span_id HAVING count(*) > 1
     UNION ALL
     SELECT 'statistics', 'spans', s.spans, n.spans
     FROM (SELECT coalesce(sum(spans), 0) AS spans FROM tracing.span_stats WHERE dimension = 'pipeline') s,
       (SELECT count(*) AS spans FROM tracing.spans) n
     WHERE s.spans <> n.spans
     LIMIT 10`,
  );
}

/** The status of each stored trace. */
export async function statuses(databaseUrl: string): Promise<Map<string, string>> {
  const rows = await query(
    databaseUrl,
    "SELECT replace(trace_id::text, '-', '') AS trace, status FROM tracing.traces",
  );
  return new Map(rows.map(({ trace, status }) => [String(trace), String(status)]));
}
