import { Socket } from "node:net";
import type { Pool, PoolClient } from "pg";
import { missingDependency } from "../core/errors.ts";

export interface PostgresOptions {
  connectionString: string;
}

const CONNECT_TIMEOUT_MS = 10_000;
const END_TIMEOUT_MS = 2_000;

export interface PoolOptions extends PostgresOptions {
  /** Whether a connection that is being made keeps the process alive; one in use does, an idle one does not. @default true */
  holdsProcess?: boolean;
}

/** @throws {TracingError} `missing-dependency` */
export async function openPool({ connectionString, holdsProcess = true }: PoolOptions): Promise<Pool> {
  const { default: pg } = await import("pg").catch((cause: unknown) => {
    throw missingDependency("The PostgreSQL store", ["pg"], { cause });
  });
  // The pool's own time-out for connecting would keep the process alive; the client's does not.
  class Client extends pg.Client {
    constructor(config?: ConstructorParameters<typeof pg.Client>[0]) {
      super({ ...(typeof config === "object" && config), connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    }
  }
  const pool = new pg.Pool({
    connectionString,
    Client,
    max: 5,
    allowExitOnIdle: true,
    ...(!holdsProcess && { stream: () => new Socket().unref() }),
    application_name: "@app/tracing",
  });
  pool.on("connect", (connection) => {
    holdProcess(connection, true);
    // One that breaks in use fails its query, and says so a second time as an event, which nobody else listens to.
    connection.on("error", () => undefined);
  });
  // An idle connection that breaks is replaced with the next call, which reports what is wrong if that fails too.
  pool.on("error", () => undefined);
  return pool;
}

/** Lets a connection that is in use keep the process alive, or not; `pg` has this, its types do not. */
export function holdProcess(connection: PoolClient, hold: boolean): void {
  const { ref, unref } = connection as PoolClient & { ref(): void; unref(): void };
  (hold ? ref : unref).call(connection);
}

/**
 * Closes all connections. Whoever ends a pool waits for it, so this keeps the process alive, which idle connections do
 * not; and it is bounded, since a server that hangs never says good-bye.
 */
export async function endPool(pool: Pool): Promise<void> {
  if (pool.ending) return;
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, END_TIMEOUT_MS);
  await Promise.race([pool.end(), late]).finally(() => clearTimeout(timer));
}
