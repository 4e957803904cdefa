import type { Pool } from "pg";
import { TracingError } from "../core/errors.ts";

export interface PostgresOptions {
  connectionString: string;
}

/** A small pool that never keeps the process alive. @throws {TracingError} `missing-dependency` */
export async function openPool({ connectionString }: PostgresOptions): Promise<Pool> {
  const { default: pg } = await import("pg").catch((cause: unknown) => {
    throw new TracingError("missing-dependency", "PostgreSQL needs the package pg, which is not installed.", {
      hint: "Run: npm install pg",
      cause,
    });
  });
  const pool = new pg.Pool({
    connectionString,
    max: 5,
    allowExitOnIdle: true,
    connectionTimeoutMillis: 10_000,
    application_name: "@app/tracing",
  });
  // An idle connection that breaks is replaced with the next call, which reports what is wrong if that fails too.
  pool.on("error", () => undefined);
  return pool;
}
