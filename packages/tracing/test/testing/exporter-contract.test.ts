import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createAdminClient } from "@insforge/sdk";
import { afterAll, beforeAll, describe, it, onTestFinished } from "vitest";
import type { RecordExporter } from "../../src/collector/record-exporter.ts";
import { openEmbedded } from "../../src/embedded/index.ts";
import {
  createInsForgeMigrationTarget,
  createInsForgeStoreClient,
  InsForgeSpanExporter,
} from "../../src/insforge/index.ts";
import { createOtlpExporter } from "../../src/otlp/index.ts";
import { createPostgresClient, createPostgresMigrationTarget } from "../../src/postgres/index.ts";
import { migrate } from "../../src/store/migrator.ts";
import type { StoreClient } from "../../src/store/store-client.ts";
import { createStoreExporter } from "../../src/store/store-exporter.ts";
import {
  describeExporterContract,
  type ExporterContractOptions,
} from "../../src/testing/exporter-contract/index.ts";
import { freshDataDir, PATIENT, SCRATCH_ROOT } from "../embedded/data-dir.ts";
import { type Fault, openReceiver, startReceiver } from "../otlp/receiver.ts";
import {
  type InsForgeServer,
  type InsForgeServerOptions,
  startInsForge,
} from "../support/insforge-server.ts";
import { type PostgresServer, query, startPostgres } from "../support/postgres-server.ts";
import { openTcpGate } from "../support/tcp-gate.ts";

const runner = { afterAll, beforeAll, describe, it };
/** Nobody listens there. */
const NOWHERE = "127.0.0.1:1";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

async function storedIn(databaseUrl: string, traceId: string): Promise<string[]> {
  const rows = await query(
    databaseUrl,
    "SELECT encode(span_id, 'hex') AS id FROM tracing.spans WHERE trace_id = $1::uuid",
    [traceId],
  );
  return rows.map(({ id }) => String(id));
}

describe("over PostgreSQL", () => {
  const exporterOf = async (connectionString: string) => {
    const client = await createPostgresClient({ connectionString });
    onTestFinished(() => client.close?.());
    return createStoreExporter(client);
  };
  const migratedDatabase = async () => {
    const connectionString = await postgres.createDatabase();
    const target = await createPostgresMigrationTarget({ connectionString });
    await migrate(target);
    await target.close?.();
    return connectionString;
  };

  describeExporterContract("PostgreSQL", {
    runner,
    async open() {
      const connectionString = await migratedDatabase();
      const client = await createPostgresClient({ connectionString });
      return {
        exporter: createStoreExporter(client),
        storedSpans: (traceId) => storedIn(connectionString, traceId),
        close: async () => client.close?.(),
      };
    },
    unreachable: () => exporterOf(`postgres://nobody@${NOWHERE}/nothing`),
    schemaMissing: async () => exporterOf(await postgres.createDatabase()),
    async unauthorized() {
      const url = new URL(await migratedDatabase());
      await query(url.href, "CREATE ROLE exporter_contract LOGIN");
      url.username = "exporter_contract";
      return exporterOf(url.href);
    },
    async hanging() {
      const url = new URL(await migratedDatabase());
      const gate = await openTcpGate({ host: "127.0.0.1", port: Number(url.port) });
      onTestFinished(() => gate.close());
      gate.block();
      url.port = String(gate.port);
      return exporterOf(url.href);
    },
  });
});

/** The contract over an InsForge server, in all its troubles, for a way to make an exporter. */
function overInsForge(
  exporterOf: (address: { baseUrl: string; apiKey: string }) => Promise<RecordExporter>,
): Omit<ExporterContractOptions, "runner"> {
  const start = async (options: InsForgeServerOptions = {}) =>
    startInsForge({ databaseUrl: await postgres.createDatabase(), schemaCacheLagMs: 50, ...options });
  const startForTest = async (options?: InsForgeServerOptions) => {
    const server = await start(options);
    onTestFinished(() => server.stop());
    return server;
  };
  const addressOf = ({ url, apiKey }: InsForgeServer) => ({ baseUrl: url, apiKey });
  const migrated = async (server: InsForgeServer) => {
    await migrate(await createInsForgeMigrationTarget(addressOf(server)));
    return server;
  };
  return {
    async open() {
      const server = await migrated(await start());
      return {
        exporter: await exporterOf(addressOf(server)),
        storedSpans: (traceId) => storedIn(server.databaseUrl, traceId),
        close: () => server.stop(),
      };
    },
    unreachable: () => exporterOf({ baseUrl: `http://${NOWHERE}`, apiKey: "ik_0" }),
    unauthorized: async () => {
      const server = await migrated(await startForTest());
      return exporterOf({ ...addressOf(server), apiKey: "ik_0123456789abcdef0123456789abcdef" });
    },
    schemaMissing: async () => exporterOf(addressOf(await startForTest())),
    limited: async (maxBytes) => {
      const server = await startForTest();
      const { databaseUrl } = await migrated(server);
      const small = await startForTest({ databaseUrl, maxBodyBytes: maxBytes });
      return exporterOf(addressOf(small));
    },
    hanging: async () => {
      const server = await startForTest();
      server.fault(() => ({ kind: "hang" }));
      return exporterOf(addressOf(server));
    },
  };
}

describe("over InsForge", () => {
  describeExporterContract("InsForge over HTTP", {
    runner,
    ...overInsForge(async (address) => createStoreExporter(await createInsForgeStoreClient(address))),
  });
  describeExporterContract("InsForgeSpanExporter with a client of the SDK", {
    runner,
    ...overInsForge(async (address) => new InsForgeSpanExporter({ client: createAdminClient(address) })),
  });
});

describe("over the embedded store", PATIENT, () => {
  const parent = mkdtempSync(join(SCRATCH_ROOT, "exporter-contract-"));
  let client: StoreClient;
  afterAll(() => rmSync(parent, { recursive: true, force: true }));
  const exporterWith = async (apiKey: string, fetch: typeof globalThis.fetch) =>
    createStoreExporter(
      await createInsForgeStoreClient({ baseUrl: "http://embedded.invalid", apiKey, fetch }),
    );
  let send: typeof fetch;

  describeExporterContract("embedded", {
    runner,
    async open() {
      const store = await openEmbedded({ dataDir: await freshDataDir(parent) });
      client = store.client;
      send = store.fetch;
      return {
        exporter: createStoreExporter(client),
        async storedSpans(traceId) {
          const trace = (await client.rpc("get_trace", { trace_id: traceId, options: {} })) as {
            spans: { spanId: string }[];
          } | null;
          return trace?.spans.map(({ spanId }) => spanId) ?? [];
        },
        close: () => store.close(),
      };
    },
    unauthorized: () => exporterWith("ik_0123456789abcdef0123456789abcdef", send),
    unreachable: async () => {
      const store = await openEmbedded({ dataDir: await freshDataDir() });
      await store.close();
      return createStoreExporter(store.client);
    },
  });
});

describe("over OTLP", () => {
  for (const protocol of ["http/protobuf", "http/json"] as const) {
    /** Against a receiver of the test's that answers, or does not, in one way. */
    const troubled = async (faultFor: (request: { body: Buffer }) => Fault | undefined) => {
      const receiver = await startReceiver();
      receiver.fault(faultFor);
      return createOtlpExporter({ url: receiver.url, protocol });
    };

    describeExporterContract(`OTLP, ${protocol}`, {
      runner,
      async open() {
        const receiver = await openReceiver();
        return {
          exporter: createOtlpExporter({ url: receiver.url, protocol }),
          async storedSpans(traceId) {
            return receiver.spans.filter((span) => span.traceId === traceId).map(({ spanId }) => spanId);
          },
          close: () => receiver.down(),
        };
      },
      unreachable: async () => createOtlpExporter({ url: `http://${NOWHERE}/v1/traces`, protocol }),
      unauthorized: () => troubled(() => ({ kind: "answer", status: 401 })),
      hanging: () => troubled(() => ({ kind: "hang" })),
      limited: (maxBytes) =>
        troubled(({ body }) => (body.length > maxBytes ? { kind: "answer", status: 413 } : undefined)),
      poisons: { "a time that is none": (record) => ({ ...record, start: "yesterday" }) },
      storesOnce: false,
      hasSchema: false,
    });
  }
});
