/**
 * Entry of the worker thread that runs PGlite, so that the host's event loop never waits for it.
 *
 * Requests are handled one after the other. An error that PGlite does not survive ends the thread; the host answers the
 * request at hand and starts another.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { PGlite } from "@electric-sql/pglite";
import { gatewayFailure, postgrestFailure, toSqlFailureAnswer } from "./answers.ts";
import { FunctionCaller } from "./function-call.ts";
import { Housekeeping } from "./housekeeping.ts";
import { MigrationLog } from "./migration-log.ts";
import {
  initialiseDatabase,
  isInitialised,
  OpenFailure,
  openDatabase,
  SwallowedError,
} from "./pglite-database.ts";
import { BodyError, parseObject } from "./request-members.ts";
import type { Answer, WorkerData, WorkerMessage, WorkerRequest } from "./worker-protocol.ts";

if (parentPort) void serve(parentPort, workerData as WorkerData);

async function serve(port: MessagePort, { databaseDir }: WorkerData): Promise<void> {
  const post = (message: WorkerMessage): void => port.postMessage(message);
  try {
    if (!isInitialised(databaseDir)) {
      await initialiseDatabase(databaseDir);
      post({ type: "initialised" });
      process.exit();
    }
    const handle = createHandler(await openDatabase(databaseDir));
    let queue: Promise<void> = Promise.resolve();
    port.on("message", (request: WorkerRequest) => {
      queue = queue.then(() => handle(request, (answer) => post({ type: "answer", id: request.id, answer })));
    });
    post({ type: "ready" });
  } catch (error) {
    if (!(error instanceof OpenFailure)) throw error;
    post({ type: "failed", code: error.code, reason: error.reason });
    process.exit();
  }
}

type Handler = (request: WorkerRequest, reply: (answer: Answer) => void) => Promise<void>;

function createHandler(database: PGlite): Handler {
  const functions = new FunctionCaller(database);
  const migrations = new MigrationLog(database);
  const housekeeping = new Housekeeping(database);

  async function toAnswer(request: WorkerRequest): Promise<Answer> {
    switch (request.op) {
      case "rpc":
        return functions.call(request.schema, request.fn, request.columns, toText(request.body));
      case "list-migrations":
        return migrations.list();
      case "apply-migration":
        functions.forgetSignatures();
        return migrations.apply(toText(request.body));
      case "raw-sql":
        functions.forgetSignatures();
        return runSql(database, toText(request.body));
      case "close":
        await database.close();
        return { status: 204, body: undefined };
    }
  }

  return async (request, reply) => {
    const answer = await toAnswer(request).catch(toRefusal);
    reply(answer);
    if (request.op === "close") return;
    try {
      await housekeeping.afterCall("body" in request ? request.body.length : 0);
    } catch (error) {
      // What the database refuses, such as a vacuum on a full disk, is due again at the next check.
      toRefusal(error);
    }
  };
}

async function runSql(database: PGlite, body: string): Promise<Answer> {
  const { query, params } = parseObject(body);
  if (typeof query !== "string" || (params !== undefined && !Array.isArray(params))) {
    return gatewayFailure(400, "INVALID_INPUT", "query must be a text, and params an array");
  }
  const { rows, rowCount, fields, command } = await database.query(query, params ?? []);
  if (command === undefined) throw new SwallowedError();
  const text = JSON.stringify({ rows, rowCount: rowCount ?? null, fields }, (_, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  return { status: 200, body: text };
}

/** The answer to an error that leaves the database in working order; throws any other. */
function toRefusal(error: unknown): Answer {
  if (error instanceof BodyError) {
    return error.reason === "too-deep"
      ? postgrestFailure(400, "22P02", error.message)
      : postgrestFailure(400, "PGRST102", error.message);
  }
  if (error instanceof SyntaxError) return postgrestFailure(400, "PGRST102", "Empty or invalid json");
  if (!(error instanceof Error) || !("code" in error) || !("severity" in error)) throw error;
  const given = (name: string): string | undefined => {
    const value: unknown = Reflect.get(error, name);
    return typeof value === "string" ? value : undefined;
  };
  return toSqlFailureAnswer({
    code: given("code") ?? "XX000",
    message: error.message,
    detail: given("detail"),
    hint: given("hint"),
  });
}

function toText(body: string | Uint8Array): string {
  return typeof body === "string" ? body : new TextDecoder().decode(body);
}
