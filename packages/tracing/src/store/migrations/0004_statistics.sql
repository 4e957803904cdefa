-- Figures over many traces.

-- Counts, errors, durations and usage of a period: in total, by time, pipeline, agent and model.
--
-- Up to 20,000 spans everything is computed from them. Beyond, whole hours come from `span_stats` and only the hours
-- that the period cuts from spans, so that counts and sums stay exact and percentiles are right to 5 %. Percentiles
-- are by nearest rank in both cases.
CREATE FUNCTION tracing.stats(filter jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  since timestamptz := coalesce((filter ->> 'since')::timestamptz, '-infinity');
  until timestamptz := coalesce((filter ->> 'until')::timestamptz, 'infinity');
  pipeline text := filter ->> 'pipelineName';
  -- Nobody has spans of the future, so the last two days may be open at their end.
  step text := coalesce(filter ->> 'bucket',
    CASE WHEN since >= least(until, now()) - interval '2 days' THEN 'hour' ELSE 'day' END);
  -- The hours that lie wholly in the period.
  first_hour timestamptz := CASE WHEN isfinite(since) THEN date_trunc('hour', since + interval '59:59.999999')
    ELSE since END;
  end_hour timestamptz := CASE WHEN isfinite(until) THEN date_trunc('hour', until) ELSE until END;
  exact boolean;
  answer jsonb;
BEGIN
  IF step NOT IN ('hour', 'day') THEN
    RAISE EXCEPTION 'bucket must be hour or day' USING ERRCODE = '22023';
  END IF;
  SELECT coalesce(sum(s.spans), 0) <= 20000 INTO exact FROM tracing.span_stats s
  WHERE s.dimension = 'pipeline' AND s.hour >= first_hour AND s.hour < end_hour
    AND (pipeline IS NULL OR s.pipeline_name = pipeline);

  WITH points AS (
    SELECT f.dimension, f.name, s.start_time AS at, CASE WHEN f.calls > 0 THEN s.duration_us END AS duration_us,
      1 AS spans, f.calls, f.errors, f.input_tokens, f.output_tokens, f.cost_usd
    FROM tracing.spans s
    CROSS JOIN LATERAL tracing.to_figures(s.root_claim, s.pipeline_name, s.agent, s.kind, s.model, s.status,
      s.duration_us, s.counts_usage, s.input_tokens, s.output_tokens, s.cost_usd) f
    WHERE s.start_time >= since AND s.start_time < until AND (pipeline IS NULL OR s.pipeline_name = pipeline)
      AND (exact OR s.start_time < first_hour OR s.start_time >= end_hour)
    UNION ALL
    SELECT s.dimension, s.name, date_trunc(step, s.hour), power(1.1::float8, s.bucket - 0.5)::bigint, sum(s.spans),
      sum(s.calls), sum(s.errors), sum(s.input_tokens), sum(s.output_tokens), sum(s.cost_usd)
    FROM tracing.span_stats s
    WHERE NOT exact AND s.hour >= first_hour AND s.hour < end_hour AND (pipeline IS NULL OR s.pipeline_name = pipeline)
    GROUP BY 1, 2, 3, s.bucket
  ), grouped AS (
    SELECT g.kind, g.name, g.slot, p.duration_us, sum(p.spans) AS spans, sum(p.calls) AS calls,
      sum(p.errors) AS errors, sum(p.input_tokens) AS input_tokens, sum(p.output_tokens) AS output_tokens,
      sum(p.cost_usd) AS cost_usd
    FROM points p
    CROSS JOIN LATERAL (VALUES (p.dimension, p.name, NULL), ('total', NULL, NULL), ('time', NULL, date_trunc(step, p.at)))
      AS g(kind, name, slot)
    WHERE g.kind = p.dimension OR p.dimension = 'pipeline'
    GROUP BY 1, 2, 3, 4
  ), ranked AS (
    SELECT *, sum(calls) OVER (PARTITION BY kind, name, slot ORDER BY duration_us) AS rank,
      sum(calls) OVER (PARTITION BY kind, name, slot) AS total
    FROM grouped
  ), figures AS (
    SELECT kind, coalesce(name, tracing.iso(slot)) AS key, jsonb_build_object('count', sum(calls), 'errors', sum(errors),
      'errorRate', CASE WHEN sum(calls) > 0 THEN round(sum(errors) / sum(calls), 4) ELSE 0 END,
      'p50Ms', min(duration_us) FILTER (WHERE rank >= total * 0.5) / 1000.0,
      'p95Ms', min(duration_us) FILTER (WHERE rank >= total * 0.95) / 1000.0,
      'p99Ms', min(duration_us) FILTER (WHERE rank >= total * 0.99) / 1000.0,
      'spanCount', sum(spans), 'inputTokens', sum(input_tokens), 'outputTokens', sum(output_tokens),
      'costUsd', tracing.to_money(sum(cost_usd))) AS figure
    FROM ranked GROUP BY kind, name, slot
  )
  SELECT '{"count": 0, "errors": 0, "errorRate": 0, "p50Ms": null, "p95Ms": null, "p99Ms": null, "spanCount": 0,
      "inputTokens": null, "outputTokens": null, "costUsd": null}'::jsonb
    || coalesce(jsonb_agg(figure) FILTER (WHERE kind = 'total') -> 0, '{}')
    || jsonb_build_object('percentiles', CASE WHEN exact THEN 'exact' ELSE 'histogram' END, 'bucket', step,
      'byTime', coalesce(jsonb_agg(jsonb_build_object('time', key) || figure ORDER BY key)
        FILTER (WHERE kind = 'time'), '[]'),
      'byPipeline', coalesce(jsonb_agg(jsonb_build_object('pipelineName', key) || figure ORDER BY key)
        FILTER (WHERE kind = 'pipeline' AND key IS NOT NULL), '[]'),
      'byAgent', coalesce(jsonb_agg(jsonb_build_object('agent', key) || figure ORDER BY key)
        FILTER (WHERE kind = 'agent'), '[]'),
      'byModel', coalesce(jsonb_agg(jsonb_build_object('model', key) || figure ORDER BY key)
        FILTER (WHERE kind = 'model'), '[]'))
  INTO answer FROM figures;
  RETURN answer;
END $$;

-- Failures of one cause together, the latest first.
CREATE FUNCTION tracing.errors(filter jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  since timestamptz := coalesce((filter ->> 'since')::timestamptz, '-infinity');
  until timestamptz := coalesce((filter ->> 'until')::timestamptz, 'infinity');
  pipeline text := filter ->> 'pipelineName';
  groups int := least(greatest(coalesce((filter ->> 'limit')::int, 50), 1), 500);
BEGIN
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object('fingerprint', fingerprint, 'count', occurrences,
      'lastSeen', tracing.iso(last_seen), 'name', latest.name, 'type', latest.error_type,
      'message', latest.error_message, 'traceId', replace(latest.trace_id::text, '-', '')) ORDER BY last_seen DESC), '[]')
    FROM (
      SELECT s.fingerprint, count(*) AS occurrences, max(s.start_time) AS last_seen
      FROM tracing.spans s
      WHERE s.fingerprint IS NOT NULL AND s.start_time >= since AND s.start_time < until
        AND (pipeline IS NULL OR s.pipeline_name = pipeline)
      GROUP BY s.fingerprint ORDER BY max(s.start_time) DESC, s.fingerprint LIMIT groups
    ) failures
    CROSS JOIN LATERAL (
      SELECT s.name, s.error_type, s.error_message, s.trace_id FROM tracing.spans s
      WHERE s.fingerprint = failures.fingerprint AND s.start_time = failures.last_seen
        AND (pipeline IS NULL OR s.pipeline_name = pipeline)
      LIMIT 1
    ) latest);
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tracing FROM PUBLIC;
