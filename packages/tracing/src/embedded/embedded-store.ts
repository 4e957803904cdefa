import { chmodSync } from "node:fs";
import { resolve } from "node:path";
import { missingDependency, TracingError } from "../core/errors.ts";
import { createInsForgeMigrationTarget, createInsForgeStoreClient } from "../insforge/index.ts";
import { makeDirectory } from "../lock/make-directory.ts";
import { LATEST_SCHEMA_VERSION, type MigrationTarget, migrate } from "../store/migrator.ts";
import type { StoreClient } from "../store/store-client.ts";
import { readOrCreateAccessKey } from "./access-key.ts";
import { Connection } from "./connection.ts";
import type { Endpoint } from "./endpoint.ts";
import { toFetch } from "./endpoint-fetch.ts";

/** An address for the SDK to build URLs on. Nothing resolves it: its `fetch` never leaves the machine. */
const BASE_URL = "http://embedded.invalid";

export interface EmbeddedOptions {
  /** Directory of the database, its lock, key and socket; made when it is not there, and private to its user. */
  dataDir: string;
  /** Gives up opening. */
  signal?: AbortSignal;
}

/** A PostgreSQL in WebAssembly behind an endpoint like InsForge's, shared by all processes that open its directory. */
export interface EmbeddedStore {
  readonly client: StoreClient;
  /** Already up to date when the store is open. */
  readonly migrations: MigrationTarget;
  /** Reaches the endpoint under any origin; requests carry `Authorization: Bearer` and {@link EmbeddedStore.apiKey}. */
  readonly fetch: typeof fetch;
  readonly apiKey: string;
  /** Whether this process runs the database, or talks to the one that does. A guest becomes owner when that one ends. */
  readonly mode: "owner" | "guest";
  /** Finishes what is pending and gives the directory up; idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the embedded store of a directory, and creates or updates its schema.
 *
 * The first process to open a directory owns it and runs the database in a worker thread; later ones talk to it over a
 * Unix socket, and one of them takes over when it ends. An open store does not keep a process alive. What has been
 * acknowledged survives a crash of the process at any moment, but not a loss of power.
 *
 * @throws {TracingError} `missing-dependency` without `@electric-sql/pglite` or `@insforge/sdk`, `store-failed` when the
 * directory or the database in it cannot be used, `store-locked` when its owner does not answer, `schema-too-new` when a newer version of the library has used it.
 */
export async function openEmbedded({ dataDir: dir, signal }: EmbeddedOptions): Promise<EmbeddedStore> {
  signal?.throwIfAborted();
  requireSdk();
  const dataDir = resolve(dir);
  const apiKey = prepareDirectory(dataDir);
  const connection = new Connection({
    dataDir,
    apiKey,
    prepareSchema: (endpoint) => prepareSchema(endpoint, dataDir, apiKey),
  });
  const abort = (): void => void connection.close();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await connection.open(signal);
    if (connection.mode === "guest")
      await prepareSchema((request) => connection.answer(request), dataDir, apiKey);
    signal?.throwIfAborted();
    const target = toTarget((request) => connection.answer(request), apiKey);
    return {
      client: await createInsForgeStoreClient(target),
      migrations: await createInsForgeMigrationTarget(target),
      fetch: target.fetch,
      apiKey,
      get mode() {
        return connection.mode;
      },
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

const SDK = "@insforge/sdk";

/** Told before anything is made. PGlite is the owner's alone, who tells of it; with the SDK missing, both are named at once. */
function requireSdk(): void {
  const missing = [SDK, "@electric-sql/pglite"].filter((name) => !isInstalled(name));
  if (missing.includes(SDK)) throw missingDependency("The embedded store", missing);
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false; // The resolver throws when there is no such package.
  }
}

function toTarget(endpoint: Endpoint, apiKey: string) {
  return { baseUrl: BASE_URL, apiKey, fetch: toFetch(endpoint) };
}

async function prepareSchema(endpoint: Endpoint, dataDir: string, apiKey: string): Promise<void> {
  const { version } = await migrate(await createInsForgeMigrationTarget(toTarget(endpoint, apiKey)));
  if (version <= LATEST_SCHEMA_VERSION) return;
  const message = `The embedded store in ${dataDir} has schema version ${version}; this version of @app/tracing knows ${LATEST_SCHEMA_VERSION}.`;
  throw new TracingError("schema-too-new", message, {
    hint: "Update @app/tracing, or choose another directory with TRACING_DATA_DIR.",
  });
}

function prepareDirectory(dataDir: string): string {
  try {
    makeDirectory(dataDir);
    chmodSync(dataDir, 0o700);
    return readOrCreateAccessKey(dataDir);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TracingError("store-failed", `The directory ${dataDir} cannot be used: ${reason}.`, {
      hint: "Choose another with TRACING_DATA_DIR, or mend its owner and permissions.",
      cause,
    });
  }
}
