import { invalidOption, TracingError } from "../core/errors.ts";
import type { Migration, MigrationTarget } from "../store/migrator.ts";
import { type Answer, readRefusal } from "./answer.ts";
import { type Backend, createBackend } from "./backend.ts";
import { type InsForgeTarget, openHttp } from "./insforge-client.ts";
import { waitUntilCallable } from "./schema-cache.ts";

const MIGRATIONS = "/api/database/migrations";
const RAW_SQL = "/api/database/advance/rawsql";
/** How often another tool may take the version that was about to be used. */
const MAX_COLLISIONS = 10;
const MAX_VERSION_DIGITS = 64;

/**
 * Changes the schema of an InsForge project through its migrations endpoint.
 *
 * InsForge numbers the migrations of all tools in one row, so that the numbers it keeps are its own; which of ours have run
 * is noted in the schema's table `migrations`, in the same transaction.
 *
 * Whatever it rejects with is a `TracingError`: `unauthorized`, `unreachable`, `unsupported-server`, `store-failed` or
 * `migration-failed`.
 *
 * @throws {TracingError} `invalid-option`, or `missing-dependency` when `@insforge/sdk` is not installed.
 */
export async function createInsForgeMigrationTarget(target: InsForgeTarget): Promise<MigrationTarget> {
  const http = await openHttp(target);
  if (!http) return withoutHttp;
  const backend = createBackend(http);
  return {
    applied: (schema) => readApplied(backend, schema),
    async apply(migration) {
      await post(backend, migration);
      await waitUntilCallable(backend, migration.sql);
    },
  };
}

const withoutHttp: MigrationTarget = { applied: refuse, apply: refuse };

async function refuse(): Promise<never> {
  throw new TracingError(
    "migration-failed",
    "The given client can call functions, but cannot change the schema.",
    {
      hint: "Pass a client of createAdminClient(), or run `tracing migrate` with INSFORGE_BASE_URL and INSFORGE_API_KEY.",
    },
  );
}

async function readApplied(backend: Backend, schema: string): Promise<number[]> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw invalidOption("schema", schema, "a plain lower-case name");
  const table = `${schema}.migrations`;
  const [found] = await select(backend, "SELECT to_regclass($1) IS NOT NULL AS there", [table]);
  if (found?.there !== true) return [];
  const rows = await select(backend, `SELECT version FROM ${table} ORDER BY version`, []);
  return rows.map(({ version }) => Number(version));
}

async function select(backend: Backend, query: string, params: string[]): Promise<Record<string, unknown>[]> {
  const body = JSON.stringify({ query, params });
  const { rows } = await backend.json({ method: "POST", path: RAW_SQL, body });
  return Array.isArray(rows) ? rows : [];
}

async function post(backend: Backend, { version, name, sql }: Migration): Promise<void> {
  const title = `${version}-${name}`.toLowerCase().replace(/[^a-z0-9-]+/g, "-");
  for (let collisions = 0; collisions < MAX_COLLISIONS; collisions++) {
    const body = JSON.stringify({ version: await nextVersion(backend), name: title, sql });
    const answer = await backend.ask({ method: "POST", path: MIGRATIONS, body });
    if (answer.status === 201 || answer.status === 200) return;
    // Another tool, or another process of ours, was faster with that number.
    if (answer.status !== 409 || !/MIGRATION_ALREADY_EXISTS/.test(answer.text))
      throw toFailure(backend, answer, title);
  }
  throw new TracingError(
    "migration-failed",
    `Migration ${title} found its version number taken ${MAX_COLLISIONS} times.`,
    {
      hint: "Something else keeps migrating this project; run `tracing migrate` again when it has finished.",
    },
  );
}

/** The smallest number that InsForge accepts: it leaves those after it to the other tools. */
async function nextVersion(backend: Backend): Promise<string> {
  const { migrations } = await backend.json({ method: "GET", path: MIGRATIONS });
  const versions: unknown[] = Array.isArray(migrations)
    ? migrations.map((migration) => migration?.version)
    : [];
  const numbers = versions.flatMap((version) =>
    /^\d+$/.test(String(version)) ? [BigInt(String(version))] : [],
  );
  const last = numbers.toSorted((a, b) => (a < b ? -1 : 1)).at(-1) ?? 0n;
  const next = String(last + 1n);
  if (next.length <= MAX_VERSION_DIGITS) return next;
  throw new TracingError(
    "migration-failed",
    "A migration of this project has the highest version there can be.",
    {
      hint: "Rename that migration in InsForge to a lower number.",
    },
  );
}

function toFailure(backend: Backend, answer: Answer, title: string): TracingError {
  const { kind, status, code, message } = readRefusal(answer);
  const ofTheKey = status === 401 || (code?.startsWith("AUTH_") ?? false);
  if (ofTheKey || kind === "unreachable" || kind === "too-large" || status === 404 || status === 429) {
    return backend.toError(answer);
  }
  const hint =
    status === 403
      ? "InsForge does not allow this statement in a migration; report it with the versions of InsForge and @app/tracing."
      : "Nothing of it has been kept. Run `tracing migrate` again once the cause is mended.";
  return new TracingError("migration-failed", `Migration ${title} is refused. ${message}`, { hint });
}
