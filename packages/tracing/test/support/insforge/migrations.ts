import { GatewayError, isDatabaseError, type Reply } from "./answers.ts";
import type { Database } from "./database.ts";

/** InsForge's migrations endpoint: one row of numbers for everybody, one transaction each. */
export class Migrations {
  readonly #database: Database;
  readonly #exposeNewSchemas: boolean;

  constructor(database: Database, exposeNewSchemas: boolean) {
    this.#database = database;
    this.#exposeNewSchemas = exposeNewSchemas;
  }

  async list(): Promise<Reply> {
    const migrations = await this.#database.query(
      `SELECT version, name, statements, created_at AS "createdAt" FROM system.custom_migrations ORDER BY version::numeric DESC`,
    );
    return { status: 200, body: JSON.stringify({ migrations }) };
  }

  async apply(body: string): Promise<Reply> {
    const { version, name, sql } = JSON.parse(body) as Record<string, unknown>;
    if (typeof version !== "string" || !/^\d{1,64}$/.test(version))
      throw invalid("version must be 1 to 64 digits");
    if (typeof name !== "string" || !/^[a-z0-9-]+$/.test(name))
      throw invalid("Use lowercase letters, numbers, and hyphens only.");
    if (typeof sql !== "string" || sql.trim() === "") throw invalid("Migration SQL is required");
    const refusal = refuse(sql);
    if (refusal) throw new GatewayError(403, "FORBIDDEN", refusal);
    try {
      await this.#run(version, name, sql);
    } catch (error) {
      if (isDatabaseError(error)) throw new GatewayError(400, "DATABASE_VALIDATION_ERROR", error.message);
      throw error;
    }
    return {
      status: 201,
      body: JSON.stringify({ version, name, message: "Migration executed successfully" }),
    };
  }

  async #run(version: string, name: string, sql: string): Promise<void> {
    await this.#database.connected(async (client) => {
      await client.query("BEGIN");
      try {
        await client.query("SELECT pg_advisory_xact_lock(77)");
        const last = await client.query(
          "SELECT max(version::numeric) >= $1::numeric AS past FROM system.custom_migrations",
          [version],
        );
        if (last.rows[0]?.past) {
          const message = `Migration version ${version} must be above the last one`;
          throw new GatewayError(409, "DATABASE_MIGRATION_ALREADY_EXISTS", message);
        }
        const before = await client.query("SELECT array_agg(nspname::text) AS names FROM pg_namespace");
        await client.query("SET LOCAL ROLE project_admin");
        await client.query(sql);
        await client.query("RESET ROLE");
        await client.query(
          "INSERT INTO system.custom_migrations (version, name, statements) VALUES ($1, $2, ARRAY[$3])",
          [version, name, sql],
        );
        if (this.#exposeNewSchemas) {
          await client.query(
            "INSERT INTO system.exposed_schemas SELECT nspname FROM pg_namespace WHERE NOT nspname = ANY ($1::text[]) ON CONFLICT DO NOTHING",
            [before.rows[0]?.names],
          );
        }
        await client.query("COMMIT");
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      }
    });
  }
}

function invalid(message: string): GatewayError {
  return new GatewayError(400, "INVALID_INPUT", message);
}

const REFUSED: readonly [RegExp, string][] = [
  [
    /^(BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE)\b/i,
    "Transaction control statements are not allowed in migrations.",
  ],
  [
    /^(SET|RESET)\s+(LOCAL\s+|SESSION\s+)?(ROLE|SESSION\s+AUTHORIZATION|SEARCH_PATH|STATEMENT_TIMEOUT|ALL)\b/i,
    "Session settings are not allowed in migrations.",
  ],
  [
    /^(CREATE|ALTER|DROP)\s+(ROLE|USER|GROUP|DATABASE)\b/i,
    "Role and database statements are not allowed in migrations.",
  ],
];

/** Why InsForge refuses the text of a migration, if it does. */
function refuse(sql: string): string | undefined {
  if (/set_config/i.test(sql)) return "set_config is not allowed in migrations.";
  const bare = sql
    .replace(/\$(\w*)\$[\s\S]*?\$\1\$/g, "''")
    .replace(/'(?:[^']|'')*'/g, "''")
    .replace(/--[^\n]*/g, "")
    .replace(/\/\*[\s\S]*?\*\//g, "");
  for (const statement of bare.split(";")) {
    const found = REFUSED.find(([pattern]) => pattern.test(statement.trim()));
    if (found) return found[1];
  }
  return undefined;
}
