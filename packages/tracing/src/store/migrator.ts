import { readdirSync, readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";
import { TracingError } from "../core/errors.ts";

/** The newest migration this version of the library brings; the schema it writes to. */
export const LATEST_SCHEMA_VERSION = 6;

/** One step of a schema; its number is also noted in the database. */
export interface Migration {
  /** A whole number, higher than that of the step before. */
  version: number;
  /** Lower-case words joined by hyphens. */
  name: string;
  /** Statements, run in one transaction. */
  sql: string;
}

/** The port to a database whose schema can be changed. */
export interface MigrationTarget {
  /** Versions noted in `<schema>.migrations`; none when that table does not exist. */
  applied(schema: string): Promise<readonly number[]>;
  /** Runs the SQL in one transaction; resolves once the functions it makes can be called. */
  apply(migration: Migration): Promise<void>;
  /** Closes what it opened itself; absent when it opened nothing. */
  close?(): Promise<void>;
}

/** Which migrations, and where they are noted. */
export interface MigrateOptions {
  /** Schema that holds the table `migrations`. @default "tracing" */
  schema?: string;
  /** @default the library's own */
  migrations?: readonly Migration[];
}

/** What has been done, and what was there. */
export interface MigrationReport {
  /** By this call; of a plan, what is missing. */
  applied: Migration[];
  /** By an earlier one. */
  alreadyThere: Migration[];
  /** The highest that stands. */
  version: number;
}

/** What stands and what is missing, without changing anything. */
export async function planMigrations(
  target: MigrationTarget,
  options: MigrateOptions = {},
): Promise<MigrationReport> {
  const { schema = "tracing", migrations = readMigrations() } = options;
  const done = new Set(await target.applied(schema));
  return {
    applied: migrations.filter(({ version }) => !done.has(version)),
    alreadyThere: migrations.filter(({ version }) => done.has(version)),
    version: Math.max(0, ...done),
  };
}

/**
 * Applies what is missing, in order, each in a transaction that also notes it. When another process is faster with a
 * step, its work stands.
 *
 * @throws {TracingError} `migration-failed`, or what the target throws.
 */
export async function migrate(
  target: MigrationTarget,
  options: MigrateOptions = {},
): Promise<MigrationReport> {
  const { schema = "tracing" } = options;
  const plan = await planMigrations(target, options);
  const applied: Migration[] = [];
  for (const migration of plan.applied) {
    try {
      await target.apply({ ...migration, sql: withNote(migration, schema) });
      applied.push(migration);
    } catch (cause) {
      // It has run, and is of no use to this server.
      if (cause instanceof TracingError && cause.code === "unsupported-server") throw cause;
      const done = await target.applied(schema).catch((): readonly number[] => []);
      if (done.includes(migration.version)) continue;
      if (cause instanceof TracingError) throw cause;
      throw toMigrationError(migration, cause);
    }
  }
  const version = Math.max(plan.version, ...plan.applied.map((migration) => migration.version), 0);
  return { applied, alreadyThere: plan.alreadyThere, version };
}

/** Migrations of a directory, by the number their file names begin with: `0001_tables.sql`. */
export function readMigrations(directory: string = ownDirectory()): Migration[] {
  return readdirSync(directory)
    .filter((file) => /^\d{4}_[a-z0-9_]+\.sql$/.test(file))
    .sort()
    .map((file) => ({
      version: Number(file.slice(0, 4)),
      name: file.slice(5, -4).replaceAll("_", "-"),
      sql: readFileSync(join(directory, file), "utf8"),
    }));
}

// The files are published as they are, so they are found from the package's root, whatever was bundled where.
function ownDirectory(): string {
  const manifest = findPackageJSON("..", import.meta.url);
  if (!manifest)
    throw new TracingError("migration-failed", "The package of @app/tracing cannot be found on disk.");
  return join(dirname(manifest), "src/store/migrations");
}

/** SQLSTATE insufficient_privilege. */
const NOT_ALLOWED = "42501";

function toMigrationError({ version, name }: Migration, cause: unknown): TracingError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const notAllowed = cause instanceof Error && "code" in cause && cause.code === NOT_ALLOWED;
  return new TracingError("migration-failed", `Migration ${version} (${name}) failed: ${reason}.`, {
    cause,
    ...(notAllowed && {
      hint: "Run it as a role that may create schemas and owns what earlier migrations made: GRANT CREATE ON DATABASE <name> TO <role>.",
    }),
  });
}

function withNote({ version, name, sql }: Migration, schema: string): string {
  return `${sql}\nINSERT INTO ${schema}.migrations (version, name) VALUES (${version}, '${name}');\n`;
}
