import type pg from "pg";

/** One way to get at something in a schema. */
export interface WayIn {
  what: string;
  sql: string;
}

/** How an attempt ended: with an SQLSTATE, or with so many rows. */
export interface Attempt {
  what: string;
  code: string | undefined;
  rows: number | undefined;
}

/** SQLSTATE insufficient_privilege. */
export const REFUSED = "42501";

/** Every way into the relations, functions and schema itself, read from the catalog so that none can be forgotten. */
export async function everyWayIn(client: pg.Client, schema: string): Promise<WayIn[]> {
  const { rows: relations } = await client.query<{ name: string; kind: string; column: string | null }>(
    `SELECT c.oid::regclass::text AS name, c.relkind AS kind,
       (SELECT quote_ident(attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = 1) AS column
     FROM pg_class c WHERE c.relnamespace = $1::regnamespace AND c.relkind NOT IN ('i', 'I', 't', 'c') ORDER BY 1`,
    [schema],
  );
  const { rows: functions } = await client.query<{ name: string; args: string }>(
    `SELECT p.oid::regprocedure::text AS name, format('%s(%s)', p.oid::regproc,
       (SELECT string_agg(format('NULL::%s', type::regtype), ', ' ORDER BY n)
        FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS t(type, n))) AS args
     FROM pg_proc p WHERE p.pronamespace = $1::regnamespace ORDER BY 1`,
    [schema],
  );
  return [
    { what: `create a table in ${schema}`, sql: `CREATE TABLE ${schema}.planted (id int)` },
    {
      what: `create a function in ${schema}`,
      sql: `CREATE FUNCTION ${schema}.planted() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
    },
    { what: `drop ${schema}`, sql: `DROP SCHEMA ${schema} CASCADE` },
    ...relations.flatMap(({ name, kind, column }) =>
      kind === "S" ? waysIntoSequence(name) : waysIntoTable(name, column ?? "ctid"),
    ),
    ...functions.flatMap(({ name, args }) => [
      { what: `call ${name}`, sql: `SELECT * FROM ${args}` },
      { what: `replace ${name}`, sql: `ALTER FUNCTION ${name} SECURITY DEFINER` },
    ]),
  ];
}

function waysIntoTable(name: string, column: string): WayIn[] {
  return [
    { what: `select from ${name}`, sql: `SELECT * FROM ${name}` },
    { what: `select a column of ${name}`, sql: `SELECT ${column} FROM ${name}` },
    { what: `count ${name}`, sql: `SELECT count(*) FROM ${name}` },
    { what: `insert into ${name}`, sql: `INSERT INTO ${name} DEFAULT VALUES` },
    { what: `update ${name}`, sql: `UPDATE ${name} SET ${column} = DEFAULT` },
    { what: `delete from ${name}`, sql: `DELETE FROM ${name}` },
    { what: `truncate ${name}`, sql: `TRUNCATE ${name}` },
    { what: `lock ${name}`, sql: `LOCK TABLE ${name} IN ACCESS SHARE MODE` },
    { what: `copy the columns of ${name}`, sql: `CREATE TABLE pg_temp.planted (LIKE ${name})` },
    {
      what: `put a trigger on ${name}`,
      sql: `CREATE TRIGGER planted AFTER DELETE ON ${name} EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
    },
    { what: `open ${name}`, sql: `ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY` },
    { what: `drop ${name}`, sql: `DROP TABLE ${name} CASCADE` },
  ];
}

function waysIntoSequence(name: string): WayIn[] {
  return [
    { what: `read ${name}`, sql: `SELECT last_value FROM ${name}` },
    { what: `advance ${name}`, sql: `SELECT nextval('${name}')` },
    { what: `set ${name}`, sql: `SELECT setval('${name}', 1)` },
  ];
}

/** Tries each way as a role, after `prepare` was run by the superuser, and leaves everything as it was. */
export async function attemptAll(
  client: pg.Client,
  role: string,
  ways: readonly WayIn[],
  prepare = "SELECT 1",
): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  await client.query("BEGIN");
  try {
    await client.query(prepare);
    await client.query(`SET LOCAL ROLE ${role}`);
    for (const { what, sql } of ways) {
      await client.query("SAVEPOINT attempt");
      try {
        const { rows } = await client.query(sql);
        attempts.push({ what, code: undefined, rows: rows.length });
      } catch (error) {
        const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
        attempts.push({ what, code, rows: undefined });
      }
      await client.query("ROLLBACK TO attempt");
    }
  } finally {
    await client.query("ROLLBACK");
  }
  return attempts;
}

/**
 * What of a schema is open to anyone but its owner, or would be if the schema itself were: grants, relations without row
 * level security, views with their owner's rights, functions that run as their owner or whose names a caller's
 * `search_path` decides on.
 */
export async function findOpenings(client: pg.Client, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ opening: string }>(OPENINGS, [schema]);
  return rows.map(({ opening }) => opening);
}

const OPENINGS = `
  WITH relations AS (
    SELECT c.*, c.oid::regclass::text AS name FROM pg_class c
    WHERE c.relnamespace = $1::regnamespace AND c.relkind NOT IN ('i', 'I', 't', 'c')
  ), functions AS (
    SELECT p.*, p.oid::regprocedure::text AS name FROM pg_proc p WHERE p.pronamespace = $1::regnamespace
  )
  SELECT format('%s on schema %s for %s', a.privilege_type, n.nspname, a.grantee::regrole) AS opening
  FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
  WHERE n.oid = $1::regnamespace AND a.grantee <> n.nspowner
  UNION ALL
  SELECT format('%s on %s for %s', a.privilege_type, r.name, a.grantee::regrole)
  FROM relations r, aclexplode(coalesce(r.relacl, acldefault(CASE r.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", r.relowner))) a
  WHERE a.grantee <> r.relowner
  UNION ALL
  SELECT format('%s on a column of %s for %s', a.privilege_type, r.name, a.grantee::regrole)
  FROM relations r JOIN pg_attribute c ON c.attrelid = r.oid, aclexplode(c.attacl) a WHERE a.grantee <> r.relowner
  UNION ALL
  SELECT format('%s on %s for %s', a.privilege_type, f.name, a.grantee::regrole)
  FROM functions f, aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a WHERE a.grantee <> f.proowner
  UNION ALL
  SELECT format('default %s for %s', a.privilege_type, a.grantee::regrole)
  FROM pg_default_acl d, aclexplode(d.defaclacl) a
  WHERE d.defaclnamespace = $1::regnamespace AND a.grantee <> d.defaclrole
  UNION ALL
  SELECT format('no row level security on %s', name) FROM relations WHERE relkind IN ('r', 'p') AND NOT relrowsecurity
  UNION ALL
  SELECT format('a policy on %s', polrelid::regclass) FROM pg_policy p JOIN relations r ON r.oid = p.polrelid
  UNION ALL
  SELECT format('owner''s rights in the view %s', name) FROM relations
  WHERE relkind = 'm' OR relkind = 'v' AND NOT coalesce(reloptions::text LIKE '%security_invoker=true%', false)
  UNION ALL
  SELECT format('owner''s rights in %s', name) FROM functions WHERE prosecdef
  UNION ALL
  SELECT format('no search_path in %s', name) FROM functions
  WHERE NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(proconfig, '{}'))
  ORDER BY 1`;
