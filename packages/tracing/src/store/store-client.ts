/**
 * The port to a database that holds the `tracing` schema, and perhaps others: one call of one SQL function.
 *
 * Adapters: `insforge/` (HTTP), `postgres/` (`pg`), and through `insforge/` the embedded store.
 */

/** JSON text that goes to the database as it stands, without being parsed on the way. */
export class RawJson {
  /** The JSON. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** An array of values that are JSON already, joined in one go: a text put together of texts is copied once more to be sent. */
  static arrayOf(items: readonly string[]): RawJson {
    const pieces = items.flatMap((item, index) => [index === 0 ? "[" : ",", item]);
    return new RawJson(items.length === 0 ? "[]" : [...pieces, "]"].join(""));
  }
}

/** Named arguments of a SQL function; JSON values, or {@link RawJson}. */
export type RpcArgs = Readonly<Record<string, unknown>>;

/** How one call is made. */
export interface RpcOptions {
  /** Schema that the function is in; a service can keep one of its own beside the library's. @default "tracing" */
  schema?: string;
  /** Gives the call up. */
  signal?: AbortSignal;
  /** How long to wait for the answer. @default 30_000 */
  timeoutMs?: number;
  /** Nobody waits for the answer: where the adapter can help it, it does not keep the process alive. @default false */
  background?: boolean;
}

/** Calls SQL functions; what an adapter to another way to the database implements. */
export interface StoreClient {
  /**
   * Calls a function with named arguments and resolves to its JSON value.
   *
   * @throws {StoreError} when the database or the way to it refuses.
   */
  rpc(fn: string, args: RpcArgs, options?: RpcOptions): Promise<unknown>;
  /** Closes what the adapter itself opened; absent when it opened nothing. */
  close?(): Promise<void>;
}

/**
 * Why a call failed, in the terms that callers act on:
 *
 * - `unreachable`: no answer (refused, DNS, time-out, reset, truncated).
 * - `unavailable`: an answer that says not now (408, 429, 5xx; SQLSTATE 40xxx, 53xxx, 55xxx, 57xxx).
 * - `unauthorized`: the key is missing, wrong or lacks the right (401, 403, SQLSTATE 42501, 28xxx).
 * - `schema-missing`: function, table or schema not there, or not exposed (404, 406, SQLSTATE 42883, 42P01, 3F000, PGRST106, PGRST202).
 * - `too-large`: the request is too big (413, or InsForge's 500 "request entity too large").
 * - `rejected`: the data is refused (SQLSTATE 22xxx, 23xxx, any other 4xx).
 */
export type StoreErrorKind =
  | "unreachable"
  | "unavailable"
  | "unauthorized"
  | "schema-missing"
  | "too-large"
  | "rejected";

/** What is known of a failed call besides its kind. */
export interface StoreErrorDetails {
  /** HTTP status, where there was one. */
  status?: number;
  /** SQLSTATE, PostgREST or InsForge code, where there was one. */
  code?: string;
  /** What the backend asked to wait, in milliseconds. */
  retryAfterMs?: number;
  /** What was thrown below. */
  cause?: unknown;
}

/** A failed call. The message names the backend's answer, never a payload or a key. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /** What a caller acts on. */
  readonly kind: StoreErrorKind;
  /** HTTP status, where there was one. */
  readonly status: number | undefined;
  /** SQLSTATE, PostgREST or InsForge code, where there was one. */
  readonly code: string | undefined;
  /** What the backend asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: StoreErrorKind, message: string, details: StoreErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.status = details.status;
    this.code = details.code;
    this.retryAfterMs = details.retryAfterMs;
  }
}
