import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { context, ROOT_CONTEXT } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";

export interface HttpPost {
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  /** Milliseconds for the exchange as a whole. */
  timeoutMs: number;
  signal: AbortSignal | undefined;
  /** PEM texts for a server or client certificate of one's own. */
  tls: { ca?: Buffer; cert?: Buffer; key?: Buffer };
}

export interface HttpAnswer {
  status: number;
  headers: IncomingMessage["headers"];
  /** As much of it as was worth reading. */
  body: Buffer;
}

/** An exchange that is under way when the process could end is still worth so much waiting, in milliseconds. */
const GRACE_MS = 1_000;
/** Of an answer, more than this, or what comes later than this, says nothing new: its status is known by then. */
const MAX_BODY_BYTES = 64 * 1024;
const MAX_BODY_MS = 2_000;

/**
 * Posts a body and reads the answer, outside of any trace of any SDK in the process. Redirects are not followed. It keeps
 * the process alive for a moment only; proxies are those of Node's global agents (`NODE_USE_ENV_PROXY=1`).
 *
 * @throws {Error} when there is no whole answer within the time: refused, reset, aborted, cut off.
 */
export function httpPost(post: HttpPost): Promise<HttpAnswer> {
  return context.with(suppressTracing(ROOT_CONTEXT), () => exchange(post));
}

async function exchange({ url, headers, body, timeoutMs, signal, tls }: HttpPost): Promise<HttpAnswer> {
  const abort = new AbortController();
  const onAbort = () => abort.abort(new Error("The request was aborted."));
  const late = setTimeout(() => abort.abort(new Error(`There was no answer in ${timeoutMs} ms.`)), timeoutMs);
  late.unref();
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  try {
    abort.signal.throwIfAborted();
    return await send(
      url,
      { ...headers, "content-length": String(body.byteLength) },
      body,
      tls,
      abort.signal,
    );
  } catch (error) {
    throw abort.signal.aborted ? abort.signal.reason : error;
  } finally {
    clearTimeout(late);
    signal?.removeEventListener("abort", onAbort);
  }
}

function send(
  url: URL,
  headers: Record<string, string>,
  body: Uint8Array,
  tls: HttpPost["tls"],
  signal: AbortSignal,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === "https:" ? requestHttps : requestHttp;
    const outgoing = request(url, { ...tls, method: "POST", headers, signal });
    const letGo = setTimeout(() => outgoing.socket?.unref(), GRACE_MS).unref();
    outgoing.once("close", () => clearTimeout(letGo));
    outgoing.on("error", reject);
    outgoing.once("response", (incoming) => {
      readBody(incoming).then(
        (read) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: read }),
        reject,
      );
    });
    outgoing.end(body);
  });
}

/** A body that is too long or never ends is left; one that breaks off is no whole answer. */
function readBody(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const leave = () => {
      resolve(Buffer.concat(chunks));
      incoming.destroy();
    };
    const late = setTimeout(leave, MAX_BODY_MS).unref();
    incoming.on("data", (chunk: Buffer) => {
      chunks.push(chunk.subarray(0, MAX_BODY_BYTES - bytes));
      bytes += chunk.byteLength;
      if (bytes > MAX_BODY_BYTES) leave();
    });
    incoming.once("end", () => resolve(Buffer.concat(chunks)));
    incoming.on("error", reject);
    incoming.once("close", () => {
      clearTimeout(late);
      reject(new Error("The answer was cut off."));
    });
  });
}
