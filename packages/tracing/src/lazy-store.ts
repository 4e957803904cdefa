import { type OpenStore, openResolvedStore } from "./open-store.ts";
import { type RpcArgs, type RpcOptions, type StoreClient, StoreError } from "./store/store-client.ts";
import type { ResolvedStoreOptions } from "./tracing-options.ts";

/** A store that is opened with its first use, and again with a later one when that failed. */
export class LazyStore implements StoreClient {
  readonly #options: ResolvedStoreOptions;
  readonly #given: OpenStore | undefined;
  #opening: Promise<OpenStore> | undefined;
  #closed = false;

  /** A store that is given is open already, and stays so when this is closed. */
  constructor(options: ResolvedStoreOptions, given?: OpenStore) {
    this.#options = options;
    this.#given = given;
  }

  /** @throws {TracingError} as {@link openResolvedStore} does. */
  open(): Promise<OpenStore> {
    if (this.#given) return Promise.resolve(this.#given);
    this.#opening ??= openResolvedStore(this.#options).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async rpc(fn: string, args: RpcArgs, options?: RpcOptions): Promise<unknown> {
    if (this.#closed) throw new StoreError("unreachable", "The trace store has been closed.");
    const store = await this.open().catch((cause: unknown) => {
      throw new StoreError("unreachable", cause instanceof Error ? cause.message : String(cause), { cause });
    });
    return store.client.rpc(fn, args, options);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const store = await this.#opening?.catch(() => undefined);
    await store?.close();
  }
}
