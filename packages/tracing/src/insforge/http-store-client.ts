import { toSafeText } from "../capture/redaction/safe-text.ts";
import { RawJson, type RpcArgs, type StoreClient, StoreError } from "../store/store-client.ts";
import { toStoreError } from "./answer.ts";
import { withinDeadline } from "./deadline.ts";
import { exchange, type InsForgeHttp } from "./http-exchange.ts";

/** A trace of thousands of spans is read as one answer. */
const MAX_READ_BYTES = 256 * 2 ** 20;
/** These answer with a few counts; anything longer comes from something that is not InsForge. */
const TERSE: ReadonlySet<string> = new Set([
  "ingest",
  "maintain",
  "score",
  "delete_traces",
  "schema_version",
]);
const MAX_TERSE_BYTES = 2 ** 20;

/** Calls functions over InsForge's RPC endpoint. */
export function createHttpStoreClient(http: InsForgeHttp): StoreClient {
  return {
    async rpc(fn, args, options = {}) {
      const { schema = "tracing", background = false } = options;
      const request = {
        method: "POST",
        path: `/api/database/rpc/${encodeURIComponent(fn)}${columnsOf(args)}`,
        headers: { "content-type": "application/json", "content-profile": schema },
        body: toBody(args),
        background,
      } as const;
      const maxBytes = schema === "tracing" && TERSE.has(fn) ? MAX_TERSE_BYTES : MAX_READ_BYTES;
      const answer = await withinDeadline(options, (signal) => exchange(http, request, signal, maxBytes));
      if (answer.status !== 200) throw toStoreError(answer);
      return parse(answer.text);
    },
  };
}

/** Told which arguments there are, PostgREST need not parse the body to find out. */
function columnsOf(args: RpcArgs): string {
  const raw = Object.values(args).some((value) => value instanceof RawJson);
  return raw ? `?columns=${Object.keys(args).map(encodeURIComponent).join(",")}` : "";
}

function toBody(args: RpcArgs): string {
  const members = Object.entries(args).flatMap(([name, value]) => {
    const text = value instanceof RawJson ? value.text : JSON.stringify(value);
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
  });
  return `{${members.join(",")}}`;
}

/** @throws {StoreError} `unreachable`: what is cut off, or is no JSON at all, acknowledges nothing. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const begins = text === "" ? "is empty" : `begins with ${toSafeText(text.slice(0, 40))}`;
    const message = `InsForge's answer is cut off or is not JSON: it ${begins}`;
    throw new StoreError("unreachable", message, { status: 200, cause });
  }
}
