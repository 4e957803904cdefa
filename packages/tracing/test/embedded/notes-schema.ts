import type { PrepareSchema } from "../../src/embedded/owner.ts";

/** A schema as small as can be: notes that are stored once each. */
const SQL = `
  CREATE SCHEMA tracing;
  CREATE TABLE tracing.notes (id text PRIMARY KEY, filler text);
  CREATE FUNCTION tracing.ingest(batch jsonb) RETURNS jsonb LANGUAGE sql AS $$
    WITH added AS (
      INSERT INTO tracing.notes SELECT note->>'id', note->>'filler' FROM jsonb_array_elements(batch) AS note
      ON CONFLICT DO NOTHING RETURNING 1)
    SELECT jsonb_build_object('added', count(*)) FROM added $$;
  CREATE FUNCTION tracing.ids() RETURNS jsonb LANGUAGE sql AS
    $$ SELECT coalesce(jsonb_agg(id ORDER BY id), '[]') FROM tracing.notes $$;
  CREATE FUNCTION tracing.get(trace_id text, options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS
    $$ SELECT jsonb_build_object('id', trace_id, 'options', options) $$;
  CREATE FUNCTION tracing.schema_version() RETURNS integer LANGUAGE sql AS 'SELECT 7';
  CREATE FUNCTION tracing.words(count integer) RETURNS SETOF text LANGUAGE sql AS
    $$ SELECT 'word ' || n FROM generate_series(1, count) AS n $$;
  CREATE FUNCTION tracing.nothing() RETURNS void LANGUAGE sql AS '';
  CREATE FUNCTION tracing.echo(value jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT value';
  CREATE FUNCTION tracing.fail(state text) RETURNS void LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'asked to fail' USING ERRCODE = state, DETAIL = 'the detail', HINT = 'the hint'; END $$;`;

export const prepareNotes =
  (apiKey: string): PrepareSchema =>
  async (endpoint) => {
    const headers = new Headers({ authorization: `Bearer ${apiKey}` });
    const url = "/api/database/migrations";
    const { body } = await endpoint({ method: "GET", url, headers, body: "" });
    if (JSON.parse(body ?? "").migrations.length > 0) return;
    const { status } = await endpoint({
      method: "POST",
      url,
      headers,
      body: JSON.stringify({ version: "1", name: "notes", sql: SQL }),
    });
    if (status !== 201) throw new Error(`The schema was refused with ${status}.`);
  };
