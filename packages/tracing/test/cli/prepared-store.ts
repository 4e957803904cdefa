import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../src/open-store.ts";
import type { TraceRecord } from "../../src/record/record.ts";
import { migrate } from "../../src/store/migrator.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { type CapturedRun, captureRun, type RunSetting } from "./captured-run.ts";
import { NOW } from "./stored-traces.ts";

/** A PostgreSQL of its own whose databases have the schema, and the command line set up for one of them. */
export interface PreparedStore {
  server: PostgresServer;
  dataDir: string;
  /** A database with these traces; resolves to its connection string. */
  database(records: readonly TraceRecord[]): Promise<string>;
  stop(): Promise<void>;
}

export async function prepareStore(): Promise<PreparedStore> {
  const server = await startPostgres();
  const dataDir = mkdtempSync(join(tmpdir(), "tracing-cli-"));
  return {
    server,
    dataDir,
    async database(records) {
      const url = await server.createDatabase();
      const store = await openStore({ databaseUrl: url }, {});
      await migrate(store.migrations);
      if (records.length > 0) await store.repo.ingest(records);
      await store.close();
      return url;
    },
    async stop() {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Runs a command line against one database, at the time of the stored traces. */
export function runAgainst(
  url: string,
  dataDir: string,
): (argv: readonly string[], setting?: RunSetting) => Promise<CapturedRun> {
  return (argv, setting = {}) => {
    const env = { DATABASE_URL: url, TRACING_DATA_DIR: dataDir, ...setting.env };
    return captureRun(argv, { now: NOW, ...setting, env });
  };
}

/** Records of as many small traces, a minute apart, the newest at `newest`. */
export function manyTraces(
  total: number,
  newest: Date,
  record: Partial<TraceRecord>,
): Partial<TraceRecord>[] {
  return Array.from({ length: total }, (_, index) => {
    const start = new Date(newest.getTime() - index * 60_000).toISOString().replace("Z", "000Z");
    const traceId = (index + 1).toString(16).padStart(32, "0");
    return { trace_id: traceId, start, end: start, duration_us: 0, ...record };
  });
}
