import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { gunzipSync } from "node:zlib";
import { onTestFinished } from "vitest";
import { decodeTraceRequest } from "./protobuf.ts";

/** A span as an OTLP backend has it. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  kind: number;
  flags: number;
  /** Nanoseconds since the epoch, as text. */
  start: string;
  end: string;
  status: { code: number; message?: string };
  attributes: Record<string, unknown>;
  events: { name: string; time: string; attributes: Record<string, unknown> }[];
  links: { traceId: string; spanId: string; attributes: Record<string, unknown> }[];
  resource: Record<string, unknown>;
  scope: string;
}

/**
 * What the receiver does with a request instead of taking it. `lost-acknowledgement` takes it and cuts the connection;
 * `hang` never answers; `reset` cuts the connection at once.
 */
export type Fault =
  | { kind: "answer"; status: number; headers?: Record<string, string>; body?: string | Buffer }
  | { kind: "lost-acknowledgement" | "hang" | "reset" };

export interface ReceivedRequest {
  path: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
  spans: ReceivedSpan[];
}

/** A fault for the next request that has spans, or one that decides by the request. */
type FaultFor = Fault | ((request: ReceivedRequest) => Fault | undefined);

export interface Receiver {
  /** Base address, as `OTEL_EXPORTER_OTLP_ENDPOINT` takes it. */
  readonly endpoint: string;
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** All spans taken, in the order they came; one that came twice is in it twice. */
  readonly spans: ReceivedSpan[];
  /** What comes back in the body of a 200. */
  answer: { body: Buffer | string; contentType: string };
  /** Meets each of these once, then takes what comes; a function is asked every time and stays. */
  fault(...faults: FaultFor[]): void;
  /** Refuses connections, on the same port, until {@link up}. */
  down(): Promise<void>;
  up(): Promise<void>;
}

/** An OTLP backend as {@link openReceiver} makes it, gone with its test. */
export async function startReceiver(): Promise<Receiver> {
  const receiver = await openReceiver();
  onTestFinished(() => receiver.down());
  return receiver;
}

/** An OTLP backend over HTTP for protobuf and JSON, on the loopback interface, until it is {@link Receiver.down}. */
export async function openReceiver(): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const spans: ReceivedSpan[] = [];
  const faults: FaultFor[] = [];
  const sockets = new Set<Socket>();
  let port = 0;

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const request = await read(incoming);
    requests.push(request);
    const fault = nextFault(faults, request);
    if (fault?.kind === "hang") return;
    if (fault?.kind === "reset") return void incoming.socket.destroy();
    if (fault?.kind === "answer") {
      response.writeHead(fault.status, { "content-type": "text/plain", ...fault.headers });
      return void response.end(fault.body);
    }
    spans.push(...request.spans);
    if (fault?.kind === "lost-acknowledgement") return void incoming.socket.destroy();
    response.writeHead(200, { "content-type": receiver.answer.contentType });
    response.end(receiver.answer.body);
  };
  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      response.writeHead(400, { "content-type": "text/plain" });
      response.end(String(error));
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  const receiver: Receiver = {
    get endpoint() {
      return `http://127.0.0.1:${port}`;
    },
    get url() {
      return `http://127.0.0.1:${port}/v1/traces`;
    },
    requests,
    spans,
    answer: { body: "", contentType: "application/x-protobuf" },
    fault: (...more) => void faults.push(...more),
    async down() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async up() {
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      port = (server.address() as AddressInfo).port;
    },
  };
  await receiver.up();
  return receiver;
}

function nextFault(faults: FaultFor[], request: ReceivedRequest): Fault | undefined {
  for (const [index, fault] of faults.entries()) {
    if (typeof fault === "function") {
      const decided = fault(request);
      if (decided) return decided;
    } else if (request.spans.length > 0) {
      faults.splice(index, 1);
      return fault;
    }
  }
  return undefined;
}

async function read(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  const { headers, url = "", method } = incoming;
  if (method !== "POST") throw new TypeError(`${method} is not POST.`);
  const body = headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw;
  const isJson = headers["content-type"] === "application/json";
  const decoded = isJson ? JSON.parse(body.toString("utf8")) : decodeTraceRequest(body);
  return { path: url, headers, body, spans: toSpans(decoded as TraceRequest) };
}

interface KeyValue {
  key: string;
  value?: Record<string, unknown>;
}
interface TraceRequest {
  resourceSpans?: {
    resource?: { attributes?: KeyValue[] };
    scopeSpans?: { scope?: { name: string }; spans?: Record<string, unknown>[] }[];
  }[];
}

function toSpans({ resourceSpans = [] }: TraceRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ scope, spans: encoded = [] }) =>
      encoded.map((span) => ({
        traceId: String(span.traceId),
        spanId: String(span.spanId),
        parentSpanId: span.parentSpanId as string | undefined,
        name: String(span.name),
        kind: Number(span.kind),
        flags: Number(span.flags),
        start: String(span.startTimeUnixNano),
        end: String(span.endTimeUnixNano),
        status: span.status as ReceivedSpan["status"],
        attributes: toObject(span.attributes),
        events: toList(span.events).map(({ name, timeUnixNano, attributes }) => ({
          name: String(name),
          time: String(timeUnixNano),
          attributes: toObject(attributes),
        })),
        links: toList(span.links).map(({ traceId, spanId, attributes }) => ({
          traceId: String(traceId),
          spanId: String(spanId),
          attributes: toObject(attributes),
        })),
        resource: toObject(resource?.attributes),
        scope: scope?.name ?? "",
      })),
    ),
  );
}

function toList(value: unknown): Record<string, unknown>[] {
  return (value as Record<string, unknown>[] | undefined) ?? [];
}

function toObject(attributes: unknown): Record<string, unknown> {
  const pairs = (attributes as KeyValue[] | undefined) ?? [];
  return Object.fromEntries(pairs.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: Record<string, unknown> | undefined): unknown {
  const [[kind, held] = ["", null]] = Object.entries(value ?? {});
  if (kind === "arrayValue")
    return ((held as { values?: Record<string, unknown>[] }).values ?? []).map(plain);
  if (kind === "kvlistValue") return toObject((held as { values?: KeyValue[] }).values);
  return held;
}
