import { TracingError } from "../core/errors.ts";
import { RawJson, type RpcArgs, type StoreClient } from "../store/store-client.ts";
import { toStoreError } from "./answer.ts";
import { withinDeadline } from "./deadline.ts";

/**
 * Anything that calls a function of the `tracing` schema by name. What it returns, or resolves to, is either the
 * function's value, or `{ data, error, status }` as PostgREST's clients have it.
 */
export interface RpcClient {
  rpc(fn: string, args: Record<string, unknown>): unknown;
}

/** A PostgREST client, which calls functions of the schema that it is asked for. */
export interface SchemaClient {
  schema(name: string): RpcClient;
}

/** Calls functions through somebody else's client; arguments reach it as plain values. */
export function createRpcStoreClient(client: RpcClient | SchemaClient): StoreClient {
  return {
    async rpc(fn, args, options = {}) {
      const target = clientOf(client, options.schema);
      const answer = await withinDeadline(options, async () => {
        return await target.rpc(fn, toPlain(args));
      });
      return unwrap(answer);
    },
  };
}

function clientOf(client: RpcClient | SchemaClient, schema = "tracing"): RpcClient {
  if ("schema" in client) return client.schema(schema);
  if (schema === "tracing") return client;
  throw new TracingError(
    "invalid-option",
    `The given client calls functions of the schema tracing only, not ${schema}.`,
    {
      hint: "Pass a client of createAdminClient() from @insforge/sdk.",
    },
  );
}

function toPlain(args: RpcArgs): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      value instanceof RawJson ? JSON.parse(value.text) : value,
    ]),
  );
}

function unwrap(answer: unknown): unknown {
  if (answer === null || typeof answer !== "object" || !("data" in answer) || !("error" in answer))
    return answer;
  const { data, error } = answer;
  if (!error) return data;
  const { code, message = String(error) } = error as { code?: unknown; message?: unknown };
  const text = JSON.stringify({ code: String(code ?? ""), message: String(message) });
  throw toStoreError({ status: statusOf(answer) ?? statusOf(error) ?? 0, headers: new Headers(), text });
}

function statusOf(value: unknown): number | undefined {
  const { status, statusCode } = Object(value) as { status?: unknown; statusCode?: unknown };
  return [status, statusCode].find((given) => typeof given === "number") as number | undefined;
}
