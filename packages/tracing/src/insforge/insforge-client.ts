import { invalidOption } from "../core/errors.ts";
import type { StoreClient } from "../store/store-client.ts";
import type { InsForgeHttp } from "./http-exchange.ts";
import { createHttpStoreClient } from "./http-store-client.ts";
import { type InsForgeAddress, openSdk } from "./load-sdk.ts";
import { createRpcStoreClient, type RpcClient, type SchemaClient } from "./rpc-store-client.ts";

/** What `createAdminClient()` of `@insforge/sdk` returns, as far as it is used here. */
export interface InsForgeSdkClient {
  getHttpClient(): InsForgeHttp;
}

/** A client of the InsForge SDK made with the API key, or anything that can call a function of the `tracing` schema. */
export type InsForgeClientLike = InsForgeSdkClient | RpcClient | SchemaClient;

/** An InsForge project: a client somebody made for it, or its address and key. */
export type InsForgeTarget = { client: InsForgeClientLike } | InsForgeAddress;

const made = new WeakSet<StoreClient>();

/**
 * A store in an InsForge project.
 *
 * With an address, `@insforge/sdk` is loaded and a client made; nothing is sent before the first call.
 *
 * @throws {TracingError} `invalid-option`, or `missing-dependency` when `@insforge/sdk` is not installed.
 */
export async function createInsForgeStoreClient(target: InsForgeTarget): Promise<StoreClient> {
  return "client" in target
    ? toStoreClient(target.client)
    : remember(createHttpStoreClient(await openSdk(target)));
}

/** The HTTP side of a target; undefined for a client that can only call functions. */
export async function openHttp(target: InsForgeTarget): Promise<InsForgeHttp | undefined> {
  if (!("client" in target)) return openSdk(target);
  return isSdkClient(target.client) ? target.client.getHttpClient() : undefined;
}

/** @throws {TracingError} `invalid-option` when it is no such client. */
export function toStoreClient(client: InsForgeClientLike): StoreClient {
  if (typeof client === "object" && client !== null) {
    if (made.has(client as StoreClient)) return client as StoreClient;
    if (isSdkClient(client)) return remember(createHttpStoreClient(client.getHttpClient()));
    if (hasMethod(client, "schema") || hasMethod(client, "rpc")) {
      return remember(createRpcStoreClient(client as RpcClient | SchemaClient));
    }
  }
  throw invalidOption(
    "client",
    client,
    "a client of createAdminClient() from @insforge/sdk, or an object with rpc(fn, args)",
  );
}

function remember(client: StoreClient): StoreClient {
  made.add(client);
  return client;
}

function isSdkClient(client: object): client is InsForgeSdkClient {
  return hasMethod(client, "getHttpClient");
}

function hasMethod(value: object, name: string): boolean {
  return typeof (value as Record<string, unknown>)[name] === "function";
}
