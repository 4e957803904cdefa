import { setTimeout as pause } from "node:timers/promises";
import { migrate, type OpenStore, readMigrations, TracingError } from "@app/tracing";
import type { Logger } from "../logger.ts";
import { MIGRATIONS_DIR } from "../package-files.ts";

/** How long the bot waits for its database before it goes on without. */
const PATIENCE_MS = 15_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/**
 * Brings the schemas of the bot and of its traces up to date. A database that cannot be reached now, or does not
 * answer in time, is no error: it is asked until it can, and until then the bot says that it cannot reach its records.
 */
export async function prepareSchemas(
  store: OpenStore,
  logger: Logger,
  signal: AbortSignal,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const begun = begin(store, logger, signal).then(() => true);
  if (await Promise.race([begun, pause(patienceMs, false, { ref: false })])) return;
  logger.warn("The database does not answer; the bot goes on without until it does");
}

async function begin(store: OpenStore, logger: Logger, signal: AbortSignal): Promise<void> {
  try {
    await migrateAll(store, logger);
  } catch (error) {
    logger.warn({ err: error, cure: cureOf(error) }, "The database is not ready; trying again until it is");
    void retry(store, logger, signal, FIRST_RETRY_MS);
  }
}

async function retry(store: OpenStore, logger: Logger, signal: AbortSignal, delayMs: number): Promise<void> {
  try {
    await pause(delayMs, undefined, { signal, ref: false });
    await migrateAll(store, logger);
    logger.info("The database is ready");
  } catch (error) {
    if (signal.aborted) return;
    logger.debug({ err: error }, "The database is not ready yet");
    void retry(store, logger, signal, Math.min(delayMs * 2, MAX_RETRY_MS));
  }
}

async function migrateAll({ migrations }: OpenStore, logger: Logger): Promise<void> {
  const traces = await migrate(migrations);
  const own = await migrate(migrations, { schema: "bot", migrations: readMigrations(MIGRATIONS_DIR) });
  const applied = [...traces.applied, ...own.applied].map(({ version, name }) => `${version}-${name}`);
  if (applied.length > 0) logger.info({ applied }, "Migrations applied");
}

function cureOf(error: unknown): string | undefined {
  return error instanceof TracingError ? error.hint : undefined;
}
