import { context } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import type { Pool } from "pg";
import {
  RawJson,
  type RpcArgs,
  type RpcOptions,
  type StoreClient,
  StoreError,
} from "../store/store-client.ts";
import { endPool, holdProcess, openPool, type PostgresOptions } from "./pool.ts";
import { toStoreError } from "./sqlstate.ts";

export type { PostgresOptions } from "./pool.ts";

const IDENTIFIER = /^[a-z_]+$/;
const DEFAULT_TIMEOUT_MS = 30_000;

interface Call {
  text: string;
  values: unknown[];
}

/** The store in a PostgreSQL without anything in front of it. */
export async function createPostgresClient(options: PostgresOptions): Promise<StoreClient> {
  const pool = await openPool({ ...options, holdsProcess: false });
  return {
    async rpc(fn, args, rpcOptions = {}) {
      const call = toCall(rpcOptions.schema ?? "tracing", fn, args);
      // Instrumentation of pg in the process would trace the delivery of traces.
      return context.with(suppressTracing(context.active()), () => callWithin(pool, call, rpcOptions));
    },
    close: () => endPool(pool),
  };
}

/** Makes the call, or gives it up after its time; a connection that was given up in the middle is closed. */
async function callWithin(
  pool: Pool,
  { text, values }: Call,
  { signal, timeoutMs = DEFAULT_TIMEOUT_MS, background = false }: RpcOptions,
): Promise<unknown> {
  let giveUp: (error: StoreError) => void = () => undefined;
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  givenUp.catch(() => undefined);
  const onAbort = () =>
    giveUp(new StoreError("unreachable", "The call was aborted.", { cause: signal?.reason }));
  const timer = setTimeout(
    () => giveUp(new StoreError("unreachable", `The database has not answered in ${timeoutMs} ms.`)),
    timeoutMs,
  );
  if (background) timer.unref();
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });

  const connecting = pool.connect();
  let broken = false;
  try {
    const connection = await Promise.race([connecting, givenUp]);
    holdProcess(connection, !background);
    const result = await Promise.race([connection.query<{ value: unknown }>(text, values), givenUp]);
    return result.rows[0]?.value ?? null;
  } catch (error) {
    const failure = error instanceof StoreError ? error : toStoreError(error);
    broken = failure.kind === "unreachable";
    throw failure;
  } finally {
    // It may still be on its way, and is wanted by others then.
    connecting.then(
      (connection) => connection.release(broken),
      () => undefined,
    );
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function toCall(schema: string, fn: string, args: RpcArgs): Call {
  const names = Object.keys(args);
  if (![schema, fn, ...names].every((name) => IDENTIFIER.test(name)))
    throw new TypeError(`Not a function call: ${schema}.${fn}`);
  const values = Object.values(args).map((value) => {
    if (value instanceof RawJson) return value.text;
    return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
  });
  const parameters = names.map((name, index) => `${name} => $${index + 1}`).join(", ");
  return { text: `SELECT to_jsonb(${schema}.${fn}(${parameters})) AS value`, values };
}
