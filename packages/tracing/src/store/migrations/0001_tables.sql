-- Traces, their spans, and nobody's access but the owner's.

CREATE SCHEMA IF NOT EXISTS tracing;
REVOKE ALL ON SCHEMA tracing FROM PUBLIC;

CREATE TABLE tracing.migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tracing.traces (
  trace_id uuid PRIMARY KEY,
  pipeline_name text,
  -- 0 running, 1 interrupted, 2 ended: whichever record comes first, the higher rank stands.
  status_rank smallint NOT NULL,
  status text NOT NULL,
  -- The strongest claim to be the root so far; it gives the trace its header.
  root_claim smallint NOT NULL,
  root_start timestamptz NOT NULL,
  root_span bytea NOT NULL,
  -- The root as its started record told it, until the root has ended.
  started_root jsonb,
  service_name text,
  telegram_id text,
  user_id text,
  session_id text,
  tags text[] NOT NULL DEFAULT '{}',
  metadata text,
  name text,
  start_time timestamptz NOT NULL,
  duration_us bigint,
  error_type text,
  error_message text,
  -- Bounds of all spans, so that reading them touches only their days.
  first_time timestamptz NOT NULL,
  last_time timestamptz NOT NULL,
  span_count bigint NOT NULL DEFAULT 0,
  error_count bigint NOT NULL DEFAULT 0,
  input_tokens bigint,
  output_tokens bigint,
  cost_usd numeric,
  models text[] NOT NULL DEFAULT '{}',
  scores jsonb NOT NULL DEFAULT '[]'
) WITH (fillfactor = 80);

CREATE INDEX traces_newest ON tracing.traces (start_time DESC, trace_id DESC);
CREATE INDEX traces_pipeline ON tracing.traces (pipeline_name, start_time DESC, trace_id DESC);
CREATE INDEX traces_telegram ON tracing.traces (telegram_id, start_time DESC) WHERE telegram_id IS NOT NULL;
CREATE INDEX traces_user ON tracing.traces (user_id, start_time DESC) WHERE user_id IS NOT NULL;
CREATE INDEX traces_unfinished ON tracing.traces (start_time DESC) WHERE status_rank < 2;
CREATE INDEX traces_tags ON tracing.traces USING gin (tags);

CREATE TABLE tracing.spans (
  trace_id uuid NOT NULL,
  span_id bytea NOT NULL,
  start_time timestamptz NOT NULL,
  parent_span_id bytea,
  root_claim smallint NOT NULL,
  pipeline_name text,
  -- The agent that the span is, or works for.
  agent text,
  name text NOT NULL,
  kind text NOT NULL,
  status text NOT NULL,
  duration_us bigint NOT NULL,
  operation text,
  provider text,
  model text,
  input_tokens bigint,
  output_tokens bigint,
  cost_usd numeric,
  cost_source text,
  counts_usage boolean NOT NULL,
  error_type text,
  error_message text,
  error_stack text,
  fingerprint text,
  input text,
  output text,
  attributes text,
  events text,
  links text,
  clamped text[],
  PRIMARY KEY (trace_id, span_id, start_time)
) PARTITION BY RANGE (start_time);

-- Long content is compressed with lz4 where this PostgreSQL has it, and with pglz where it has not.
DO $$
DECLARE
  content text;
BEGIN
  FOREACH content IN ARRAY ARRAY['input', 'output', 'attributes', 'events'] LOOP
    EXECUTE format('ALTER TABLE tracing.spans ALTER COLUMN %I SET COMPRESSION lz4', content);
  END LOOP;
EXCEPTION WHEN feature_not_supported THEN
  NULL;
END $$;

CREATE INDEX spans_errors ON tracing.spans (fingerprint, start_time DESC) WHERE fingerprint IS NOT NULL;

-- Figures by the hour as a log of changes: what is stored adds, what is deleted subtracts, and `maintain` folds the
-- rows of one key into one. No row is ever updated, so that writers never wait for each other.
CREATE TABLE tracing.span_stats (
  hour timestamptz NOT NULL,
  pipeline_name text,
  -- pipeline: its runs, and the usage of all its spans. agent: its calls, and the usage of what works for it.
  -- model: its calls, and their usage.
  dimension text NOT NULL,
  name text,
  -- Of the duration of what is counted: the n-th bucket ends at 1.1 ^ n microseconds. Null on rows of usage alone.
  bucket smallint,
  spans bigint NOT NULL,
  calls bigint NOT NULL,
  errors bigint NOT NULL,
  input_tokens bigint,
  output_tokens bigint,
  cost_usd numeric
);

CREATE INDEX span_stats_hour ON tracing.span_stats (hour);

ALTER TABLE tracing.migrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE tracing.traces ENABLE ROW LEVEL SECURITY;
ALTER TABLE tracing.spans ENABLE ROW LEVEL SECURITY;
ALTER TABLE tracing.span_stats ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON ALL TABLES IN SCHEMA tracing FROM PUBLIC;

-- Makes the partition of a day, once, whoever else wants it at the same moment.
CREATE FUNCTION tracing.ensure_day(day date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  partition text := 'spans_' || to_char(day, 'YYYYMMDD');
BEGIN
  IF EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'tracing' AND c.relname = partition AND c.relispartition) THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('tracing.spans'));
  IF EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'tracing' AND c.relname = partition AND c.relispartition) THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE tracing.%I (LIKE tracing.spans INCLUDING ALL)', partition);
  EXECUTE format('ALTER TABLE tracing.%I ENABLE ROW LEVEL SECURITY', partition);
  EXECUTE format('REVOKE ALL ON tracing.%I FROM PUBLIC', partition);
  EXECUTE format('ALTER TABLE tracing.spans ATTACH PARTITION tracing.%I FOR VALUES FROM (%L) TO (%L)',
    partition, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
EXCEPTION WHEN duplicate_table THEN
  NULL;
END $$;

CREATE FUNCTION tracing.schema_version() RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(max(version), 0) FROM tracing.migrations
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tracing FROM PUBLIC;
