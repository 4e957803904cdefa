/** What the host asks of the worker thread; `body` is the request's JSON text, which only the worker takes apart. */
export type WorkerOperation =
  | { op: "rpc"; schema: string; fn: string; columns: string | undefined; body: string | Uint8Array }
  | { op: "list-migrations" }
  | { op: "apply-migration"; body: string | Uint8Array }
  | { op: "raw-sql"; body: string | Uint8Array }
  | { op: "close" };

export type WorkerRequest = WorkerOperation & { id: number };

/** An HTTP answer in the making: the status, and JSON text unless there is nothing to say. */
export interface Answer {
  status: number;
  body: string | undefined;
}

export type WorkerMessage =
  | { type: "ready" }
  /** A fresh database is in place; whoever asked for it starts a worker on it, since this one's memory has grown. */
  | { type: "initialised" }
  | { type: "failed"; code: "missing-dependency" | "store-failed"; reason: string }
  | { type: "answer"; id: number; answer: Answer };

export interface WorkerData {
  /** Directory of PGlite's files. When it is not there, the worker makes it and ends. */
  databaseDir: string;
}
