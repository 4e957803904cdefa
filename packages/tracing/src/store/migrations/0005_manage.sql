-- Erasure and housekeeping.

-- Deletes whole traces, at most 2,000 a call, so that no call runs long; `more` says to call again. `dryRun` counts all
-- that would go.
CREATE FUNCTION tracing.delete_traces(filter jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  doomed uuid[];
  first_time timestamptz;
  last_time timestamptz;
  spans bigint;
BEGIN
  IF filter ->> 'traceId' IS NULL AND filter ->> 'userId' IS NULL AND filter ->> 'telegramId' IS NULL
     AND filter ->> 'before' IS NULL THEN
    RAISE EXCEPTION 'name what to delete: traceId, userId, telegramId or before' USING ERRCODE = '22023';
  END IF;
  IF (filter ->> 'dryRun')::boolean THEN
    RETURN (
      SELECT jsonb_build_object('traces', count(*), 'spans', coalesce(sum(t.span_count), 0), 'more', false)
      FROM tracing.traces t
      WHERE (filter ->> 'traceId' IS NULL OR t.trace_id = (filter ->> 'traceId')::uuid)
        AND (filter ->> 'userId' IS NULL OR t.user_id = filter ->> 'userId')
        AND (filter ->> 'telegramId' IS NULL OR t.telegram_id = filter ->> 'telegramId')
        AND (filter ->> 'before' IS NULL OR t.start_time < (filter ->> 'before')::timestamptz));
  END IF;

  -- Locked in the order in which ingest takes them.
  SELECT coalesce(array_agg(t.trace_id), '{}'), min(t.first_time), max(t.last_time)
  INTO doomed, first_time, last_time
  FROM (
    SELECT x.trace_id, x.first_time, x.last_time FROM tracing.traces x
    WHERE (filter ->> 'traceId' IS NULL OR x.trace_id = (filter ->> 'traceId')::uuid)
      AND (filter ->> 'userId' IS NULL OR x.user_id = filter ->> 'userId')
      AND (filter ->> 'telegramId' IS NULL OR x.telegram_id = filter ->> 'telegramId')
      AND (filter ->> 'before' IS NULL OR x.start_time < (filter ->> 'before')::timestamptz)
    ORDER BY x.trace_id LIMIT 2000 FOR UPDATE
  ) t;
  DELETE FROM tracing.traces t WHERE t.trace_id = ANY (doomed);
  WITH gone AS (
    DELETE FROM tracing.spans s WHERE s.trace_id = ANY (doomed) AND s.start_time BETWEEN first_time AND last_time
    RETURNING s.*
  ), discounted AS (
    INSERT INTO tracing.span_stats (hour, pipeline_name, dimension, name, bucket, spans, calls, errors, input_tokens,
      output_tokens, cost_usd)
    SELECT date_trunc('hour', g.start_time), g.pipeline_name, f.dimension, f.name, f.bucket, -count(*), -sum(f.calls),
      -sum(f.errors), -sum(f.input_tokens), -sum(f.output_tokens), -sum(f.cost_usd)
    FROM gone g
    CROSS JOIN LATERAL tracing.to_figures(g.root_claim, g.pipeline_name, g.agent, g.kind, g.model, g.status,
      g.duration_us, g.counts_usage, g.input_tokens, g.output_tokens, g.cost_usd) f
    GROUP BY 1, 2, 3, 4, 5
  )
  SELECT count(*) INTO spans FROM gone;
  RETURN jsonb_build_object('traces', cardinality(doomed), 'spans', spans, 'more', cardinality(doomed) = 2000);
END $$;

-- Makes the coming days' partitions, folds the figures of past hours, and drops what is older than `retentionDays`:
-- spans by the day, traces at most 10,000 a call. Gives way to long readers.
CREATE FUNCTION tracing.maintain(options jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE
  today date := now()::date;
  retention int := (options ->> 'retentionDays')::int;
  partition text;
  dropped text[] := '{}';
  removed bigint := 0;
BEGIN
  IF retention < 1 THEN
    RAISE EXCEPTION 'retentionDays must be at least 1' USING ERRCODE = '22023';
  END IF;
  FOR offset_days IN 0..2 LOOP
    PERFORM tracing.ensure_day(today + offset_days);
  END LOOP;

  WITH unfolded AS (
    DELETE FROM tracing.span_stats s USING (
      SELECT hour FROM tracing.span_stats WHERE hour < date_trunc('hour', now())
      GROUP BY hour HAVING count(*) > count(DISTINCT (pipeline_name, dimension, name, bucket))
    ) h WHERE s.hour = h.hour
    RETURNING s.*
  )
  INSERT INTO tracing.span_stats (hour, pipeline_name, dimension, name, bucket, spans, calls, errors, input_tokens,
    output_tokens, cost_usd)
  SELECT hour, pipeline_name, dimension, name, bucket, sum(spans), sum(calls), sum(errors), sum(input_tokens),
    sum(output_tokens), sum(cost_usd)
  FROM unfolded GROUP BY hour, pipeline_name, dimension, name, bucket HAVING sum(spans) <> 0;

  IF retention IS NULL THEN
    RETURN jsonb_build_object('droppedDays', '[]'::jsonb, 'deletedTraces', 0);
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
      DELETE FROM tracing.span_stats s
      WHERE s.hour >= to_date(right(partition, 8), 'YYYYMMDD')::timestamptz
        AND s.hour < (to_date(right(partition, 8), 'YYYYMMDD') + 1)::timestamptz;
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
