import type { EndpointRequest } from "./endpoint.ts";
import type { Answer } from "./worker-protocol.ts";

/**
 * Dresses an endpoint up as `fetch`. A failure to get any answer rejects as it does with `fetch`: with a `TypeError`,
 * or the signal's reason.
 */
export function toFetch(answer: (request: EndpointRequest) => Promise<Answer>): typeof fetch {
  return async (input, init) => {
    const request = await toEndpointRequest(input, init);
    request.signal?.throwIfAborted();
    try {
      const { status, body } = await answer(request);
      const headers = { "content-type": "application/json; charset=utf-8" };
      return new Response(body ?? null, body === undefined ? { status } : { status, headers });
    } catch (cause) {
      request.signal?.throwIfAborted();
      throw new TypeError(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  };
}

async function toEndpointRequest(
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<EndpointRequest> {
  const { body } = init;
  if (!(input instanceof Request) && (body === undefined || body === null || typeof body === "string")) {
    return {
      method: init.method ?? "GET",
      url: String(input),
      headers: new Headers(init.headers),
      body: body ?? "",
      signal: init.signal ?? undefined,
    };
  }
  const request = new Request(input, init);
  const { method, url, headers, signal } = request;
  return { method, url, headers, body: new Uint8Array(await request.arrayBuffer()), signal };
}
