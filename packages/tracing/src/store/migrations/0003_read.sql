-- Reading traces back, in the shapes that the repository returns. Content stays text that holds JSON.

CREATE FUNCTION tracing.iso(at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

CREATE FUNCTION tracing.to_money(amount numeric) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT trim_scale(amount)::text
$$;

CREATE FUNCTION tracing.to_summary(t tracing.traces) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object(
    'traceId', replace(t.trace_id::text, '-', ''), 'pipelineName', t.pipeline_name, 'status', t.status,
    'startTime', tracing.iso(t.start_time), 'durationMs', t.duration_us / 1000.0, 'telegramId', t.telegram_id,
    'userId', t.user_id, 'sessionId', t.session_id, 'tags', to_jsonb(t.tags), 'metadata', t.metadata,
    'serviceName', t.service_name, 'spanCount', t.span_count, 'errorCount', t.error_count,
    'models', to_jsonb(t.models), 'inputTokens', t.input_tokens, 'outputTokens', t.output_tokens,
    'costUsd', tracing.to_money(t.cost_usd),
    'error', CASE WHEN t.error_type IS NOT NULL OR t.error_message IS NOT NULL
      THEN jsonb_build_object('type', t.error_type, 'message', t.error_message) END,
    'scores', t.scores)
$$;

CREATE FUNCTION tracing.to_span(s tracing.spans, skeleton boolean) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object(
    'spanId', encode(s.span_id, 'hex'), 'parentSpanId', encode(s.parent_span_id, 'hex'), 'name', s.name,
    'kind', s.kind, 'status', s.status, 'startTime', tracing.iso(s.start_time),
    'durationMs', s.duration_us / 1000.0, 'provider', s.provider, 'model', s.model,
    'inputTokens', s.input_tokens, 'outputTokens', s.output_tokens, 'costUsd', tracing.to_money(s.cost_usd),
    'costSource', s.cost_source,
    'error', CASE WHEN s.status = 'error' THEN jsonb_build_object('type', s.error_type, 'message', s.error_message,
      'stack', CASE WHEN NOT skeleton THEN s.error_stack END) END,
    'input', CASE WHEN NOT skeleton THEN s.input END, 'output', CASE WHEN NOT skeleton THEN s.output END,
    'attributes', CASE WHEN NOT skeleton THEN s.attributes END,
    'events', CASE WHEN NOT skeleton THEN s.events END, 'links', CASE WHEN NOT skeleton THEN s.links END)
$$;

CREATE FUNCTION tracing.get_trace(trace_id text, options jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  t tracing.traces;
  skeleton boolean := coalesce((options ->> 'skeleton')::boolean, false);
  spans jsonb;
BEGIN
  SELECT * INTO t FROM tracing.traces x WHERE x.trace_id = get_trace.trace_id::uuid;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  SELECT coalesce(jsonb_agg(tracing.to_span(s, skeleton) ORDER BY s.start_time, s.span_id), '[]') INTO spans
  FROM tracing.spans s
  WHERE s.trace_id = t.trace_id AND s.start_time BETWEEN t.first_time AND t.last_time;
  -- A root that has not ended is no row yet; its started record stands in.
  IF t.running_root IS NOT NULL THEN
    spans := jsonb_build_array(jsonb_build_object(
      'spanId', encode(t.root_span, 'hex'), 'parentSpanId', t.running_root ->> 'parentSpanId',
      'name', t.running_root ->> 'name', 'kind', t.running_root ->> 'kind', 'status', t.status,
      'startTime', tracing.iso(t.root_start), 'durationMs', NULL, 'provider', NULL, 'model', NULL,
      'inputTokens', NULL, 'outputTokens', NULL, 'costUsd', NULL, 'costSource', NULL, 'error', NULL,
      'input', CASE WHEN NOT skeleton THEN t.running_root ->> 'input' END, 'output', NULL,
      'attributes', CASE WHEN NOT skeleton THEN t.running_root ->> 'attributes' END,
      'events', NULL, 'links', NULL)) || spans;
  END IF;
  RETURN tracing.to_summary(t) || jsonb_build_object('rootSpanId', encode(t.root_span, 'hex'), 'spans', spans);
END $$;

CREATE FUNCTION tracing.get_span(trace_id text, span_id text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT tracing.to_span(s, false)
  FROM tracing.traces t JOIN tracing.spans s ON s.trace_id = t.trace_id
  WHERE t.trace_id = get_span.trace_id::uuid AND s.span_id = decode(get_span.span_id, 'hex')
    AND s.start_time BETWEEN t.first_time AND t.last_time
  LIMIT 1
$$;

CREATE FUNCTION tracing.list_traces(filter jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  page int := least(greatest(coalesce((filter ->> 'limit')::int, 50), 1), 500);
  cursor_time timestamptz := split_part(filter ->> 'cursor', '_', 1)::timestamptz;
  cursor_id uuid := split_part(filter ->> 'cursor', '_', 2)::uuid;
  pattern text := '%' || replace(replace(replace(filter ->> 'text', '\', '\\'), '%', '\%'), '_', '\_') || '%';
  started timestamptz := clock_timestamp();
  t tracing.traces;
  found jsonb := '[]';
  last tracing.traces;
  more boolean := false;
BEGIN
  FOR t IN
    SELECT * FROM tracing.traces x
    WHERE (filter ->> 'pipelineName' IS NULL OR x.pipeline_name = filter ->> 'pipelineName')
      AND (filter ->> 'status' IS NULL OR x.status = filter ->> 'status')
      AND (filter ->> 'telegramId' IS NULL OR x.telegram_id = filter ->> 'telegramId')
      AND (filter ->> 'userId' IS NULL OR x.user_id = filter ->> 'userId')
      AND (filter ->> 'sessionId' IS NULL OR x.session_id = filter ->> 'sessionId')
      AND (filter ->> 'serviceName' IS NULL OR x.service_name = filter ->> 'serviceName')
      AND (filter ->> 'model' IS NULL OR x.models @> ARRAY[filter ->> 'model'])
      AND (filter ->> 'tag' IS NULL OR x.tags @> ARRAY[filter ->> 'tag'])
      AND (filter ->> 'since' IS NULL OR x.start_time >= (filter ->> 'since')::timestamptz)
      AND (filter ->> 'until' IS NULL OR x.start_time < (filter ->> 'until')::timestamptz)
      AND (filter ->> 'minDurationMs' IS NULL OR x.duration_us >= (filter ->> 'minDurationMs')::numeric * 1000)
      AND (filter ->> 'maxDurationMs' IS NULL OR x.duration_us <= (filter ->> 'maxDurationMs')::numeric * 1000)
      AND (filter ->> 'minCostUsd' IS NULL OR x.cost_usd >= (filter ->> 'minCostUsd')::numeric)
      AND (cursor_time IS NULL OR (x.start_time, x.trace_id) < (cursor_time, cursor_id))
    ORDER BY x.start_time DESC, x.trace_id DESC
  LOOP
    IF jsonb_array_length(found) = page
       OR (pattern IS NOT NULL AND clock_timestamp() - started > interval '2 seconds' AND last.trace_id IS NOT NULL) THEN
      more := true;
      EXIT;
    END IF;
    last := t;
    IF pattern IS NULL OR t.name ILIKE pattern OR t.error_message ILIKE pattern OR EXISTS (
      SELECT FROM tracing.spans s WHERE s.trace_id = t.trace_id AND s.start_time BETWEEN t.first_time AND t.last_time
        AND (s.name ILIKE pattern OR s.error_message ILIKE pattern OR s.input ILIKE pattern OR s.output ILIKE pattern)
    ) THEN
      found := found || tracing.to_summary(t);
    END IF;
  END LOOP;
  RETURN jsonb_build_object('traces', found,
    'nextCursor', CASE WHEN more THEN tracing.iso(last.start_time) || '_' || last.trace_id::text END);
END $$;

CREATE FUNCTION tracing.score(trace_id text, score jsonb) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF coalesce(score ->> 'name', '') = '' OR score -> 'value' IS NULL THEN
    RAISE EXCEPTION 'a score needs a name and a value' USING ERRCODE = '22023';
  END IF;
  UPDATE tracing.traces t SET scores = tracing.merge_scores(t.scores, jsonb_build_array(score.score))
  WHERE t.trace_id = score.trace_id::uuid;
  RETURN FOUND;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tracing FROM PUBLIC;
