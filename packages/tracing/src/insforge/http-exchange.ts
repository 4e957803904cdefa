import { StoreError } from "../store/store-client.ts";
import type { Answer } from "./answer.ts";
import type { NodeFetchInit } from "./node-fetch.ts";

/** What is used of the SDK's `HttpClient`: it adds the key, and hands the answer over as it comes. */
export interface InsForgeHttp {
  readonly baseUrl: string;
  rawFetch(url: string, init?: RequestInit): Promise<Response>;
}

export interface HttpRequest {
  method: "GET" | "POST";
  /** Path and query under the base URL. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** See `NodeFetchInit`. */
  background?: boolean;
}

/** Of a failure's body, more than this, or what comes later than this, says nothing new. */
const MAX_FAILURE_BYTES = 64 * 1024;
const MAX_FAILURE_MS = 2_000;

/**
 * Sends a request and reads its answer, up to a bound: a failure's body is cut off there, a longer success is refused.
 *
 * @throws {StoreError} `unreachable` when a success is longer than `maxBytes`; otherwise whatever `rawFetch` throws.
 */
export async function exchange(
  http: InsForgeHttp,
  { method, path, headers, body, background = false }: HttpRequest,
  signal: AbortSignal,
  maxBytes: number,
): Promise<Answer> {
  const init: NodeFetchInit = {
    method,
    signal,
    // Followed, a redirect would carry the key to wherever it points, or turn the POST into a GET.
    redirect: "manual",
    headers: { accept: "application/json", ...headers },
    background,
    ...(body !== undefined && { body }),
  };
  const response = await http.rawFetch(`${http.baseUrl.replace(/\/+$/, "")}${path}`, init);
  const answer = { status: response.status, headers: response.headers };
  if (!response.ok) return { ...answer, text: await readFailure(response) };
  const chunks: Uint8Array[] = [];
  if (!(await collect(response, maxBytes, chunks))) {
    const { status } = response;
    throw new StoreError("unreachable", `InsForge's answer is longer than ${maxBytes} bytes.`, { status });
  }
  return { ...answer, text: toText(chunks) };
}

/** The status is known by now, so a body that breaks off or never ends takes nothing away from it. */
async function readFailure(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, MAX_FAILURE_MS).unref();
  });
  const reading = collect(response, MAX_FAILURE_BYTES, chunks, late).catch(() => false);
  await Promise.race([reading, late]);
  clearTimeout(timer);
  return toText(chunks);
}

/** Resolves to whether the body came to its end within `maxBytes`; what came until then is in `chunks`. */
async function collect(
  { body }: Response,
  maxBytes: number,
  chunks: Uint8Array[],
  late?: Promise<void>,
): Promise<boolean> {
  if (!body) return true;
  const reader = body.getReader();
  // Cancelled, the stream gives its connection up; an error of that is of no use to anybody.
  const giveUp = () => void reader.cancel().catch(() => undefined);
  void late?.then(giveUp);
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return true;
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      chunks.push(value.subarray(0, value.byteLength - (bytes - maxBytes)));
      giveUp();
      return false;
    }
    chunks.push(value);
  }
}

function toText(chunks: readonly Uint8Array[]): string {
  return Buffer.concat(chunks).toString("utf8");
}
