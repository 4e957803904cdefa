import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { Readable } from "node:stream";

/** What `fetch` takes here; other implementations ignore `background`. */
export interface NodeFetchInit extends RequestInit {
  /** The request does not keep the process alive once it has taken longer than a moment. */
  background?: boolean;
}

/** An answer that is under way when the process could end is still worth so much waiting, in milliseconds. */
const GRACE_MS = 1_000;
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * As much of `fetch` as the store needs, over `node:http`: the global one holds the process until the last answer has come,
 * and a backend that hangs would hold it for as long. Redirects are not followed.
 *
 * Proxies are those of Node's global agents (`NODE_USE_ENV_PROXY=1`).
 */
export async function nodeFetch(input: string | URL | Request, init: NodeFetchInit = {}): Promise<Response> {
  const { method = "GET", body, background = false, signal } = init;
  if (input instanceof Request || (body !== undefined && body !== null && typeof body !== "string")) {
    throw new TypeError("Only addresses and bodies of text can be sent.");
  }
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const url = new URL(input);
    const headers = new Headers(init.headers);
    headers.set("accept-encoding", "identity");
    const request = url.protocol === "https:" ? requestHttps : requestHttp;
    const outgoing = request(url, {
      method,
      headers: { ...Object.fromEntries(headers), "content-length": Buffer.byteLength(body ?? "") },
      ...(signal && { signal }),
    });
    outgoing.once("response", resolve);
    outgoing.on("error", reject);
    if (background) letGo(() => outgoing.socket?.unref(), outgoing);
    outgoing.end(body ?? "");
  });
  const status = incoming.statusCode ?? 0;
  if (WITHOUT_BODY.has(status)) incoming.resume();
  const content = WITHOUT_BODY.has(status) ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
  return new Response(content, { status, headers: toHeaders(incoming) });
}

function letGo(unref: () => void, outgoing: NodeJS.EventEmitter): void {
  const timer = setTimeout(unref, GRACE_MS).unref();
  outgoing.once("close", () => clearTimeout(timer));
}

function toHeaders({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  return headers;
}
