-- What the bot remembers: where each chat stands, what it knows of each rep, and which updates it has taken on.

CREATE SCHEMA IF NOT EXISTS bot;
REVOKE ALL ON SCHEMA bot FROM PUBLIC;

CREATE TABLE bot.migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE bot.sessions (
  key text PRIMARY KEY,
  value jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE bot.notes (
  user_id text PRIMARY KEY,
  notes jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE bot.updates (
  update_id bigint PRIMARY KEY,
  chat_id bigint,
  begun_at timestamptz NOT NULL DEFAULT now(),
  -- Null while it is worked on, and for ever when the process was killed in the middle.
  finished_at timestamptz
);

CREATE INDEX updates_begun ON bot.updates (begun_at);
CREATE INDEX updates_unfinished ON bot.updates (update_id) WHERE finished_at IS NULL;

ALTER TABLE bot.migrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE bot.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE bot.notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE bot.updates ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON ALL TABLES IN SCHEMA bot FROM PUBLIC;

CREATE FUNCTION bot.schema_version() RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(max(version), 0) FROM bot.migrations
$$;

CREATE FUNCTION bot.read_session(key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.value FROM bot.sessions s WHERE s.key = $1
$$;

CREATE FUNCTION bot.write_session(key text, value jsonb) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO bot.sessions AS s VALUES ($1, $2)
  ON CONFLICT ON CONSTRAINT sessions_pkey DO UPDATE SET value = excluded.value, updated_at = now()
  RETURNING true
$$;

CREATE FUNCTION bot.delete_session(key text) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  WITH gone AS (DELETE FROM bot.sessions s WHERE s.key = $1 RETURNING 1)
  SELECT count(*) > 0 FROM gone
$$;

CREATE FUNCTION bot.read_notes(user_id text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce((SELECT n.notes FROM bot.notes n WHERE n.user_id = $1), '[]')
$$;

CREATE FUNCTION bot.write_notes(user_id text, notes jsonb) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO bot.notes AS n VALUES ($1, $2)
  ON CONFLICT ON CONSTRAINT notes_pkey DO UPDATE SET notes = excluded.notes, updated_at = now()
  RETURNING true
$$;

-- Whether the update is new. Telegram keeps updates for a day, so that older ones cannot come again.
CREATE FUNCTION bot.begin_update(update_id bigint, chat_id bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF $1 % 100 = 0 THEN
    DELETE FROM bot.updates u WHERE u.begun_at < now() - interval '2 days';
  END IF;
  INSERT INTO bot.updates AS u (update_id, chat_id) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT updates_pkey DO NOTHING;
  RETURN FOUND;
END $$;

CREATE FUNCTION bot.finish_update(update_id bigint) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  WITH done AS (
    UPDATE bot.updates u SET finished_at = now() WHERE u.update_id = $1 AND u.finished_at IS NULL RETURNING 1
  )
  SELECT count(*) > 0 FROM done
$$;

-- The chats whose updates nobody has finished, each once; they are finished with it. An older day is not worth a word.
CREATE FUNCTION bot.take_abandoned() RETURNS jsonb
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  WITH taken AS (
    UPDATE bot.updates u SET finished_at = now() WHERE u.finished_at IS NULL RETURNING u.chat_id, u.begun_at
  )
  SELECT coalesce(jsonb_agg(DISTINCT t.chat_id), '[]') FROM taken t
   WHERE t.chat_id IS NOT NULL AND t.begun_at > now() - interval '1 day'
$$;

-- Everything kept about a rep; true when there was anything. The chat with a rep has the rep's id.
CREATE FUNCTION bot.forget(user_id text) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  UPDATE bot.updates u SET chat_id = NULL WHERE u.chat_id::text = $1;
  WITH session AS (DELETE FROM bot.sessions s WHERE s.key = $1 RETURNING 1),
       note AS (DELETE FROM bot.notes n WHERE n.user_id = $1 RETURNING 1)
  SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM note) > 0
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bot FROM PUBLIC;
