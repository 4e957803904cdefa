import type { PGlite } from "@electric-sql/pglite";

const CALLS_BETWEEN_CHECKS = 64;
const BYTES_BETWEEN_CHECKS = 4 * 2 ** 20;
const MAX_WAL_BYTES = 48 * 2 ** 20;

/**
 * Does what PostgreSQL's background processes do elsewhere: PGlite is a single process, which never checkpoints, so
 * that its log of changes grows for ever, and never vacuums or analyses.
 *
 * Due work is done between two calls, at most one table at a time. The thresholds are autovacuum's own.
 */
export class Housekeeping {
  readonly #database: PGlite;
  readonly #maxWalBytes: number;
  #calls = 0;
  #bytes = 0;

  constructor(database: PGlite, maxWalBytes = MAX_WAL_BYTES) {
    this.#database = database;
    this.#maxWalBytes = maxWalBytes;
  }

  /** Counts a call with a body of `bytes`, and does what has become due. */
  async afterCall(bytes: number): Promise<void> {
    this.#calls++;
    this.#bytes += bytes;
    if (this.#calls < CALLS_BETWEEN_CHECKS && this.#bytes < BYTES_BETWEEN_CHECKS) return;
    this.#calls = 0;
    this.#bytes = 0;
    await this.#tidyOneTable();
    await this.#checkpoint();
  }

  async #checkpoint(): Promise<void> {
    const { rows } = await this.#database.query<{ due: boolean }>(
      "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn) > $1::text::bigint AS due FROM pg_control_checkpoint()",
      [String(this.#maxWalBytes)],
    );
    if (rows[0]?.due) await this.#database.exec("CHECKPOINT");
  }

  async #tidyOneTable(): Promise<void> {
    // Counts of changes reach the statistics at most once a second, unless asked for.
    await this.#database.exec("SELECT pg_stat_force_next_flush()");
    const { rows } = await this.#database.query<{ command: string }>(TABLE_THAT_NEEDS_IT);
    const command = rows[0]?.command;
    if (command) await this.#database.exec(command);
  }
}

const TABLE_THAT_NEEDS_IT = `
  SELECT format(CASE WHEN vacuum_due THEN 'VACUUM (ANALYZE) %I.%I' ELSE 'ANALYZE %I.%I' END, schemaname, relname) AS command
    FROM (SELECT schemaname, relname, n_mod_since_analyze,
                 n_mod_since_analyze > 50 + 0.1 * n_live_tup AS analyze_due,
                 n_dead_tup > 50 + 0.2 * n_live_tup OR n_ins_since_vacuum > 1000 + 0.2 * n_live_tup AS vacuum_due
            FROM pg_stat_user_tables) AS due
   WHERE analyze_due OR vacuum_due
   ORDER BY n_mod_since_analyze DESC
   LIMIT 1`;
