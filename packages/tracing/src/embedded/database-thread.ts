import { Worker } from "node:worker_threads";
import { missingDependency, TracingError } from "../core/errors.ts";
import { WORKER_STACK_MB } from "./pglite-database.ts";
import type { Answer, WorkerData, WorkerMessage } from "./worker-protocol.ts";

/** From source the worker is the TypeScript file; built, it lies beside this chunk in `dist/`. */
const WORKER_URL = new URL(
  import.meta.url.endsWith(".ts") ? "./pglite-worker.ts" : "./pglite-worker.js",
  import.meta.url,
);

/** The database stopped before it answered. What the request did, if anything, is not known. */
export class DatabaseStopped extends Error {
  override readonly name = "DatabaseStopped";
}

export interface DatabaseThreadEvents {
  onAnswer(id: number, answer: Answer): void;
  /** The thread has ended, or is about to; may be called more than once. */
  onEnd(cause: Error): void;
}

/**
 * Starts a thread that runs PGlite on a directory, and resolves when it takes requests.
 *
 * A new directory costs two threads: initialising it takes several hundred megabytes, which end with the first.
 *
 * @throws {TracingError} `missing-dependency`, or `store-failed` when PostgreSQL cannot open the directory.
 * @throws {DatabaseStopped} when the thread dies on the way.
 */
export async function startDatabaseThread(
  databaseDir: string,
  events: DatabaseThreadEvents,
): Promise<Worker> {
  const thread = (await launch(databaseDir, events)) ?? (await launch(databaseDir, events));
  if (!thread)
    throw new DatabaseStopped("The embedded database's directory was removed while it was opened.");
  return thread;
}

function launch(databaseDir: string, events: DatabaseThreadEvents): Promise<Worker | undefined> {
  const data: WorkerData = { databaseDir };
  const worker = new Worker(WORKER_URL, {
    name: "tracing-pglite",
    workerData: data,
    // None of the host's preloads and flags: an instrumentation would start in the thread a second time.
    execArgv: [],
    env: {},
    resourceLimits: { stackSizeMb: WORKER_STACK_MB },
  });
  return new Promise((resolve, reject) => {
    let state: "starting" | "initialised" | "ready" = "starting";
    worker.on("message", (message: WorkerMessage) => {
      switch (message.type) {
        case "ready":
          state = "ready";
          resolve(worker);
          break;
        case "initialised":
          state = "initialised";
          break;
        case "failed":
          reject(toOpenError(databaseDir, message));
          break;
        case "answer":
          events.onAnswer(message.id, message.answer);
      }
    });
    const end = (cause: Error): void => {
      if (state === "ready") events.onEnd(cause);
      else if (state === "initialised") resolve(undefined);
      else reject(new DatabaseStopped("The embedded database stopped while it was opened.", { cause }));
    };
    worker.on("error", (error: unknown) => end(error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", (code) => end(new Error(`The thread ended with code ${code}.`)));
  });
}

function toOpenError(dir: string, { code, reason }: WorkerMessage & { type: "failed" }): TracingError {
  if (code === "missing-dependency") {
    return missingDependency("The embedded store", ["@electric-sql/pglite"]);
  }
  return new TracingError(
    code,
    `The embedded database in ${dir} cannot be opened: ${reason.replace(/\.$/, "")}.`,
    {
      hint: `Move ${dir} away to start with an empty one. Spans that wait in the spool are kept and go there.`,
    },
  );
}
