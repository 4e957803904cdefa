-- Figures over many traces, erasure and housekeeping.

CREATE FUNCTION tracing.stats(filter jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
  WITH chosen AS (
    SELECT * FROM tracing.traces t
    WHERE (filter ->> 'pipelineName' IS NULL OR t.pipeline_name = filter ->> 'pipelineName')
      AND (filter ->> 'since' IS NULL OR t.start_time >= (filter ->> 'since')::timestamptz)
      AND (filter ->> 'until' IS NULL OR t.start_time < (filter ->> 'until')::timestamptz)
  ), figures AS (
    SELECT pipeline_name, count(*) AS traces, count(*) FILTER (WHERE status = 'error') AS errors,
      percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration_us / 1000.0) AS durations,
      sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, sum(cost_usd) AS cost_usd
    FROM chosen GROUP BY GROUPING SETS ((), (pipeline_name))
    HAVING pipeline_name IS NOT NULL OR grouping(pipeline_name) = 1
  ), told AS (
    SELECT pipeline_name, jsonb_build_object('traces', traces, 'errors', errors,
      'errorRate', CASE WHEN traces > 0 THEN round(errors::numeric / traces, 4) ELSE 0 END,
      'p50Ms', durations[1], 'p95Ms', durations[2], 'p99Ms', durations[3], 'inputTokens', input_tokens,
      'outputTokens', output_tokens, 'costUsd', tracing.to_money(cost_usd)) AS figure
    FROM figures
  )
  SELECT (SELECT figure FROM told WHERE pipeline_name IS NULL) || jsonb_build_object('percentiles', 'exact',
    'byPipeline', coalesce((SELECT jsonb_agg(jsonb_build_object('pipelineName', pipeline_name) || figure
      ORDER BY pipeline_name) FROM told WHERE pipeline_name IS NOT NULL), '[]'))
$$;

CREATE FUNCTION tracing.errors(filter jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('fingerprint', fingerprint, 'count', occurrences,
    'lastSeen', tracing.iso(last_seen), 'name', latest.name, 'type', latest.error_type,
    'message', latest.error_message, 'traceId', replace(latest.trace_id::text, '-', '')) ORDER BY last_seen DESC), '[]')
  FROM (
    SELECT fingerprint, count(*) AS occurrences, max(start_time) AS last_seen
    FROM tracing.spans
    WHERE fingerprint IS NOT NULL
      AND (filter ->> 'pipelineName' IS NULL OR pipeline_name = filter ->> 'pipelineName')
      AND (filter ->> 'since' IS NULL OR start_time >= (filter ->> 'since')::timestamptz)
      AND (filter ->> 'until' IS NULL OR start_time < (filter ->> 'until')::timestamptz)
    GROUP BY fingerprint ORDER BY max(start_time) DESC
    LIMIT least(greatest(coalesce((filter ->> 'limit')::int, 50), 1), 500)
  ) failures
  CROSS JOIN LATERAL (
    SELECT s.name, s.error_type, s.error_message, s.trace_id FROM tracing.spans s
    WHERE s.fingerprint = failures.fingerprint AND s.start_time = failures.last_seen LIMIT 1
  ) latest
$$;

CREATE FUNCTION tracing.delete_traces(filter jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  doomed uuid[];
  spans bigint := 0;
BEGIN
  IF filter ->> 'traceId' IS NULL AND filter ->> 'userId' IS NULL AND filter ->> 'telegramId' IS NULL
     AND filter ->> 'before' IS NULL THEN
    RAISE EXCEPTION 'name what to delete: traceId, userId, telegramId or before' USING ERRCODE = '22023';
  END IF;
  SELECT coalesce(array_agg(t.trace_id), '{}') INTO doomed FROM tracing.traces t
  WHERE (filter ->> 'traceId' IS NULL OR t.trace_id = (filter ->> 'traceId')::uuid)
    AND (filter ->> 'userId' IS NULL OR t.user_id = filter ->> 'userId')
    AND (filter ->> 'telegramId' IS NULL OR t.telegram_id = filter ->> 'telegramId')
    AND (filter ->> 'before' IS NULL OR t.start_time < (filter ->> 'before')::timestamptz);
  IF coalesce((filter ->> 'dryRun')::boolean, false) THEN
    SELECT count(*) INTO spans FROM tracing.spans s WHERE s.trace_id = ANY (doomed);
  ELSE
    DELETE FROM tracing.spans s WHERE s.trace_id = ANY (doomed);
    GET DIAGNOSTICS spans = ROW_COUNT;
    DELETE FROM tracing.traces t WHERE t.trace_id = ANY (doomed);
  END IF;
  RETURN jsonb_build_object('traces', cardinality(doomed), 'spans', spans);
END $$;

CREATE FUNCTION tracing.maintain(options jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE
  today date := now()::date;
  retention int := (options ->> 'retentionDays')::int;
  partition text;
  dropped text[] := '{}';
  removed bigint := 0;
BEGIN
  FOR offset_days IN 0..2 LOOP
    PERFORM tracing.ensure_day(today + offset_days);
  END LOOP;
  IF retention IS NULL THEN
    RETURN jsonb_build_object('droppedDays', '[]'::jsonb, 'deletedTraces', 0);
  END IF;
  IF retention < 1 THEN
    RAISE EXCEPTION 'retentionDays must be at least 1' USING ERRCODE = '22023';
  END IF;
  FOR partition IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace n ON n.oid = p.relnamespace
    WHERE n.nspname = 'tracing' AND p.relname = 'spans'
      AND c.relname < 'spans_' || to_char(today - retention, 'YYYYMMDD')
    ORDER BY 1
  LOOP
    BEGIN
      EXECUTE format('DROP TABLE tracing.%I', partition);
      dropped := dropped || partition;
    EXCEPTION WHEN lock_not_available THEN
      -- Somebody reads it; the next round will find it free.
      EXIT;
    END;
  END LOOP;
  DELETE FROM tracing.traces WHERE trace_id IN (
    SELECT trace_id FROM tracing.traces WHERE last_time < (today - retention)::timestamptz LIMIT 10000);
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN jsonb_build_object('droppedDays', to_jsonb(dropped), 'deletedTraces', removed);
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tracing FROM PUBLIC;
