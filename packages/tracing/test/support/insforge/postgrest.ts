import { postgrestReply, type Reply, type Role } from "./answers.ts";
import type { Database } from "./database.ts";

interface CachedFunction {
  parameters: { name: string; type: string }[];
  required: number;
  result: string;
  returnsSet: boolean;
}

interface SchemaCache {
  functions: ReadonlyMap<string, readonly CachedFunction[]>;
  tables: ReadonlySet<string>;
}

export interface PostgrestRequest {
  role: Role;
  schema: string;
  columns: string[] | undefined;
  body: string;
}

/** The part of PostgREST that matters here: it only knows what was in its schema cache when that was last read. */
export class Postgrest {
  readonly #database: Database;
  readonly #lagMs: number;
  #timer: NodeJS.Timeout | undefined;
  #cache: SchemaCache = { functions: new Map(), tables: new Set() };

  constructor(database: Database, lagMs: number) {
    this.#database = database;
    this.#lagMs = lagMs;
  }

  /** Reads the schema, now and some time after each change of it. */
  async start(): Promise<void> {
    await this.#reload();
    await this.#database.onSchemaChange(() => this.#reloadLater());
  }

  #reloadLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#reload().catch(() => this.#reloadLater());
    }, this.#lagMs).unref();
  }

  async #reload(): Promise<void> {
    const [row] = await this.#database.query(READ_SCHEMA);
    const found = row as { functions: (CachedFunction & { key: string })[]; tables: string[] };
    this.#cache = {
      functions: Map.groupBy(found.functions, ({ key }) => key),
      tables: new Set(found.tables),
    };
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async call(fn: string, { role, schema, columns, body }: PostgrestRequest): Promise<Reply> {
    const refusal = await this.#refuseSchema(schema);
    if (refusal) return refusal;
    const names = columns ?? Object.keys(parseObject(body));
    const candidates = this.#cache.functions.get(`${schema}.${fn}`);
    const signature = `${schema}.${fn}(${names.join(", ")})`;
    if (!candidates) {
      return postgrestReply(404, "PGRST202", `Could not find the function ${signature} in the schema cache`);
    }
    const found = candidates.find((candidate) => accepts(candidate, names));
    if (!found)
      return postgrestReply(404, "42883", `function ${signature} does not exist`, "No function matches.");
    const used = found.parameters.filter(({ name }) => names.includes(name));
    const target = `${quote(schema)}.${quote(fn)}(${used.map(({ name }) => `${quote(name)} := args.${quote(name)}`).join(", ")})`;
    const args = used.map(({ name, type }) => `${quote(name)} ${type}`).join(", ");
    const from = used.length > 0 ? `FROM json_to_record($1::json) AS args(${args})` : "";
    return this.#database.transaction(role, async (client) => {
      const call = found.returnsSet ? `coalesce(json_agg(${target}), '[]')` : `to_json(${target})`;
      const { rows } = await client.query(
        `SELECT (${call})::text AS value ${from}`,
        used.length > 0 ? [body] : [],
      );
      return found.result === "void" ? { status: 204 } : { status: 200, body: rows[0]?.value ?? "null" };
    });
  }

  async records(method: string, table: string, { role, schema, body }: PostgrestRequest): Promise<Reply> {
    const refusal = await this.#refuseSchema(schema);
    if (refusal) return refusal;
    const name = `${quote(schema)}.${quote(table)}`;
    if (!this.#cache.tables.has(`${schema}.${table}`)) {
      if (method === "POST") return { status: 404, body: "{}" };
      return postgrestReply(404, "42P01", `relation "${schema}.${table}" does not exist`);
    }
    return this.#database.transaction(role, async (client) => {
      switch (method) {
        case "GET": {
          const { rows } = await client.query(
            `SELECT coalesce(json_agg(t), '[]')::text AS value FROM (SELECT * FROM ${name} LIMIT 1000) t`,
          );
          return { status: 200, body: rows[0]?.value };
        }
        case "POST":
          await client.query(
            `INSERT INTO ${name} SELECT * FROM json_populate_recordset(NULL::${name}, $1::json)`,
            [body.trimStart().startsWith("[") ? body : `[${body}]`],
          );
          return { status: 201 };
        case "DELETE":
          await client.query(`DELETE FROM ${name}`);
          return { status: 204 };
        default:
          return postgrestReply(405, "PGRST117", `Unsupported HTTP method: ${method}`);
      }
    });
  }

  async #refuseSchema(schema: string): Promise<Reply | undefined> {
    const rows = await this.#database.query("SELECT name FROM system.exposed_schemas ORDER BY name");
    const exposed = rows.map(({ name }) => name);
    if (exposed.includes(schema)) return undefined;
    return postgrestReply(406, "PGRST106", `The schema must be one of the following: ${exposed.join(", ")}`);
  }
}

const READ_SCHEMA = `
  SELECT
    (SELECT coalesce(json_agg(json_build_object(
        'key', n.nspname || '.' || p.proname,
        'parameters', (SELECT coalesce(json_agg(json_build_object('name', p.proargnames[a.n], 'type', format_type(a.type, NULL)) ORDER BY a.n), '[]')
                       FROM unnest(p.proargtypes) WITH ORDINALITY AS a(type, n)),
        'required', p.pronargs - p.pronargdefaults,
        'result', format_type(p.prorettype, NULL),
        'returnsSet', p.proretset)), '[]')
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     JOIN system.exposed_schemas e ON e.name = n.nspname WHERE p.prokind = 'f') AS functions,
    (SELECT coalesce(json_agg(n.nspname || '.' || c.relname), '[]')
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN system.exposed_schemas e ON e.name = n.nspname WHERE c.relkind IN ('r', 'p', 'v')) AS tables`;

function accepts({ parameters, required }: CachedFunction, names: readonly string[]): boolean {
  return (
    names.every((name) => parameters.some((parameter) => parameter.name === name)) &&
    parameters.slice(0, required).every(({ name }) => names.includes(name))
  );
}

function parseObject(body: string): Record<string, unknown> {
  return body === "" ? {} : (JSON.parse(body) as Record<string, unknown>);
}

function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
