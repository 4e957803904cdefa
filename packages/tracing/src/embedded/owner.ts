import { join } from "node:path";
import { acquireDirectoryLock } from "../lock/directory-lock.ts";
import { createEndpoint, type Endpoint, type EndpointRequest } from "./endpoint.ts";
import { PgliteHost } from "./pglite-host.ts";
import { prepareSocketPath, removeSocket } from "./socket-path.ts";
import { type SocketServer, serveOnSocket } from "./socket-server.ts";
import type { Answer } from "./worker-protocol.ts";

/** Directory of PGlite's files, in the data directory. */
export const DATABASE_DIR = "pgdata";

/** Brings the schema up to date, asking only the endpoint it is given. */
export type PrepareSchema = (endpoint: Endpoint) => Promise<void>;

export interface OwnerOptions {
  dataDir: string;
  apiKey: string;
  prepareSchema: PrepareSchema;
}

/** The one process (and thread) that runs PGlite on a data directory, and serves the others. */
export class Owner {
  readonly #host: PgliteHost;
  readonly #endpoint: Endpoint;
  readonly #ready: Promise<void>;
  readonly #release: () => void;
  #server: SocketServer | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Takes the directory's lock, or returns undefined when a live process has it. From then on the socket is served;
   * requests wait until the database is open and its schema up to date.
   *
   * @throws when the directory cannot be locked, such as when it is not there.
   */
  static tryStart(options: OwnerOptions): Owner | undefined {
    const lock = acquireDirectoryLock(options.dataDir);
    return lock && new Owner(options, () => lock.release());
  }

  private constructor({ dataDir, apiKey, prepareSchema }: OwnerOptions, releaseLock: () => void) {
    this.#host = new PgliteHost({ databaseDir: join(dataDir, DATABASE_DIR) });
    this.#endpoint = createEndpoint(this.#host, apiKey);
    this.#release = () => {
      removeSocket(dataDir);
      releaseLock();
    };
    this.#ready = this.#start(dataDir, prepareSchema);
    // Whoever waits for it hears why it failed; that giving up then fails too would add nothing.
    this.#ready.catch(() => this.close()).catch(() => undefined);
  }

  /**
   * Resolves when requests are answered; when it rejects, the directory has been or is being given up.
   *
   * @throws {TracingError}
   */
  get ready(): Promise<void> {
    return this.#ready;
  }

  async answer(request: EndpointRequest): Promise<Answer> {
    await this.#ready;
    return this.#endpoint(request);
  }

  /** Answers what is pending, closes the database and gives the directory up; idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #start(dataDir: string, prepareSchema: PrepareSchema): Promise<void> {
    this.#server = await serveOnSocket(prepareSocketPath(dataDir), (request) => this.answer(request));
    await this.#host.open();
    await prepareSchema(this.#endpoint);
  }

  async #close(): Promise<void> {
    try {
      this.#server?.refuse();
      await this.#host.close();
      await this.#server?.close();
    } finally {
      this.#release();
    }
  }
}
