import { onTestFinished } from "vitest";
import {
  createInsForgeMigrationTarget,
  createInsForgeStoreClient,
  type InsForgeAddress,
} from "../../src/insforge/index.ts";
import type { TraceRecord } from "../../src/record/record.ts";
import { encodeRecord } from "../../src/record/to-record.ts";
import { migrate } from "../../src/store/migrator.ts";
import { createStoreExporter, type StoreExporterOptions } from "../../src/store/store-exporter.ts";
import { TraceRepo } from "../../src/store/trace-repo.ts";
import {
  type InsForgeServer,
  type InsForgeServerOptions,
  startInsForge,
} from "../support/insforge-server.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { sampleRecord } from "../support/sample-record.ts";

/** One PostgreSQL for a file of tests, with a fresh database behind every stand-in. */
export class TestBackend {
  readonly #postgres: PostgresServer;

  constructor(postgres: PostgresServer) {
    this.#postgres = postgres;
  }

  static async start(): Promise<TestBackend> {
    return new TestBackend(await startPostgres());
  }

  /** Ends with the test; the caller of a `beforeAll` stops it itself. */
  async empty(options: InsForgeServerOptions = {}): Promise<InsForgeServer> {
    const databaseUrl = await this.#postgres.createDatabase();
    return startInsForge({ databaseUrl, schemaCacheLagMs: 50, ...options });
  }

  async emptyForTest(options: InsForgeServerOptions = {}): Promise<InsForgeServer> {
    const server = await this.empty(options);
    onTestFinished(() => server.stop());
    return server;
  }

  async migrated(options: InsForgeServerOptions = {}): Promise<InsForgeServer> {
    const server = await this.empty(options);
    await migrate(await createInsForgeMigrationTarget(addressOf(server)));
    return server;
  }

  stop(): Promise<void> {
    return this.#postgres.stop();
  }
}

export function addressOf({ url, apiKey }: InsForgeServer): InsForgeAddress {
  return { baseUrl: url, apiKey };
}

export async function openExporter(
  server: InsForgeServer,
  options: StoreExporterOptions & { apiKey?: string } = {},
) {
  const { apiKey = server.apiKey, ...exporterOptions } = options;
  const client = await createInsForgeStoreClient({ baseUrl: server.url, apiKey });
  return createStoreExporter(client, exporterOptions);
}

export async function openRepo(server: InsForgeServer): Promise<TraceRepo> {
  return new TraceRepo(await createInsForgeStoreClient(addressOf(server)));
}

/** Records of one new trace: its root, and as many children as asked for. */
export function sampleTrace(children = 0, overrides: Partial<TraceRecord> = {}): TraceRecord[] {
  const root = sampleRecord(overrides);
  const below = { trace_id: root.trace_id, parent_span_id: root.span_id, root: 0, kind: "step" } as const;
  return [root, ...Array.from({ length: children }, () => sampleRecord(below))];
}

export function encoded(records: readonly TraceRecord[]): string[] {
  return records.map(encodeRecord);
}
