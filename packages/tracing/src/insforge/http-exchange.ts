import { StoreError } from "../store/store-client.ts";
import type { Answer } from "./answer.ts";

/** What is used of the SDK's `HttpClient`: it adds address and key, and hands the answer over as it comes. */
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
}

/** Of a failure's body, more than this says nothing. */
const MAX_FAILURE_BYTES = 64 * 1024;

/**
 * Sends a request and reads its answer, up to a bound: a failure's body is cut off there, a longer success is refused.
 *
 * @throws {StoreError} `unreachable` when a success is longer than `maxBytes`; otherwise whatever `rawFetch` throws.
 */
export async function exchange(
  http: InsForgeHttp,
  { method, path, headers, body }: HttpRequest,
  signal: AbortSignal,
  maxBytes: number,
): Promise<Answer> {
  const response = await http.rawFetch(`${http.baseUrl.replace(/\/+$/, "")}${path}`, {
    method,
    signal,
    // Followed, a redirect would carry the key to wherever it points, or turn the POST into a GET.
    redirect: "manual",
    headers: { accept: "application/json", ...headers },
    ...(body !== undefined && { body }),
  });
  const { status } = response;
  if (response.ok) {
    const { text, cut } = await readText(response, maxBytes);
    if (cut) throw new StoreError("unreachable", `InsForge's answer is longer than ${maxBytes} bytes.`, { status });
    return { status, headers: response.headers, text };
  }
  return { status, headers: response.headers, text: await readFailure(response) };
}

/** The status has been seen, so a body that breaks off or never ends takes nothing away from it. */
async function readFailure(response: Response): Promise<string> {
  const signal = AbortSignal.timeout(FAILURE_BODY_TIMEOUT_MS);
  return (await readText(response, MAX_FAILURE_BYTES, signal)).text;
}

const FAILURE_BODY_TIMEOUT_MS = 2_000;

async function readText(
  { body }: Response,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<{ text: string; cut: boolean }> {
  if (!body) return { text: "", cut: false };
  const reader = body.getReader();
  void signal;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      reader.cancel().catch(() => undefined);
      break;
    }
  }
  const text = Buffer.concat(chunks).subarray(0, maxBytes).toString("utf8");
  return { text, cut: bytes > maxBytes };
}
