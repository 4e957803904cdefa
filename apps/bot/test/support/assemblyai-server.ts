import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What becomes of one recording, or of one request. */
export type TranscriptionOutcome =
  /** The text, after the client has asked `polls` times in vain. */
  | { kind: "text"; text: string | null; polls?: number }
  /** A transcript that ends with an error. */
  | { kind: "failed"; error: string }
  /** Never ready. */
  | { kind: "stuck" }
  /** The next request for `step` is answered with this status. */
  | { kind: "status"; step: TranscriptionStep; status: number; error: string }
  /** The next request for `step` has no answer. */
  | { kind: "hang"; step: TranscriptionStep };

export type TranscriptionStep = "upload" | "create" | "poll";

export interface TranscriptionRequest {
  step: TranscriptionStep;
  headers: IncomingMessage["headers"];
  /** The recording, or JSON. */
  body: Buffer;
  /** Resolves when the other side hangs up before it is answered. */
  hungUp: Promise<void>;
}

const DEFAULT_TEXT = "The client loves the demo but says the price is too high.";

/**
 * A server on loopback that speaks as much of AssemblyAI's protocol as the bot needs: upload, create, poll. Outcomes are
 * used up in order; without one, a recording becomes what it is heard as: a fixed text, unless said otherwise.
 */
export class AssemblyAiServer implements AsyncDisposable {
  readonly apiKey: string = "assembly-key-for-tests-0001";
  /** In the order they came. */
  readonly requests: TranscriptionRequest[] = [];
  #server = createServer((incoming, response) => {
    this.#serve(incoming, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  #url = "";
  #outcomes: TranscriptionOutcome[] = [];
  #hear: (recording: Buffer) => TranscriptionOutcome = () => ({ kind: "text", text: DEFAULT_TEXT });
  #uploads = new Map<string, Buffer>();
  #transcripts = new Map<string, { outcome: TranscriptionOutcome; polls: number }>();
  #watchers = new Set<() => void>();

  static async start(hear?: (recording: Buffer) => TranscriptionOutcome): Promise<AssemblyAiServer> {
    const service = new AssemblyAiServer();
    if (hear) service.#hear = hear;
    service.#server.listen(0, "127.0.0.1");
    await once(service.#server, "listening");
    service.#url = `http://127.0.0.1:${(service.#server.address() as AddressInfo).port}`;
    return service;
  }

  get url(): string {
    return this.#url;
  }

  /** The recordings that were uploaded. */
  get uploads(): Buffer[] {
    return this.requests.filter(({ step }) => step === "upload").map(({ body }) => body);
  }

  enqueue(...outcomes: TranscriptionOutcome[]): void {
    this.#outcomes.push(...outcomes);
  }

  /** Resolves with the request of that number for a step, from 1, once it is there. */
  async received(step: TranscriptionStep, count = 1): Promise<TranscriptionRequest> {
    for (;;) {
      const request = this.requests.filter((each) => each.step === step)[count - 1];
      if (request) return request;
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server, "close");
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const step = toStep(incoming);
    if (step === undefined) return answer(response, 404, { error: "Not found" });
    const request = await read(incoming, response, step);
    this.requests.push(request);
    for (const resolve of this.#watchers) resolve();
    this.#watchers.clear();
    if (request.headers.authorization !== this.apiKey) {
      return answer(response, 401, { error: "Authentication error, API token missing/invalid" });
    }
    const [next] = this.#outcomes;
    if ((next?.kind === "status" || next?.kind === "hang") && next.step === step) {
      this.#outcomes.shift();
      if (next.kind === "status") answer(response, next.status, { error: next.error });
      return;
    }
    this.#proceed(step, request, response, (incoming.url ?? "").split("/").at(-1) ?? "");
  }

  #proceed(
    step: TranscriptionStep,
    { body }: TranscriptionRequest,
    response: ServerResponse,
    id: string,
  ): void {
    switch (step) {
      case "upload": {
        const upload_url = `${this.#url}/upload/${crypto.randomUUID()}`;
        this.#uploads.set(upload_url, body);
        return answer(response, 200, { upload_url });
      }
      case "create": {
        const { audio_url } = JSON.parse(body.toString());
        const recording = this.#uploads.get(audio_url);
        if (!recording) {
          return answer(response, 400, { error: `Download error, unable to download ${audio_url}` });
        }
        const index = this.#outcomes.findIndex(({ kind }) => kind !== "status" && kind !== "hang");
        const [outcome = this.#hear(recording)] = index < 0 ? [] : this.#outcomes.splice(index, 1);
        const created = crypto.randomUUID();
        this.#transcripts.set(created, { outcome, polls: 0 });
        return answer(response, 200, { id: created, status: "queued", audio_url });
      }
      case "poll":
        return this.#poll(response, id);
    }
  }

  #poll(response: ServerResponse, id: string): void {
    const transcript = this.#transcripts.get(id);
    if (!transcript) return answer(response, 404, { error: "Transcript not found" });
    const { outcome, polls } = transcript;
    transcript.polls += 1;
    if (outcome.kind === "failed")
      return answer(response, 200, { id, status: "error", error: outcome.error });
    if (outcome.kind !== "text" || polls < (outcome.polls ?? 0))
      return answer(response, 200, { id, status: "processing" });
    answer(response, 200, { id, status: "completed", text: outcome.text });
  }
}

function toStep({ method, url = "" }: IncomingMessage): TranscriptionStep | undefined {
  if (method === "POST" && url === "/v2/upload") return "upload";
  if (method === "POST" && url === "/v2/transcript") return "create";
  return method === "GET" && url.startsWith("/v2/transcript/") ? "poll" : undefined;
}

async function read(
  incoming: IncomingMessage,
  response: ServerResponse,
  step: TranscriptionStep,
): Promise<TranscriptionRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const hungUp = new Promise<void>((resolve) => {
    response.once("close", () => {
      if (!response.writableEnded) resolve();
    });
  });
  return { step, headers: incoming.headers, body: Buffer.concat(chunks), hungUp };
}

function answer(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
