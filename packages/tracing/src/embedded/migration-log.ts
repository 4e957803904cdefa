import type { PGlite } from "@electric-sql/pglite";
import { gatewayFailure } from "./answers.ts";
import { parseObject } from "./request-members.ts";
import type { Answer } from "./worker-protocol.ts";

interface AppliedMigration {
  version: string;
  name: string;
  statements: string[];
  createdAt: string;
}

const CREATE = `
  CREATE SCHEMA IF NOT EXISTS system;
  CREATE TABLE IF NOT EXISTS system.custom_migrations (
    version text PRIMARY KEY, name text NOT NULL, statements text[] NOT NULL, created_at timestamptz NOT NULL DEFAULT now());`;

const LIST = `
  SELECT version, name, statements,
         to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "createdAt"
    FROM system.custom_migrations ORDER BY version::numeric DESC`;

/** The migrations endpoint of InsForge: every migration is one transaction, and versions only go up. */
export class MigrationLog {
  readonly #database: PGlite;

  constructor(database: PGlite) {
    this.#database = database;
  }

  async list(): Promise<Answer> {
    return { status: 200, body: JSON.stringify({ migrations: await this.#applied() }) };
  }

  async apply(body: string): Promise<Answer> {
    const { version, name, sql } = parseObject(body);
    if (typeof version !== "string" || !/^\d{1,64}$/.test(version))
      return invalid("version must be 1 to 64 digits");
    if (typeof name !== "string" || !/^[a-z0-9-]+$/.test(name))
      return invalid("name must be lower-case letters, digits and hyphens");
    if (typeof sql !== "string" || sql.trim() === "") return invalid("sql is missing");
    const [last] = await this.#applied();
    if (last && BigInt(version) <= BigInt(last.version)) {
      const message = `Migration ${version} is not above the last one, ${last.version}`;
      return gatewayFailure(409, "DATABASE_MIGRATION_ALREADY_EXISTS", message);
    }
    await this.#database.transaction(async (transaction) => {
      await transaction.exec(sql);
      await transaction.query(
        "INSERT INTO system.custom_migrations (version, name, statements) VALUES ($1, $2, array[$3::text])",
        [version, name, sql],
      );
    });
    const [applied] = await this.#applied();
    return { status: 201, body: JSON.stringify({ ...applied, message: "Migration applied" }) };
  }

  async #applied(): Promise<AppliedMigration[]> {
    await this.#database.exec(CREATE);
    return (await this.#database.query<AppliedMigration>(LIST)).rows;
  }
}

function invalid(message: string): Answer {
  return gatewayFailure(400, "INVALID_INPUT", message);
}
