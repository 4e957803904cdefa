import { openStore } from "../../src/open-store.ts";
import { migrate } from "../../src/store/migrator.ts";
import { query } from "./postgres-server.ts";

/** Brings the schema into a database. */
export async function migrateDatabase(databaseUrl: string): Promise<void> {
  const store = await openStore({ databaseUrl }, {});
  await migrate(store.migrations);
  await store.close();
}

/** What the spans of each trace add up to. */
export const SUMS = `
  SELECT trace_id, count(*) AS spans, count(*) FILTER (WHERE status = 'error') AS errors,
    sum(input_tokens) FILTER (WHERE counts_usage) AS input_tokens,
    sum(output_tokens) FILTER (WHERE counts_usage) AS output_tokens,
    sum(cost_usd) FILTER (WHERE counts_usage) AS cost_usd
  FROM tracing.spans GROUP BY trace_id`;

/** Traces whose figures are not the sums of their spans, spans without a trace, and spans that are stored twice. */
export function wrongFigures(databaseUrl: string): Promise<Record<string, unknown>[]> {
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
