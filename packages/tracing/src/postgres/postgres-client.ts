import { RawJson, type RpcArgs, type StoreClient, StoreError } from "../store/store-client.ts";
import { openPool, type PostgresOptions } from "./pool.ts";
import { toStoreError } from "./sqlstate.ts";

export type { PostgresOptions } from "./pool.ts";

const IDENTIFIER = /^[a-z_]+$/;

/** The store in a PostgreSQL without anything in front of it. */
export async function createPostgresClient(options: PostgresOptions): Promise<StoreClient> {
  const pool = await openPool(options);
  return {
    async rpc(fn, args, { signal, timeoutMs = 30_000 } = {}) {
      const { text, values } = toCall(fn, args);
      const deadline = AbortSignal.timeout(timeoutMs);
      const aborted = abortion(signal ? AbortSignal.any([signal, deadline]) : deadline);
      try {
        const result = await Promise.race([pool.query<{ value: unknown }>(text, values), aborted.promise]);
        return result.rows[0]?.value ?? null;
      } catch (error) {
        throw error instanceof StoreError ? error : toStoreError(error);
      } finally {
        aborted.forget();
      }
    },
    close: () => (pool.ended ? Promise.resolve() : pool.end()),
  };
}

function toCall(fn: string, args: RpcArgs): { text: string; values: unknown[] } {
  const names = Object.keys(args);
  if (![fn, ...names].every((name) => IDENTIFIER.test(name)))
    throw new TypeError(`Not a function call: ${fn}`);
  const values = Object.values(args).map((value) => {
    if (value instanceof RawJson) return value.text;
    return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
  });
  const parameters = names.map((name, index) => `${name} => $${index + 1}`).join(", ");
  return { text: `SELECT to_jsonb(tracing.${fn}(${parameters})) AS value`, values };
}

/** The connection itself finishes in the pool; only the caller stops waiting. */
function abortion(signal: AbortSignal): { promise: Promise<never>; forget: () => void } {
  let onAbort: () => void = () => undefined;
  const promise = new Promise<never>((_, reject) => {
    onAbort = () =>
      reject(new StoreError("unreachable", "The database did not answer in time.", { cause: signal.reason }));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  promise.catch(() => undefined);
  return { promise, forget: () => signal.removeEventListener("abort", onAbort) };
}
