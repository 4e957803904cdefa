import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import {
  databaseReply,
  GatewayError,
  gatewayReply,
  isDatabaseError,
  type Reply,
  type Role,
} from "./insforge/answers.ts";
import { Database } from "./insforge/database.ts";
import { type Fault, type FaultOptions, Faults, sendFaulty } from "./insforge/faults.ts";
import { Migrations } from "./insforge/migrations.ts";
import { Postgrest } from "./insforge/postgrest.ts";
import { startPostgres } from "./postgres-server.ts";

export type { Fault, FaultOptions } from "./insforge/faults.ts";

export interface InsForgeServerOptions {
  /** A database of the superuser's. @default one in a PostgreSQL of its own, which ends with the server */
  databaseUrl?: string;
  /** Whether schemas that a migration makes are exposed; releases before mid-2026 did not. @default true */
  exposeNewSchemas?: boolean;
  /** @default 100 MB */
  maxBodyBytes?: number;
  /** How long PostgREST may take before the backend answers 500, whatever becomes of the statement. @default 10_000 */
  postgrestTimeoutMs?: number;
  /** How long functions of a migration stay unknown. @default 300 */
  schemaCacheLagMs?: number;
  /** @default a free one */
  port?: number;
}

export interface ReceivedRequest {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingMessage["headers"];
  bodyBytes: number;
  /** Of the answer, or undefined when there was none. */
  status: number | undefined;
  /** When it came, by `performance.now()`. */
  atMs: number;
  /** When its answer was sent or its connection broke; undefined until then. */
  endedAtMs: number | undefined;
}

export interface InsForgeServer {
  readonly url: string;
  readonly apiKey: string;
  readonly anonKey: string;
  readonly userToken: string;
  /** Connection string of the superuser. */
  readonly databaseUrl: string;
  readonly requests: readonly ReceivedRequest[];
  /** Lets requests go wrong: one, unless said otherwise; a function decides on every one until it is taken back. */
  fault(
    fault: Fault | ((path: string, body: string) => Fault | undefined),
    options?: FaultOptions,
  ): () => void;
  /** Cuts all connections and refuses new ones until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Refuses longer bodies from now on, as if it had been started with this `maxBodyBytes`. */
  limitBodies(maxBytes: number): void;
  /** Makes the API key invalid, and returns the one that is valid from now on. @param next as a rule a new one */
  rotateKey(next?: string): string;
  stop(): Promise<void>;
}

/**
 * A stand-in for InsForge 2.3 in front of a real PostgreSQL: its gateway, its roles, and as much of PostgREST as the
 * library meets, with their error formats and traps.
 *
 * A serialisation failure (SQLSTATE 40001) is never answered: the real PostgREST retries it for ever, so that all that
 * comes is the backend's 500 when its time is over.
 */
export async function startInsForge(options: InsForgeServerOptions = {}): Promise<InsForgeServer> {
  const { exposeNewSchemas = true, schemaCacheLagMs = 300 } = options;
  const postgres = options.databaseUrl === undefined ? await startPostgres() : undefined;
  const databaseUrl = options.databaseUrl ?? (await postgres?.createDatabase()) ?? "";
  const database = new Database(databaseUrl);
  await database.prepare();
  const postgrest = new Postgrest(database, schemaCacheLagMs);
  await postgrest.start();
  const gateway = new Gateway(database, postgrest, new Migrations(database, exposeNewSchemas), options);

  const server = createServer((request, response) => void gateway.handle(request, response));
  server.keepAliveTimeout = 65_000;
  const listen = async (port: number) => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  await listen(options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  const down = async () => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };

  return {
    url: `http://127.0.0.1:${port}`,
    databaseUrl,
    anonKey: gateway.anonKey,
    userToken: gateway.userToken,
    requests: gateway.requests,
    get apiKey() {
      return gateway.apiKey;
    },
    fault: (fault, faultOptions) => gateway.faults.add(fault, faultOptions),
    down,
    up: () => listen(port),
    limitBodies: (maxBytes) => {
      gateway.maxBodyBytes = maxBytes;
    },
    rotateKey: (next) => gateway.rotateKey(next),
    async stop() {
      await down();
      postgrest.close();
      await database.close();
      await postgres?.stop();
    },
  };
}

class Gateway {
  readonly anonKey = `anon_${randomBytes(16).toString("hex")}`;
  readonly userToken =
    `eyJhbGciOiJIUzI1NiJ9.${randomBytes(24).toString("base64url")}.${randomBytes(24).toString("base64url")}`;
  readonly requests: ReceivedRequest[] = [];
  readonly faults = new Faults();
  maxBodyBytes: number;
  readonly #database: Database;
  readonly #postgrest: Postgrest;
  readonly #migrations: Migrations;
  readonly #postgrestTimeoutMs: number;
  #apiKey = newApiKey();

  constructor(
    database: Database,
    postgrest: Postgrest,
    migrations: Migrations,
    options: InsForgeServerOptions,
  ) {
    this.#database = database;
    this.#postgrest = postgrest;
    this.#migrations = migrations;
    this.maxBodyBytes = options.maxBodyBytes ?? 100 * 2 ** 20;
    this.#postgrestTimeoutMs = options.postgrestTimeoutMs ?? 10_000;
  }

  get apiKey(): string {
    return this.#apiKey;
  }

  rotateKey(next = newApiKey()): string {
    this.#apiKey = next;
    return this.#apiKey;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/", headers } = request;
    const received: ReceivedRequest = {
      method,
      path: url,
      headers,
      bodyBytes: 0,
      status: undefined,
      atMs: performance.now(),
      endedAtMs: undefined,
    };
    this.requests.push(received);
    response.once("close", () => {
      received.endedAtMs = performance.now();
    });
    try {
      const body = await this.#readBody(request, received);
      const fault = this.faults.next(url.replace(/\?.*/, ""), body ?? "");
      if (fault?.kind === "hang") return;
      const reply =
        fault?.kind === "answer" ? fault : await this.#answer(method, url, headers, body).catch(toFailure);
      received.status = reply.status;
      if (fault && fault.kind !== "answer") sendFaulty(response, reply, fault);
      else send(response, reply);
    } catch (error) {
      // The client has gone before its request was complete.
      response.destroy(error instanceof Error ? error : undefined);
    }
  }

  /** The body in plain text; undefined when there is too much of it. */
  async #readBody(request: IncomingMessage, received: ReceivedRequest): Promise<string | undefined> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      received.bodyBytes += chunk.length;
      if (received.bodyBytes <= this.maxBodyBytes) chunks.push(chunk);
    }
    if (received.bodyBytes > this.maxBodyBytes) return undefined;
    const body = Buffer.concat(chunks);
    const plain = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
    return plain.length > this.maxBodyBytes ? undefined : plain.toString("utf8");
  }

  async #answer(
    method: string,
    url: string,
    headers: IncomingMessage["headers"],
    body: string | undefined,
  ): Promise<Reply> {
    const { pathname, searchParams } = new URL(url, "http://insforge");
    if (pathname === "/api/health") return { status: 200, body: JSON.stringify({ status: "ok" }) };
    if (body === undefined) throw new GatewayError(500, "INTERNAL_ERROR", "request entity too large");
    const role = this.#authenticate(headers.authorization);
    const [, kind, name = ""] = /^\/api\/database\/(rpc|records)\/([^/]+)$/.exec(pathname) ?? [];
    if (kind) {
      const schema = headers[method === "GET" ? "accept-profile" : "content-profile"] ?? "public";
      const reply = await this.#postgrestReply(method, kind, decodeURIComponent(name), {
        role,
        schema: String(schema),
        columns: searchParams.get("columns")?.split(","),
        body: twiceParsed(body),
      });
      return reply.body === undefined ? reply : { ...reply, body: twiceParsed(reply.body) };
    }
    if (pathname === "/api/database/migrations" || pathname === "/api/database/advance/rawsql") {
      if (role === "anon") throw new GatewayError(401, "AUTH_UNAUTHORIZED", "Admin access required");
      if (role !== "project_admin") throw new GatewayError(403, "AUTH_UNAUTHORIZED", "Admin access required");
      if (pathname.endsWith("/rawsql")) return this.#rawSql(body);
      if (method === "GET") return this.#migrations.list();
      return this.#migrations.apply(body);
    }
    throw new GatewayError(404, "NOT_FOUND", `Cannot ${method} ${pathname}`);
  }

  #authenticate(authorization: string | undefined): Role {
    const key = /^Bearer (.+)$/.exec(authorization ?? "")?.[1];
    if (key === undefined) throw new GatewayError(401, "AUTH_INVALID_CREDENTIALS", "No token provided");
    if (key === this.#apiKey) return "project_admin";
    if (key === this.anonKey) return "anon";
    if (key === this.userToken) return "authenticated";
    if (/^(ik|anon)_/.test(key)) throw new GatewayError(401, "AUTH_INVALID_API_KEY", "Invalid API key");
    throw new GatewayError(401, "AUTH_UNAUTHORIZED", "Invalid token");
  }

  async #postgrestReply(
    method: string,
    kind: string,
    name: string,
    request: Parameters<Postgrest["call"]>[1],
  ): Promise<Reply> {
    const work =
      kind === "rpc" ? this.#postgrest.call(name, request) : this.#postgrest.records(method, name, request);
    let timer: NodeJS.Timeout | undefined;
    const timeOut = new Promise<never>((_, reject) => {
      const error = new GatewayError(
        500,
        "INTERNAL_ERROR",
        `timeout of ${this.#postgrestTimeoutMs}ms exceeded`,
      );
      timer = setTimeout(() => reject(error), this.#postgrestTimeoutMs).unref();
    });
    const answer = work.catch((error: unknown) => {
      if (!isDatabaseError(error)) throw error;
      return error.code === "40001" ? timeOut : databaseReply(error, request.role);
    });
    try {
      return await Promise.race([answer, timeOut]);
    } finally {
      clearTimeout(timer);
      answer.catch(() => undefined);
    }
  }

  async #rawSql(body: string): Promise<Reply> {
    const { query, params } = JSON.parse(body) as { query: string; params?: unknown[] };
    return this.#database.connected(async (client) => {
      await client.query("SET ROLE project_admin");
      try {
        const { rows, rowCount } = await client.query(query, params);
        return { status: 200, body: JSON.stringify({ rows, rowCount }) };
      } catch (error) {
        if (isDatabaseError(error)) throw new GatewayError(400, "DATABASE_VALIDATION_ERROR", error.message);
        throw error;
      } finally {
        await client.query("RESET ROLE");
      }
    });
  }
}

/** Bodies pass through JSON on the way, in both directions, and numbers beyond 2^53 do not survive it. */
function twiceParsed(body: string): string {
  if (body === "") return body;
  try {
    return JSON.stringify(JSON.parse(body));
  } catch {
    throw new GatewayError(400, "INVALID_INPUT", "Unexpected token in JSON");
  }
}

function toFailure(error: unknown): Reply {
  if (error instanceof GatewayError) return gatewayReply(error);
  return gatewayReply(
    new GatewayError(500, "INTERNAL_ERROR", error instanceof Error ? error.message : String(error)),
  );
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, {
    ...(body !== undefined && { "content-type": "application/json; charset=utf-8" }),
    ...headers,
  });
  response.end(body);
}

function newApiKey(): string {
  return `ik_${randomBytes(16).toString("hex")}`;
}
