-- An update that was worked on while the database was away is known of afterwards, as finished: also when the note that it
-- was begun has never come, or comes last.

CREATE OR REPLACE FUNCTION bot.finish_update(update_id bigint) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  WITH done AS (
    INSERT INTO bot.updates AS u (update_id, finished_at) VALUES ($1, now())
    ON CONFLICT ON CONSTRAINT updates_pkey DO UPDATE SET finished_at = now() WHERE u.finished_at IS NULL
    RETURNING 1
  )
  SELECT count(*) > 0 FROM done
$$;
