import { setTimeout as delay } from "node:timers/promises";
import { TracingError } from "../core/errors.ts";
import { DatabaseStopped } from "./database-thread.ts";
import type { EndpointRequest } from "./endpoint.ts";
import { Owner, type OwnerOptions } from "./owner.ts";
import { askOverSocket, SocketFailure } from "./socket-client.ts";
import { findSocket } from "./socket-path.ts";
import type { Answer } from "./worker-protocol.ts";

const HEALTH = { method: "GET", url: "/api/health", headers: new Headers(), body: "" };

const FIRST_DELAY_MS = 20;
const MAX_DELAY_MS = 500;

export interface ConnectionOptions extends OwnerOptions {
  /**
   * How long to look for an owner that answers, in milliseconds; longer than one takes to close, and shorter than a
   * client waits for an answer. @default 15_000
   */
  handOverTimeoutMs?: number;
}

/**
 * The way to a data directory's database: its owner in this process, else the owner's socket.
 *
 * When the owner goes away, the next request takes over as owner, or finds the process that did.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #handOverTimeoutMs: number;
  #owner: Owner | undefined;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#handOverTimeoutMs = options.handOverTimeoutMs ?? 15_000;
  }

  get mode(): "owner" | "guest" {
    return this.#owner ? "owner" : "guest";
  }

  /**
   * Resolves when requests are answered, here or by the owner.
   *
   * @throws {TracingError} `store-locked` when the owner does not answer, else as {@link Owner.ready}.
   */
  async open(signal?: AbortSignal): Promise<void> {
    const timeout = AbortSignal.timeout(this.#handOverTimeoutMs);
    try {
      this.#tryOwn();
      if (this.#owner) await this.#owner.ready;
      else await this.answer({ ...HEALTH, signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
    } catch (error) {
      signal?.throwIfAborted();
      throw toOpenError(this.#options.dataDir, error);
    }
  }

  /**
   * @throws {SocketFailure | DatabaseStopped} when there is no answer.
   * @throws {TracingError} when this process took over and cannot open the database.
   */
  async answer(request: EndpointRequest): Promise<Answer> {
    const deadline = performance.now() + this.#handOverTimeoutMs;
    let repeated = false;
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
      if (this.#closed) throw new DatabaseStopped("The embedded store has been closed.");
      request.signal?.throwIfAborted();
      if (this.#owner) return this.#owner.answer(request);
      const failure = await this.#askOwner(request);
      if (!(failure instanceof SocketFailure)) return failure;
      if (failure.sent && (repeated || !isRepeatable(request))) throw failure;
      repeated ||= failure.sent;
      if (this.#tryOwn()) continue;
      if (performance.now() > deadline) throw failure;
      await delay(delayMs, undefined, { signal: request.signal });
    }
  }

  /** Idempotent; as owner it gives the directory up, which makes room for another process. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#owner?.close();
  }

  async #askOwner(request: EndpointRequest): Promise<Answer | SocketFailure> {
    try {
      return await askOverSocket(findSocket(this.#options.dataDir), request);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (error instanceof SocketFailure) return error;
      throw error;
    }
  }

  /** @throws {TracingError} `store-failed` when the directory cannot be locked. */
  #tryOwn(): boolean {
    const owner = this.#startOwner();
    if (!owner) return false;
    this.#owner = owner;
    owner.ready.catch(() => {
      // The next request tries again, perhaps on a directory that has been mended.
      if (this.#owner === owner && !this.#closed) this.#owner = undefined;
    });
    return true;
  }

  #startOwner(): Owner | undefined {
    try {
      return Owner.tryStart(this.#options);
    } catch (cause) {
      const { dataDir } = this.#options;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new TracingError("store-failed", `The directory ${dataDir} cannot be locked: ${reason}.`, {
        hint: "It must exist, be writable, and be on a file system with locks.",
        cause,
      });
    }
  }
}

function toOpenError(dataDir: string, cause: unknown): unknown {
  if (cause instanceof TracingError) return cause;
  if (cause instanceof DatabaseStopped) {
    return new TracingError("store-failed", `${cause.message} Its directory is ${dataDir}.`, { cause });
  }
  return new TracingError(
    "store-locked",
    `Another process owns the embedded store in ${dataDir} and does not answer.`,
    {
      hint: "End it, or wait until it does.",
      cause,
    },
  );
}

/** The schema's functions may be called twice; a migration or a statement of somebody's own may not. */
function isRepeatable({ method, url }: EndpointRequest): boolean {
  return method === "GET" || /\/api\/database\/rpc\//.test(url);
}
