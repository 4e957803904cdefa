import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OpenStore, openStore } from "@app/tracing";
import {
  type InsForgeServer,
  startInsForge,
} from "../../../../packages/tracing/test/support/insforge-server.ts";
import { startPostgres } from "../../../../packages/tracing/test/support/postgres-server.ts";

export interface OpenedStore {
  store: OpenStore;
  /** What stands in front of the database, and can be taken away; undefined where nothing does. */
  backend: InsForgeServer | undefined;
  close(): Promise<void>;
}

/** The stores that the bot runs on, each in its real form, or InsForge's stand-in in front of a real PostgreSQL. */
export const STORES: Readonly<Record<OpenStore["kind"], () => Promise<OpenedStore>>> = {
  async embedded() {
    const dataDir = mkdtempSync(join(tmpdir(), "bot-store-"));
    const store = await openStore({ dataDir }, {});
    return {
      store,
      backend: undefined,
      close: async () => {
        await store.close();
        rmSync(dataDir, { recursive: true, force: true });
      },
    };
  },
  async postgres() {
    const server = await startPostgres();
    const store = await openStore({ databaseUrl: server.url }, {});
    return { store, backend: undefined, close: () => store.close().then(() => server.stop()) };
  },
  async insforge() {
    const server = await startInsForge();
    const store = await openStore({ insforge: { baseUrl: server.url, apiKey: server.apiKey } }, {});
    return { store, backend: server, close: () => store.close().then(() => server.stop()) };
  },
};
