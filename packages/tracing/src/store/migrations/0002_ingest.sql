-- Storing records: each span once, and rollups only by spans that are really new.

-- Scores of a trace, one a name; the later one stands.
CREATE FUNCTION tracing.merge_scores(older jsonb, newer jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(jsonb_agg(score ORDER BY name), '[]') FROM (
    SELECT DISTINCT ON (score ->> 'name') score ->> 'name' AS name, score
    FROM (SELECT 0 AS age, jsonb_array_elements(older) AS score
          UNION ALL SELECT 1, jsonb_array_elements(newer)) scores
    ORDER BY score ->> 'name', age DESC
  ) merged
$$;

CREATE FUNCTION tracing.merge_models(older text[], newer text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT model ORDER BY model), '{}')
  FROM unnest(older || newer) AS model WHERE model IS NOT NULL
$$;

CREATE FUNCTION tracing.ingest(batch jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  day date;
  offered bigint;
  stored bigint;
BEGIN
  IF jsonb_typeof(batch) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION 'batch must be an array of records' USING ERRCODE = '22023';
  END IF;
  IF EXISTS (SELECT FROM jsonb_array_elements(batch) record WHERE record ->> 'v' IS DISTINCT FROM '1') THEN
    RETURN jsonb_build_object('unsupported', true, 'format', 1);
  END IF;
  FOR day IN SELECT DISTINCT r.start::date FROM jsonb_to_recordset(batch) AS r(type text, start timestamptz)
             WHERE r.type <> 'started' ORDER BY 1 LOOP
    PERFORM tracing.ensure_day(day);
  END LOOP;

  WITH records AS MATERIALIZED (
    SELECT r.*, decode(r.span_id, 'hex') AS span, r.trace_id::uuid AS trace,
      CASE r.type WHEN 'started' THEN 0 WHEN 'interrupted' THEN 1 ELSE 2 END AS rank
    FROM jsonb_to_recordset(batch) AS r(
      type text, trace_id text, span_id text, parent_span_id text, root smallint, pipeline text, service text,
      name text, kind text, status text, start timestamptz, "end" timestamptz, duration_us bigint, telegram_id text,
      user_id text, session_id text, tags text[], metadata text, operation text, provider text, model text,
      input_tokens bigint, output_tokens bigint, cost_usd numeric, cost_source text, counts_usage boolean,
      error_type text, error_message text, error_stack text, fingerprint text, input text, output text,
      attributes text, events text, links text, scores text, clamped text[])
  ), inserted AS (
    INSERT INTO tracing.spans AS s (trace_id, span_id, start_time, parent_span_id, root_claim, pipeline_name, name,
      kind, status, duration_us, operation, provider, model, input_tokens, output_tokens, cost_usd, cost_source,
      counts_usage, error_type, error_message, error_stack, fingerprint, input, output, attributes, events, links, clamped)
    SELECT trace, span, start, decode(parent_span_id, 'hex'), root, pipeline, name, kind, status, duration_us, operation,
      provider, model, input_tokens, output_tokens, cost_usd, cost_source, counts_usage, error_type, error_message,
      error_stack, fingerprint, input, output, attributes, events, links, clamped
    FROM records WHERE type <> 'started'
    ORDER BY trace_id, span_id, start, rank DESC
    ON CONFLICT DO NOTHING
    RETURNING s.trace_id, s.span_id, s.start_time, s.duration_us, s.status, s.model, s.counts_usage, s.input_tokens,
      s.output_tokens, s.cost_usd
  ), sums AS (
    SELECT trace_id, count(*) AS spans, count(*) FILTER (WHERE status = 'error') AS errors,
      sum(input_tokens) FILTER (WHERE counts_usage) AS input_tokens,
      sum(output_tokens) FILTER (WHERE counts_usage) AS output_tokens,
      sum(cost_usd) FILTER (WHERE counts_usage) AS cost_usd,
      array_agg(DISTINCT model) FILTER (WHERE model IS NOT NULL) AS models,
      max(start_time + duration_us * interval '1 microsecond') AS last_time
    FROM inserted GROUP BY trace_id
  ), headers AS (
    SELECT DISTINCT ON (trace) * FROM records ORDER BY trace, root DESC, start, span, rank DESC
  ), bounds AS (
    SELECT trace, min(start) AS first_time, max(start) AS last_time,
      coalesce((array_agg(scores::jsonb) FILTER (WHERE scores IS NOT NULL AND root > 0))[1], '[]') AS scores
    FROM records GROUP BY trace
  ), merged AS (
    INSERT INTO tracing.traces AS t (trace_id, pipeline_name, status_rank, status, root_claim, root_start, root_span,
      running_root, service_name, telegram_id, user_id, session_id, tags, metadata, name, start_time, duration_us,
      error_type, error_message, first_time, last_time, span_count, error_count, input_tokens, output_tokens, cost_usd,
      models, scores)
    SELECT h.trace, h.pipeline, CASE WHEN h.root > 0 THEN h.rank ELSE 0 END,
      CASE WHEN h.root > 0 THEN h.status ELSE 'running' END, h.root, h.start, h.span,
      CASE WHEN h.rank = 0 THEN jsonb_build_object('name', h.name, 'kind', h.kind, 'parentSpanId', h.parent_span_id,
        'input', h.input, 'attributes', h.attributes) END,
      h.service, h.telegram_id, h.user_id, h.session_id, coalesce(h.tags, '{}'), h.metadata, h.name, h.start,
      CASE WHEN h.root > 0 THEN h.duration_us END, CASE WHEN h.root > 0 THEN h.error_type END,
      CASE WHEN h.root > 0 THEN h.error_message END, b.first_time, greatest(b.last_time, s.last_time),
      coalesce(s.spans, 0), coalesce(s.errors, 0), s.input_tokens, s.output_tokens, s.cost_usd,
      coalesce(s.models, '{}'), b.scores
    FROM headers h JOIN bounds b USING (trace) LEFT JOIN sums s ON s.trace_id = h.trace
    ORDER BY h.trace
    ON CONFLICT (trace_id) DO UPDATE SET
      (pipeline_name, status_rank, status, root_claim, root_start, root_span, running_root, service_name, telegram_id,
       user_id, session_id, tags, metadata, name, start_time, duration_us, error_type, error_message) = (
        SELECT n.pipeline_name, n.status_rank, n.status, n.root_claim, n.root_start, n.root_span, n.running_root,
          n.service_name, n.telegram_id, n.user_id, n.session_id, n.tags, n.metadata, n.name, n.start_time,
          n.duration_us, n.error_type, n.error_message
        FROM (SELECT t.* UNION ALL SELECT EXCLUDED.*) n
        ORDER BY n.root_claim DESC, n.root_start, n.root_span, n.status_rank DESC LIMIT 1),
      first_time = least(t.first_time, EXCLUDED.first_time),
      last_time = greatest(t.last_time, EXCLUDED.last_time),
      span_count = t.span_count + EXCLUDED.span_count,
      error_count = t.error_count + EXCLUDED.error_count,
      input_tokens = CASE WHEN EXCLUDED.input_tokens IS NULL THEN t.input_tokens
        ELSE coalesce(t.input_tokens, 0) + EXCLUDED.input_tokens END,
      output_tokens = CASE WHEN EXCLUDED.output_tokens IS NULL THEN t.output_tokens
        ELSE coalesce(t.output_tokens, 0) + EXCLUDED.output_tokens END,
      cost_usd = CASE WHEN EXCLUDED.cost_usd IS NULL THEN t.cost_usd
        ELSE coalesce(t.cost_usd, 0) + EXCLUDED.cost_usd END,
      models = CASE WHEN EXCLUDED.models <@ t.models THEN t.models
        ELSE tracing.merge_models(t.models, EXCLUDED.models) END,
      scores = CASE WHEN EXCLUDED.scores = '[]' THEN t.scores
        ELSE tracing.merge_scores(t.scores, EXCLUDED.scores) END
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM records WHERE type <> 'started'), (SELECT count(*) FROM inserted),
    (SELECT count(*) FROM merged)
  INTO offered, stored;
  RETURN jsonb_build_object('inserted', stored, 'duplicates', offered - stored);
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tracing FROM PUBLIC;
