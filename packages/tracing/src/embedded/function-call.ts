import type { PGlite } from "@electric-sql/pglite";
import { postgrestFailure } from "./answers.ts";
import { SwallowedError } from "./pglite-database.ts";
import { toRequestMembers } from "./request-members.ts";
import type { Answer } from "./worker-protocol.ts";

/** Captured values are cut at 64 levels and stored as text, so that no honest request comes near. */
const MAX_JSON_DEPTH = 1_000;

interface Signature {
  /** Names and types of the arguments, in order. */
  parameters: ReadonlyMap<string, string>;
  required: number;
  result: string;
  returnsSet: boolean;
}

/** Calls functions by name with named JSON arguments, as PostgREST does. */
export class FunctionCaller {
  readonly #database: PGlite;
  readonly #signatures = new Map<string, readonly Signature[]>();

  constructor(database: PGlite) {
    this.#database = database;
  }

  /** Looks functions up anew, since the schema has changed. */
  forgetSignatures(): void {
    this.#signatures.clear();
  }

  async call(schema: string, fn: string, columns: string | undefined, body: string): Promise<Answer> {
    const members = body.trim() === "" ? new Map<string, string>() : toRequestMembers(body, MAX_JSON_DEPTH);
    if (columns !== undefined) {
      const wanted = new Set(columns.split(","));
      for (const name of members.keys()) if (!wanted.has(name)) members.delete(name);
    }
    const candidates = await this.#lookUp(schema, fn);
    if (candidates === undefined) {
      return postgrestFailure(406, "PGRST106", `The schema ${schema} is not there`);
    }
    const signature = candidates.find((candidate) => accepts(candidate, members));
    if (!signature) {
      const given = [...members.keys()].join(", ");
      return postgrestFailure(404, "PGRST202", `Could not find the function ${schema}.${fn}(${given})`);
    }
    const values: (string | null)[] = [];
    const named = [...members].map(([name, text]) => {
      const type = signature.parameters.get(name) ?? "text";
      values.push(toParameter(type, text));
      return `${quote(name)} => $${values.length}::text::${type}`;
    });
    const call = `${quote(schema)}.${quote(fn)}(${named.join(", ")})`;
    const { rows } = await this.#database.query<[string | null]>(toSelect(signature, call), values, {
      rowMode: "array",
    });
    const [row] = rows;
    if (!row) throw new SwallowedError();
    return signature.result === "void"
      ? { status: 204, body: undefined }
      : { status: 200, body: row[0] ?? "null" };
  }

  /** The functions of that name, or undefined when there is no such schema. */
  async #lookUp(schema: string, fn: string): Promise<readonly Signature[] | undefined> {
    const key = JSON.stringify([schema, fn]);
    const known = this.#signatures.get(key);
    if (known) return known;
    const { rows } = await this.#database.query<{ found: string | null }>(LOOK_UP, [schema, fn]);
    const found = rows[0]?.found;
    if (typeof found !== "string") return undefined;
    const signatures = (JSON.parse(found) as FoundFunction[]).map(toSignature);
    // Only what is there is remembered: what is missing may come with the next statement.
    if (signatures.length > 0) this.#signatures.set(key, signatures);
    return signatures;
  }
}

interface FoundFunction {
  names: string[] | null;
  types: string[];
  defaults: number;
  result: string;
  returns_set: boolean;
}

const LOOK_UP = `
  SELECT coalesce(json_agg(json_build_object(
           'names', p.proargnames,
           'types', array(SELECT format_type(type, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (type, n) ORDER BY n),
           'defaults', p.pronargdefaults,
           'result', format_type(p.prorettype, NULL),
           'returns_set', p.proretset)) FILTER (WHERE p.oid IS NOT NULL), '[]')::text AS found
    FROM pg_namespace n
    LEFT JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname = $2 AND p.prokind = 'f'
   WHERE n.nspname = $1 AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
   GROUP BY n.oid`;

function toSignature({ names, types, defaults, result, returns_set }: FoundFunction): Signature {
  return {
    parameters: new Map(types.map((type, index) => [names?.[index] ?? "", type])),
    required: types.length - defaults,
    result,
    returnsSet: returns_set,
  };
}

function accepts({ parameters, required }: Signature, members: ReadonlyMap<string, string>): boolean {
  const needed = [...parameters.keys()].slice(0, required);
  return (
    needed.every((name) => members.has(name)) && [...members.keys()].every((name) => parameters.has(name))
  );
}

/** JSON stays the text it is; of anything else the database takes the plain value. */
function toParameter(type: string, text: string): string | null {
  if (text === "null") return null;
  if (type === "json" || type === "jsonb") return text;
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}

function toSelect({ result, returnsSet }: Signature, call: string): string {
  if (returnsSet) return `SELECT coalesce(json_agg(r), '[]')::text FROM ${call} AS r`;
  if (result === "void") return `SELECT ${call}::text`;
  return result === "json" || result === "jsonb" ? `SELECT ${call}::text` : `SELECT to_json(${call})::text`;
}

function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
