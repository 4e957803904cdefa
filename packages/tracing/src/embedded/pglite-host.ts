import type { Worker } from "node:worker_threads";
import { postgrestFailure } from "./answers.ts";
import { DatabaseStopped, startDatabaseThread } from "./database-thread.ts";
import type { Answer, WorkerOperation } from "./worker-protocol.ts";

const CLOSE_TIMEOUT_MS = 10_000;
const FIRST_RESTART_DELAY_MS = 500;
const MAX_RESTART_DELAY_MS = 60_000;

export interface PgliteHostOptions {
  /** Directory of PGlite's files; made when it is not there. Whoever opens it must hold the directory's lock. */
  databaseDir: string;
  /** How long one request may take before the thread is taken for stuck and ended, in milliseconds. @default 120_000 */
  stallTimeoutMs?: number;
}

interface PendingRequest {
  /** Undefined when the caller no longer waits; the thread cannot be told, so that the request stays in line. */
  settle: ((outcome: Answer | Error) => void) | undefined;
}

/**
 * Runs PGlite in a worker thread and hands requests to it.
 *
 * The thread keeps the process alive only while somebody waits for an answer. When it dies, the request at hand gets a
 * 500, so that one which kills it every time can be told from its neighbours; those reject with
 * {@link DatabaseStopped}, and the next request starts another thread, later and later when that keeps failing.
 */
export class PgliteHost {
  readonly #databaseDir: string;
  readonly #stallTimeoutMs: number;
  /** In the order in which the thread handles them. */
  readonly #pending = new Map<number, PendingRequest>();
  #starting: Promise<Worker> | undefined;
  #worker: Worker | undefined;
  /** Which of the threads, one after the other, is the present one. */
  #life: symbol | undefined;
  #nextId = 1;
  #stallTimer: NodeJS.Timeout | undefined;
  #failures = 0;
  #notBefore = 0;
  #closing: Promise<void> | undefined;

  constructor({ databaseDir, stallTimeoutMs = 120_000 }: PgliteHostOptions) {
    this.#databaseDir = databaseDir;
    this.#stallTimeoutMs = stallTimeoutMs;
  }

  /**
   * @throws {TracingError} `missing-dependency`, or `store-failed` when PostgreSQL cannot open the directory.
   * @throws {DatabaseStopped} when the thread dies on the way.
   */
  async open(): Promise<void> {
    await this.#start();
  }

  /**
   * @throws {DatabaseStopped} when there is no answer.
   * @throws {TracingError} as {@link open}, when another thread had to be started.
   */
  async request(operation: WorkerOperation, signal?: AbortSignal): Promise<Answer> {
    if (this.#closing) throw new DatabaseStopped("The embedded database has been closed.");
    signal?.throwIfAborted();
    const worker = await this.#start();
    signal?.throwIfAborted();
    return this.#send(worker, operation, signal);
  }

  /** Lets pending requests finish, then closes the database and ends the thread; idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      const worker = this.#worker ?? (await this.#starting);
      if (!worker) return;
      // Requests being handled in order, this one is answered after all others.
      await this.#send(worker, { op: "close" }, AbortSignal.timeout(CLOSE_TIMEOUT_MS));
    } catch (error) {
      // A database that never opened, has stopped or does not answer is left as after a crash, which it is made for.
      if (!(error instanceof Error)) throw error;
    } finally {
      await this.#worker?.terminate();
    }
  }

  #start(): Promise<Worker> {
    if (this.#starting) return this.#starting;
    if (performance.now() < this.#notBefore) {
      return Promise.reject(
        new DatabaseStopped("The embedded database has stopped and is about to be restarted."),
      );
    }
    const life = Symbol();
    this.#life = life;
    this.#starting = startDatabaseThread(this.#databaseDir, {
      onAnswer: (id, answer) => this.#answer(id, answer),
      onEnd: (cause) => this.#lose(life, cause),
    }).then(
      (worker) => {
        this.#worker = worker;
        this.#keepAlive();
        return worker;
      },
      (error: unknown) => {
        this.#starting = undefined;
        this.#postponeRestart();
        throw error;
      },
    );
    return this.#starting;
  }

  #send(worker: Worker, operation: WorkerOperation, signal: AbortSignal | undefined): Promise<Answer> {
    if (this.#worker !== worker)
      return Promise.reject(new DatabaseStopped("The embedded database has stopped."));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const settle = (outcome: Answer | Error): void => {
        signal?.removeEventListener("abort", abandon);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const abandon = (): void => {
        this.#pending.set(id, { settle: undefined });
        this.#keepAlive();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abandon, { once: true });
      this.#pending.set(id, { settle });
      this.#keepAlive();
      if (!this.#stallTimer) this.#watch(worker);
      worker.postMessage({ ...operation, id });
    });
  }

  #answer(id: number, answer: Answer): void {
    const request = this.#pending.get(id);
    this.#pending.delete(id);
    this.#failures = 0;
    this.#keepAlive();
    if (this.#worker) this.#watch(this.#worker);
    request?.settle?.(answer);
  }

  /** The thread has ended: what it had not answered is answered here. */
  #lose(life: symbol, cause: Error): void {
    // The end of a thread is reported more than once.
    if (this.#life !== life) return;
    this.#life = undefined;
    this.#starting = undefined;
    this.#worker = undefined;
    clearTimeout(this.#stallTimer);
    this.#stallTimer = undefined;
    this.#postponeRestart();
    const [atHand, ...others] = this.#pending.values();
    this.#pending.clear();
    atHand?.settle?.(postgrestFailure(500, "XX000", "The embedded database stopped on this request."));
    for (const { settle } of others)
      settle?.(new DatabaseStopped("The embedded database has stopped.", { cause }));
  }

  /** The first restart is free, so that one crash costs one answer. */
  #postponeRestart(): void {
    const delayMs = this.#failures === 0 ? 0 : FIRST_RESTART_DELAY_MS * 2 ** (this.#failures - 1);
    this.#failures++;
    this.#notBefore = performance.now() + Math.min(delayMs, MAX_RESTART_DELAY_MS);
  }

  #watch(worker: Worker): void {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = undefined;
    if (this.#pending.size === 0) return;
    this.#stallTimer = setTimeout(() => void worker.terminate(), this.#stallTimeoutMs);
    this.#stallTimer.unref();
  }

  #keepAlive(): void {
    const awaited = [...this.#pending.values()].some(({ settle }) => settle !== undefined);
    if (awaited) this.#worker?.ref();
    else this.#worker?.unref();
  }
}
