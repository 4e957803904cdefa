import type { MigrationTarget } from "./store/migrator.ts";
import type { StoreClient } from "./store/store-client.ts";
import { TraceRepo } from "./store/trace-repo.ts";
import { type ResolvedStoreOptions, resolveStoreOptions, type StoreOptions } from "./store-options.ts";

/** A store that has been reached, or in the case of a remote one will be with the first call. */
export interface OpenStore {
  /** What it is. */
  readonly kind: "embedded" | "insforge" | "postgres";
  /** For people: where it is, without secrets. */
  readonly description: string;
  /** Calls functions in it, also of schemas of your own. */
  readonly client: StoreClient;
  /** Reads traces from it. */
  readonly repo: TraceRepo;
  /** Changes schemas in it, for {@link migrate}. */
  readonly migrations: MigrationTarget;
  /** Closes what was opened here; idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the configured store; adapters, and the packages they need, are loaded only here.
 *
 * For a service that keeps data of its own beside its traces, in a schema of its own: {@link migrate} makes it, `rpc` with
 * the option `schema` calls its functions, and `startTracing({ store })` uses the same connection. Close it last.
 *
 * @throws {TracingError} `invalid-option`, `missing-dependency`, or for the embedded store `store-failed`.
 * @example
 * const store = await openStore();
 * await migrate(store.migrations, { schema: "shop", migrations: readMigrations("migrations") });
 * const tracing = await startTracing({ serviceName: "shop", store });
 * await store.client.rpc("orders", { customer: 7 }, { schema: "shop" });
 * await tracing.shutdown();
 * await store.close();
 */
export async function openStore(
  options: StoreOptions = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<OpenStore> {
  return openResolvedStore(resolveStoreOptions(options, env));
}

export async function openResolvedStore({ store, embeddedDir }: ResolvedStoreOptions): Promise<OpenStore> {
  switch (store.kind) {
    case "insforge": {
      const { createInsForgeStoreClient, createInsForgeMigrationTarget } = await import(
        "./insforge/index.ts"
      );
      const client = await createInsForgeStoreClient(store.target);
      const migrations = await createInsForgeMigrationTarget(store.target);
      const where = "baseUrl" in store.target ? new URL(store.target.baseUrl).origin : "a given client";
      return toOpenStore("insforge", `InsForge at ${where}`, client, migrations);
    }
    case "postgres": {
      const { createPostgresClient, createPostgresMigrationTarget } = await import("./postgres/index.ts");
      const client = await createPostgresClient({ connectionString: store.databaseUrl });
      const migrations = await createPostgresMigrationTarget({ connectionString: store.databaseUrl });
      const { hostname, port, pathname } = new URL(store.databaseUrl);
      return toOpenStore(
        "postgres",
        `PostgreSQL at ${hostname}${port && `:${port}`}${pathname}`,
        client,
        migrations,
      );
    }
    case "embedded": {
      const { openEmbedded } = await import("./embedded/index.ts");
      const embedded = await openEmbedded({ dataDir: embeddedDir });
      return {
        ...toOpenStore("embedded", `embedded in ${embeddedDir}`, embedded.client, embedded.migrations),
        close: () => embedded.close(),
      };
    }
  }
}

function toOpenStore(
  kind: OpenStore["kind"],
  description: string,
  client: StoreClient,
  migrations: MigrationTarget,
): OpenStore {
  return {
    kind,
    description,
    client,
    repo: new TraceRepo(client),
    migrations,
    close: async () => {
      await Promise.all([client.close?.(), migrations.close?.()]);
    },
  };
}
