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

-- `started` is what is known of a root that never ended; what it was given is told there only, when it was long.
CREATE FUNCTION tracing.to_span(s tracing.spans, started jsonb, skeleton boolean) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object(
    'spanId', encode(s.span_id, 'hex'), 'parentSpanId', encode(s.parent_span_id, 'hex'), 'name', s.name,
    'kind', s.kind, 'status', s.status, 'startTime', tracing.iso(s.start_time),
    'durationMs', s.duration_us / 1000.0, 'agent', s.agent, 'provider', s.provider, 'model', s.model,
    'inputTokens', s.input_tokens, 'outputTokens', s.output_tokens, 'costUsd', tracing.to_money(s.cost_usd),
    'costSource', s.cost_source,
    'error', CASE WHEN s.status = 'error' THEN jsonb_build_object('type', s.error_type, 'message', s.error_message,
      'stack', CASE WHEN NOT skeleton THEN s.error_stack END) END,
    'input', CASE WHEN NOT skeleton THEN coalesce(s.input,
      CASE WHEN started ->> 'spanId' = encode(s.span_id, 'hex') THEN started ->> 'input' END) END,
    'output', CASE WHEN NOT skeleton THEN s.output END,
    'attributes', CASE WHEN NOT skeleton THEN s.attributes END,
    'events', CASE WHEN NOT skeleton THEN s.events END, 'links', CASE WHEN NOT skeleton THEN s.links END)
$$;

-- A root that runs is no row of spans yet; its started record stands in. Null when there is none.
CREATE FUNCTION tracing.running_root(t tracing.traces, skeleton boolean) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object(
    'spanId', t.started_root ->> 'spanId', 'parentSpanId', t.started_root ->> 'parentSpanId',
    'name', t.started_root ->> 'name', 'kind', t.started_root ->> 'kind', 'status', t.status,
    'startTime', tracing.iso(t.root_start), 'durationMs', NULL, 'agent', NULL, 'provider', NULL, 'model', NULL,
    'inputTokens', NULL, 'outputTokens', NULL, 'costUsd', NULL, 'costSource', NULL, 'error', NULL,
    'input', CASE WHEN NOT skeleton THEN t.started_root ->> 'input' END, 'output', NULL,
    'attributes', CASE WHEN NOT skeleton THEN t.started_root ->> 'attributes' END, 'events', NULL, 'links', NULL)
  WHERE t.status_rank = 0 AND t.started_root ->> 'spanId' = encode(t.root_span, 'hex')
$$;

CREATE FUNCTION tracing.get_trace(trace_id text, options jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  t tracing.traces;
  skeleton boolean := coalesce((options ->> 'skeleton')::boolean, false);
  running jsonb;
  spans jsonb;
BEGIN
  SELECT * INTO t FROM tracing.traces x WHERE x.trace_id = get_trace.trace_id::uuid;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  SELECT coalesce(jsonb_agg(tracing.to_span(s, t.started_root, skeleton) ORDER BY s.start_time, s.span_id), '[]')
  INTO spans FROM tracing.spans s
  WHERE s.trace_id = t.trace_id AND s.start_time BETWEEN t.first_time AND t.last_time;
  running := tracing.running_root(t, skeleton);
  IF running IS NOT NULL THEN
    spans := jsonb_build_array(running) || spans;
  END IF;
  RETURN tracing.to_summary(t) || jsonb_build_object('rootSpanId', encode(t.root_span, 'hex'), 'spans', spans);
END $$;

CREATE FUNCTION tracing.get_span(trace_id text, span_id text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  t tracing.traces;
  span jsonb;
BEGIN
  SELECT * INTO t FROM tracing.traces x WHERE x.trace_id = get_span.trace_id::uuid;
  SELECT tracing.to_span(s, t.started_root, false) INTO span FROM tracing.spans s
  WHERE s.trace_id = t.trace_id AND s.span_id = decode(get_span.span_id, 'hex')
    AND s.start_time BETWEEN t.first_time AND t.last_time
  LIMIT 1;
  RETURN coalesce(span, CASE WHEN t.root_span = decode(get_span.span_id, 'hex') THEN tracing.running_root(t, false) END);
END $$;

-- Newest first. A page of a text search ends when it is full or after two seconds; either way the cursor goes on.
CREATE FUNCTION tracing.list_traces(filter jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  page int := least(greatest(coalesce((filter ->> 'limit')::int, 50), 1), 500);
  pattern text := '%' || replace(replace(replace(filter ->> 'text', '\', '\\'), '%', '\%'), '_', '\_') || '%';
  deadline timestamptz := clock_timestamp() + interval '2 seconds';
  conditions text := '';
  t tracing.traces;
  last tracing.traces;
  found jsonb[] := '{}';
  more boolean := false;
BEGIN
  IF filter ->> 'cursor' !~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z_[0-9a-f-]{36}$' THEN
    RAISE EXCEPTION 'cursor is not one that list_traces gave' USING ERRCODE = '22023';
  END IF;
  -- Only the conditions that are given are asked, so that the planner sees which index serves them.
  SELECT coalesce(string_agg(' AND ' || condition, ''), '') INTO conditions
  FROM (VALUES
    ('pipelineName', 'x.pipeline_name = $1 ->> ''pipelineName'''),
    ('status', 'x.status = $1 ->> ''status'''),
    ('telegramId', 'x.telegram_id = $1 ->> ''telegramId'''),
    ('userId', 'x.user_id = $1 ->> ''userId'''),
    ('sessionId', 'x.session_id = $1 ->> ''sessionId'''),
    ('serviceName', 'x.service_name = $1 ->> ''serviceName'''),
    ('model', 'x.models @> ARRAY[$1 ->> ''model'']'),
    ('tag', 'x.tags @> ARRAY[$1 ->> ''tag'']'),
    ('since', 'x.start_time >= ($1 ->> ''since'')::timestamptz'),
    ('until', 'x.start_time < ($1 ->> ''until'')::timestamptz'),
    ('minDurationMs', 'x.duration_us >= ($1 ->> ''minDurationMs'')::numeric * 1000'),
    ('maxDurationMs', 'x.duration_us <= ($1 ->> ''maxDurationMs'')::numeric * 1000'),
    ('minCostUsd', 'x.cost_usd >= ($1 ->> ''minCostUsd'')::numeric'),
    ('cursor', '(x.start_time, x.trace_id) < (split_part($1 ->> ''cursor'', ''_'', 1)::timestamptz,
      split_part($1 ->> ''cursor'', ''_'', 2)::uuid)')
  ) AS known(member, condition)
  WHERE filter ->> member IS NOT NULL;
  -- Lets the index of unfinished traces serve, whose condition is the rank.
  IF filter ->> 'status' IN ('running', 'interrupted') THEN
    conditions := conditions || ' AND x.status_rank < 2';
  END IF;

  FOR t IN EXECUTE 'SELECT * FROM tracing.traces x WHERE true' || conditions
    || ' ORDER BY x.start_time DESC, x.trace_id DESC' || CASE WHEN pattern IS NULL THEN ' LIMIT $2' ELSE '' END
    USING filter, page + 1
  LOOP
    IF cardinality(found) = page OR pattern IS NOT NULL AND clock_timestamp() > deadline AND last.trace_id IS NOT NULL THEN
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
  RETURN jsonb_build_object('traces', to_jsonb(found),
    'nextCursor', CASE WHEN more THEN tracing.iso(last.start_time) || '_' || last.trace_id::text END);
END $$;

CREATE FUNCTION tracing.score(trace_id text, score jsonb) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF coalesce(score ->> 'name', '') = '' OR coalesce(jsonb_typeof(score -> 'value'), 'null') = 'null' THEN
    RAISE EXCEPTION 'a score needs a name and a value' USING ERRCODE = '22023';
  END IF;
  UPDATE tracing.traces t SET scores = tracing.merge_scores(t.scores, jsonb_build_array(score.score))
  WHERE t.trace_id = score.trace_id::uuid;
  RETURN FOUND;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tracing FROM PUBLIC;
