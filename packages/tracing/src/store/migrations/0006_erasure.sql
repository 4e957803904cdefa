-- Erasure that lasts: what is erased is remembered for a while, so that what of it is still on its way is not stored.

CREATE TABLE tracing.erasures (
  -- Of an owner or of a trace; who and which that was is not kept.
  digest bytea PRIMARY KEY,
  -- What an owner starts later is stored.
  erased_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE INDEX erasures_expiry ON tracing.erasures (expires_at);

ALTER TABLE tracing.erasures ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON tracing.erasures FROM PUBLIC;

CREATE FUNCTION tracing.trace_digest(trace uuid) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT sha256(uuid_send(trace))
$$;

-- Of whoever is both, or the one that is not null.
CREATE FUNCTION tracing.owner_digest(user_id text, telegram_id text) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT sha256(convert_to(quote_nullable(user_id) || ' ' || quote_nullable(telegram_id), 'UTF8'))
$$;

-- The traces of a batch that have been erased: those remembered themselves, and those `recognised` because the record
-- with the strongest claim to be their root is of an owner who has been erased since it started.
CREATE FUNCTION tracing.erased_in(batch jsonb)
RETURNS TABLE (trace uuid, recognised boolean, expires_at timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM tracing.erasures) THEN
    RETURN;
  END IF;
  RETURN QUERY
  WITH headers AS MATERIALIZED (
    SELECT DISTINCT ON (r.trace_id) r.trace_id::uuid AS id, r.span_id, r.root, r.start, r.user_id, r.telegram_id
    FROM jsonb_to_recordset(batch) AS r(trace_id text, span_id text, root smallint, start timestamptz, user_id text,
      telegram_id text)
    ORDER BY r.trace_id, r.root DESC, r.start, r.span_id
  ), owned AS (
    SELECT h.*, o.expires_at
    FROM headers h
    CROSS JOIN LATERAL (
      SELECT max(e.expires_at) AS expires_at FROM tracing.erasures e
      WHERE h.start <= e.erased_at
        AND e.digest IN (tracing.owner_digest(h.user_id, NULL), tracing.owner_digest(NULL, h.telegram_id),
          tracing.owner_digest(h.user_id, h.telegram_id))
    ) o
    WHERE (h.user_id IS NOT NULL OR h.telegram_id IS NOT NULL) AND o.expires_at IS NOT NULL
      -- A stored root that is stronger is somebody else's, or has been erased already.
      AND NOT EXISTS (
        SELECT FROM tracing.traces t
        WHERE t.trace_id = h.id AND (t.root_claim > h.root
          OR t.root_claim = h.root AND (t.root_start, t.root_span) < (h.start, decode(h.span_id, 'hex'))))
  )
  SELECT h.id, false, e.expires_at
  FROM headers h JOIN tracing.erasures e ON e.digest = tracing.trace_digest(h.id)
  UNION ALL
  SELECT o.id, true, o.expires_at
  FROM owned o WHERE NOT EXISTS (SELECT FROM tracing.erasures e WHERE e.digest = tracing.trace_digest(o.id));
END $$;

-- Removes traces with their spans and what they add to the figures; returns how many spans that were.
CREATE FUNCTION tracing.remove_traces(doomed uuid[]) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  first_time timestamptz;
  last_time timestamptz;
  spans bigint;
BEGIN
  -- Locked in the order in which ingest takes them.
  SELECT min(t.first_time), max(t.last_time) INTO first_time, last_time
  FROM (SELECT x.first_time, x.last_time FROM tracing.traces x
        WHERE x.trace_id = ANY (doomed) ORDER BY x.trace_id FOR UPDATE) t;
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
  RETURN spans;
END $$;

ALTER FUNCTION tracing.ingest(jsonb) RENAME TO store_batch;

-- Stores a batch but for what has been erased; that is acknowledged, and counted as `erased` where there is any.
CREATE FUNCTION tracing.ingest(batch jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  doomed uuid[];
  recognised uuid[];
  expiry timestamptz;
  kept jsonb;
BEGIN
  IF jsonb_typeof(batch) IS DISTINCT FROM 'array' THEN
    RETURN tracing.store_batch(batch);
  END IF;
  -- Batches go side by side, and none beside an erasure. One in which a trace is recognised goes alone, since another
  -- may be bringing more of that trace.
  BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('tracing.erasures'));
    SELECT array_agg(e.trace), array_agg(e.trace) FILTER (WHERE e.recognised) INTO doomed, recognised
    FROM tracing.erased_in(batch) e;
    IF recognised IS NOT NULL THEN
      RAISE EXCEPTION 'a trace is recognised' USING ERRCODE = 'TRE01';
    END IF;
  EXCEPTION WHEN SQLSTATE 'TRE01' THEN
    -- The shared lock has gone with the block: two that kept theirs while they wait for this one would wait for ever.
    PERFORM pg_advisory_xact_lock(hashtext('tracing.erasures'));
    SELECT array_agg(e.trace), array_agg(e.trace) FILTER (WHERE e.recognised), max(e.expires_at)
    INTO doomed, recognised, expiry FROM tracing.erased_in(batch) e;
  END;
  IF doomed IS NULL THEN
    RETURN tracing.store_batch(batch);
  END IF;
  IF recognised IS NOT NULL THEN
    INSERT INTO tracing.erasures SELECT tracing.trace_digest(id), now(), expiry FROM unnest(recognised) id
    ON CONFLICT DO NOTHING;
    PERFORM tracing.remove_traces(recognised);
  END IF;
  SELECT coalesce(jsonb_agg(r.record ORDER BY r.place), '[]') INTO kept
  FROM jsonb_array_elements(batch) WITH ORDINALITY AS r(record, place)
  WHERE ((r.record ->> 'trace_id')::uuid = ANY (doomed)) IS NOT TRUE;
  RETURN tracing.store_batch(kept)
    || jsonb_build_object('erased', jsonb_array_length(batch) - jsonb_array_length(kept));
END $$;

-- How long an erasure is remembered: long enough for every spool to drain.
CREATE FUNCTION tracing.erasure_expiry(filter jsonb) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  days int := coalesce((filter ->> 'rememberDays')::int, 30);
BEGIN
  IF days < 1 OR days > 36500 THEN
    RAISE EXCEPTION 'rememberDays must be from 1 to 36500' USING ERRCODE = '22023';
  END IF;
  RETURN now() + make_interval(days => days);
END $$;

-- Deletes whole traces, at most 2,000 a call, so that no call runs long; `more` says to call again. `dryRun` counts all
-- that would go. By trace or owner it is an erasure, and remembered: of an owner up to `at` (now), or to `before`.
CREATE OR REPLACE FUNCTION tracing.delete_traces(filter jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  trace uuid := (filter ->> 'traceId')::uuid;
  of_user text := filter ->> 'userId';
  of_telegram text := filter ->> 'telegramId';
  before timestamptz := (filter ->> 'before')::timestamptz;
  of_owner boolean := of_user IS NOT NULL OR of_telegram IS NOT NULL;
  expiry timestamptz := tracing.erasure_expiry(filter);
  doomed uuid[];
  spans bigint;
BEGIN
  IF trace IS NULL AND NOT of_owner AND before IS NULL THEN
    RAISE EXCEPTION 'name what to delete: traceId, userId, telegramId or before' USING ERRCODE = '22023';
  END IF;
  IF (filter ->> 'dryRun')::boolean THEN
    RETURN (
      SELECT jsonb_build_object('traces', count(*), 'spans', coalesce(sum(t.span_count), 0), 'more', false)
      FROM tracing.traces t
      WHERE (trace IS NULL OR t.trace_id = trace) AND (of_user IS NULL OR t.user_id = of_user)
        AND (of_telegram IS NULL OR t.telegram_id = of_telegram) AND (before IS NULL OR t.start_time < before));
  END IF;

  IF of_owner OR trace IS NOT NULL THEN
    -- Batches that do not know of it yet are stored first, and deleted with the rest.
    PERFORM pg_advisory_xact_lock(hashtext('tracing.erasures'));
    -- A clock that is far ahead must not erase what is to come.
    INSERT INTO tracing.erasures AS e
    SELECT d.digest, least(coalesce(before, (filter ->> 'at')::timestamptz, now()), now() + interval '1 hour'), expiry
    FROM (SELECT CASE WHEN trace IS NULL THEN tracing.owner_digest(of_user, of_telegram)
                      WHEN NOT of_owner AND before IS NULL THEN tracing.trace_digest(trace) END AS digest) d
    WHERE d.digest IS NOT NULL
    ON CONFLICT (digest) DO UPDATE SET erased_at = greatest(e.erased_at, EXCLUDED.erased_at),
      expires_at = greatest(e.expires_at, EXCLUDED.expires_at);
  END IF;

  -- Locked in the order in which ingest takes them.
  SELECT coalesce(array_agg(t.trace_id), '{}') INTO doomed
  FROM (
    SELECT x.trace_id FROM tracing.traces x
    WHERE (trace IS NULL OR x.trace_id = trace) AND (of_user IS NULL OR x.user_id = of_user)
      AND (of_telegram IS NULL OR x.telegram_id = of_telegram) AND (before IS NULL OR x.start_time < before)
    ORDER BY x.trace_id LIMIT 2000 FOR UPDATE
  ) t;
  IF of_owner OR trace IS NOT NULL THEN
    INSERT INTO tracing.erasures AS e SELECT tracing.trace_digest(id), now(), expiry FROM unnest(doomed) id
    ON CONFLICT (digest) DO UPDATE SET expires_at = greatest(e.expires_at, EXCLUDED.expires_at);
  END IF;
  spans := tracing.remove_traces(doomed);
  RETURN jsonb_build_object('traces', cardinality(doomed), 'spans', spans, 'more', cardinality(doomed) = 2000);
END $$;

-- For whoever erases in spools: which of the traces `among` are erased. Those in `claimed`, `{"traceId", "root"}` each,
-- are erased now, since the strongest record of them in the spools is of the owner; unless a stronger one is stored.
CREATE FUNCTION tracing.erase_spooled(spooled jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  expiry timestamptz := tracing.erasure_expiry(spooled);
  doomed uuid[];
  stored bigint;
  spans bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('tracing.erasures'));
  SELECT coalesce(array_agg(c."traceId"), '{}'), count(t.trace_id) INTO doomed, stored
  FROM jsonb_to_recordset(coalesce(spooled -> 'claimed', '[]')) AS c("traceId" uuid, root smallint)
  LEFT JOIN tracing.traces t ON t.trace_id = c."traceId"
  WHERE t.root_claim IS NULL OR t.root_claim <= c.root;
  INSERT INTO tracing.erasures AS e SELECT tracing.trace_digest(id), now(), expiry FROM unnest(doomed) id
  ON CONFLICT (digest) DO UPDATE SET expires_at = greatest(e.expires_at, EXCLUDED.expires_at);
  spans := tracing.remove_traces(doomed);
  RETURN jsonb_build_object('traces', stored, 'spans', spans, 'erased', (
    SELECT coalesce(jsonb_agg(a.id), '[]')
    FROM jsonb_array_elements_text(coalesce(spooled -> 'among', '[]')) AS a(id)
    JOIN tracing.erasures e ON e.digest = tracing.trace_digest(a.id::uuid)));
END $$;

ALTER FUNCTION tracing.maintain(jsonb) RENAME TO maintain_days;

-- What `maintain_days` does; and forgets erasures that are long past.
CREATE FUNCTION tracing.maintain(options jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
  DELETE FROM tracing.erasures e WHERE e.expires_at < now();
  RETURN tracing.maintain_days(options);
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tracing FROM PUBLIC;
