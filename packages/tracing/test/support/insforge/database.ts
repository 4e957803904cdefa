import pg from "pg";
import type { Role } from "./answers.ts";

/** What InsForge prepares in a database before anybody uses it. */
const PREPARE = `
  DO $$
  DECLARE
    attributes record;
  BEGIN
    FOR attributes IN SELECT * FROM (VALUES ('anon', ''), ('authenticated', ''), ('project_admin', 'BYPASSRLS')) r(name, extra) LOOP
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE %s', attributes.name, attributes.extra);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
      END;
    END LOOP;
    EXECUTE format('GRANT CREATE ON DATABASE %I TO project_admin', current_database());
  END $$;
  GRANT USAGE ON SCHEMA public TO anon, authenticated;
  GRANT USAGE, CREATE ON SCHEMA public TO project_admin;
  ALTER DEFAULT PRIVILEGES FOR ROLE project_admin IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO anon, authenticated;
  ALTER DEFAULT PRIVILEGES FOR ROLE project_admin IN SCHEMA public GRANT USAGE ON SEQUENCES TO anon, authenticated;
  CREATE SCHEMA IF NOT EXISTS system;
  CREATE TABLE IF NOT EXISTS system.custom_migrations (
    version text PRIMARY KEY, name text NOT NULL, statements text[] NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE IF NOT EXISTS system.exposed_schemas (name text PRIMARY KEY);
  INSERT INTO system.exposed_schemas VALUES ('public') ON CONFLICT DO NOTHING;
  CREATE OR REPLACE FUNCTION system.tell_postgrest() RETURNS event_trigger LANGUAGE plpgsql AS $$
  BEGIN
    NOTIFY pgrst;
  END $$;
  DROP EVENT TRIGGER IF EXISTS tell_postgrest;
  CREATE EVENT TRIGGER tell_postgrest ON ddl_command_end EXECUTE FUNCTION system.tell_postgrest();`;

/** Connections of the superuser, which act as one of InsForge's roles. */
export class Database {
  readonly #url: string;
  readonly #pool: pg.Pool;
  #listener: pg.Client | undefined;

  constructor(url: string) {
    this.#url = url;
    this.#pool = new pg.Pool({ connectionString: url, max: 10, allowExitOnIdle: true });
    // A connection that the database ends while it is idle is replaced with the next use.
    this.#pool.on("error", () => undefined);
  }

  async prepare(): Promise<void> {
    await this.#pool.query(PREPARE);
  }

  /** A statement of InsForge's own. */
  async query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.#pool.query(text, values)).rows;
  }

  /** Work in one transaction under a role, as PostgREST does it. */
  async transaction<T>(role: Role, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.connected(async (client) => {
      await client.query("BEGIN");
      try {
        await client.query(`SET LOCAL ROLE ${role}`);
        const result = await work(client);
        await client.query("COMMIT");
        return result;
      } catch (error) {
        await client.query("ROLLBACK").catch(() => undefined);
        throw error;
      }
    });
  }

  async connected<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken = true;
    try {
      const result = await work(client);
      broken = false;
      return result;
    } catch (error) {
      broken = !(error instanceof Error && "code" in error);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** Calls back after every transaction that changed the schema, whoever ran it. */
  async onSchemaChange(callback: () => void): Promise<void> {
    const listener = new pg.Client({ connectionString: this.#url });
    listener.on("error", () => undefined);
    listener.on("notification", callback);
    await listener.connect();
    await listener.query("LISTEN pgrst");
    this.#listener = listener;
  }

  async close(): Promise<void> {
    await this.#listener?.end();
    await this.#pool.end();
  }
}
