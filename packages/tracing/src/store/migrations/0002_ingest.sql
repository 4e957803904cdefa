-- Storing records: each span once, and figures only by spans that are really new.

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

-- What a span adds to the figures of its pipeline, its agent and its model. A duration is in the n-th bucket when it is
-- at most 1.1 ^ n microseconds and more than 1.1 ^ (n - 1), so that the bucket's middle is at most 5 % off.
-- Without a SET clause, so that the planner can inline it.
CREATE FUNCTION tracing.to_figures(span_root_claim smallint, span_pipeline text, span_agent text, span_kind text,
  span_model text, span_status text, span_duration_us bigint, span_counts_usage boolean, span_input_tokens bigint,
  span_output_tokens bigint, span_cost_usd numeric)
RETURNS TABLE (dimension text, name text, bucket smallint, calls int, errors int, input_tokens bigint,
  output_tokens bigint, cost_usd numeric)
LANGUAGE sql IMMUTABLE AS $$
  SELECT d.dimension, d.name,
    CASE WHEN d.called THEN ceil(ln(greatest(span_duration_us, 1)::float8) / ln(1.1::float8))::smallint END,
    d.called::int, (d.called AND span_status = 'error')::int,
    CASE WHEN span_counts_usage THEN span_input_tokens END, CASE WHEN span_counts_usage THEN span_output_tokens END, CASE WHEN span_counts_usage THEN span_cost_usd END
  FROM (VALUES ('pipeline', span_pipeline, span_root_claim >= 2), ('agent', span_agent, span_kind = 'agent'), ('model', span_model, span_kind = 'llm'))
    AS d(dimension, name, called)
  WHERE d.dimension = 'pipeline' OR d.name IS NOT NULL AND (d.called OR span_counts_usage)
$$;

CREATE FUNCTION tracing.ingest(batch jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  unsupported boolean;
  days text[];
  offered bigint;
  stored bigint;
BEGIN
  IF jsonb_typeof(batch) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION 'batch must be an array of records' USING ERRCODE = '22023';
  END IF;
  -- Read as text, since nothing is known of a record before its format is.
  SELECT bool_or(r.v IS DISTINCT FROM '1'), array_agg(DISTINCT left(r.start, 10)) FILTER (WHERE r.type <> 'started')
  INTO unsupported, days FROM jsonb_to_recordset(batch) AS r(v text, type text, start text);
  IF unsupported THEN
    RETURN jsonb_build_object('unsupported', true, 'format', 1);
  END IF;
  PERFORM tracing.ensure_day(day::date) FROM unnest(days) AS day ORDER BY day;

  WITH records AS MATERIALIZED (
    SELECT r.*, decode(r.span_id, 'hex') AS span, r.trace_id::uuid AS trace,
      CASE r.type WHEN 'started' THEN 0 WHEN 'interrupted' THEN 1 ELSE 2 END AS rank
    FROM jsonb_to_recordset(batch) AS r(
      type text, trace_id text, span_id text, parent_span_id text, root smallint, pipeline text, agent text,
      service text, name text, kind text, status text, start timestamptz, "end" timestamptz, duration_us bigint,
      telegram_id text, user_id text, session_id text, tags text[], metadata text, operation text, provider text,
      model text, input_tokens bigint, output_tokens bigint, cost_usd numeric, cost_source text,
      counts_usage boolean, error_type text, error_message text, error_stack text, fingerprint text, input text,
      output text, attributes text, events text, links text, scores text, clamped text[])
  ), inserted AS (
    -- The order keeps two batches with the same spans from waiting for each other.
    INSERT INTO tracing.spans AS s (trace_id, span_id, start_time, parent_span_id, root_claim, pipeline_name, agent,
      name, kind, status, duration_us, operation, provider, model, input_tokens, output_tokens, cost_usd, cost_source,
      counts_usage, error_type, error_message, error_stack, fingerprint, input, output, attributes, events, links,
      clamped)
    SELECT trace, span, start, decode(parent_span_id, 'hex'), root, pipeline, agent, name, kind, status, duration_us,
      operation, provider, model, input_tokens, output_tokens, cost_usd, cost_source, counts_usage, error_type,
      error_message, error_stack, fingerprint, input, output, attributes, events, links, clamped
    FROM records WHERE type <> 'started'
    ORDER BY trace, span, start, rank DESC
    ON CONFLICT DO NOTHING
    RETURNING s.trace_id, s.start_time, s.root_claim, s.pipeline_name, s.agent, s.kind, s.duration_us, s.status,
      s.model, s.counts_usage, s.input_tokens, s.output_tokens, s.cost_usd
  ), counted AS (
    INSERT INTO tracing.span_stats (hour, pipeline_name, dimension, name, bucket, spans, calls, errors, input_tokens,
      output_tokens, cost_usd)
    SELECT date_trunc('hour', i.start_time), i.pipeline_name, f.dimension, f.name, f.bucket, count(*), sum(f.calls),
      sum(f.errors), sum(f.input_tokens), sum(f.output_tokens), sum(f.cost_usd)
    FROM inserted i
    CROSS JOIN LATERAL tracing.to_figures(i.root_claim, i.pipeline_name, i.agent, i.kind, i.model, i.status,
      i.duration_us, i.counts_usage, i.input_tokens, i.output_tokens, i.cost_usd) f
    GROUP BY 1, 2, 3, 4, 5
  ), sums AS (
    SELECT trace_id, count(*) AS spans, count(*) FILTER (WHERE status = 'error') AS errors,
      sum(input_tokens) FILTER (WHERE counts_usage) AS input_tokens,
      sum(output_tokens) FILTER (WHERE counts_usage) AS output_tokens,
      sum(cost_usd) FILTER (WHERE counts_usage) AS cost_usd,
      array_agg(DISTINCT model) FILTER (WHERE model IS NOT NULL) AS models
    FROM inserted GROUP BY trace_id
  ), headers AS (
    SELECT DISTINCT ON (trace) * FROM records ORDER BY trace, root DESC, start, span, rank DESC
  ), bounds AS (
    SELECT trace, min(start) AS first_time, max(start) AS last_time,
      coalesce((array_agg(scores::jsonb) FILTER (WHERE scores IS NOT NULL AND root > 0))[1], '[]') AS scores,
      (array_agg(jsonb_build_object('spanId', span_id, 'parentSpanId', parent_span_id, 'name', name, 'kind', kind,
        'input', input, 'attributes', attributes) ORDER BY root DESC, start, span) FILTER (WHERE rank = 0))[1] AS started
    FROM records GROUP BY trace
  ), merged AS (
    INSERT INTO tracing.traces AS t (trace_id, pipeline_name, status_rank, status, root_claim, root_start, root_span,
      started_root, service_name, telegram_id, user_id, session_id, tags, metadata, name, start_time, duration_us,
      error_type, error_message, first_time, last_time, span_count, error_count, input_tokens, output_tokens, cost_usd,
      models, scores)
    SELECT h.trace, h.pipeline, CASE WHEN h.root > 0 THEN h.rank ELSE 0 END,
      CASE WHEN h.root > 0 THEN h.status ELSE 'running' END, h.root, h.start, h.span,
      CASE WHEN h.rank < 2 THEN b.started END, h.service, h.telegram_id, h.user_id, h.session_id,
      coalesce(h.tags, '{}'), h.metadata, h.name, h.start, CASE WHEN h.root > 0 THEN h.duration_us END,
      CASE WHEN h.root > 0 THEN h.error_type END, CASE WHEN h.root > 0 THEN h.error_message END, b.first_time,
      b.last_time, coalesce(s.spans, 0), coalesce(s.errors, 0), s.input_tokens, s.output_tokens, s.cost_usd,
      coalesce(s.models, '{}'), b.scores
    FROM headers h JOIN bounds b USING (trace) LEFT JOIN sums s ON s.trace_id = h.trace
    ORDER BY h.trace
    ON CONFLICT (trace_id) DO UPDATE SET
      (pipeline_name, status_rank, status, root_claim, root_start, root_span, started_root, service_name, telegram_id,
       user_id, session_id, tags, metadata, name, start_time, duration_us, error_type, error_message) = (
        SELECT n.pipeline_name, n.status_rank, n.status, n.root_claim, n.root_start, n.root_span,
          CASE WHEN n.status_rank < 2 THEN coalesce(n.started_root, EXCLUDED.started_root, t.started_root) END, n.service_name,
          n.telegram_id, n.user_id, n.session_id, n.tags, n.metadata, n.name, n.start_time, n.duration_us,
          n.error_type, n.error_message
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
