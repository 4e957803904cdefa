import { setTimeout as pause } from "node:timers/promises";
import { TracingError } from "../core/errors.ts";
import { readRefusal } from "./answer.ts";
import type { Backend } from "./backend.ts";

/** Functions of the library's schema that change nothing when they are called like this; the first is one in any schema. */
const HARMLESS: Readonly<Record<string, object>> = {
  schema_version: {},
  ingest: { batch: [] },
  get_trace: { trace_id: "0".repeat(32) },
  list_traces: { filter: { limit: 1 } },
  stats: { filter: { since: "2000-01-01T00:00:00Z", until: "2000-01-01T00:00:01Z" } },
};

const POLL_MS = 100;
const PATIENCE_MS = 5_000;

/**
 * Waits until the API shows what a migration has made: PostgREST reads the schema anew some time after, all of it at once,
 * and answers 404 meanwhile. A migration without a function that can be called to find out is not waited for; in a schema
 * of a service's own, `schema_version()` is that function.
 *
 * @throws {TracingError} `unsupported-server` when the functions do not appear.
 */
export async function waitUntilCallable(backend: Backend, sql: string): Promise<void> {
  const made = [...sql.matchAll(/\bCREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s+(\w+)\.(\w+)/gi)];
  const found = made.find(
    ([, schema, fn = ""]) => fn === "schema_version" || (schema === "tracing" && fn in HARMLESS),
  );
  if (!found) return;
  const [, schema = "", fn = ""] = found;
  const request = {
    method: "POST",
    path: `/api/database/rpc/${fn}`,
    headers: { "content-profile": schema },
    body: JSON.stringify(HARMLESS[fn]),
  } as const;
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await backend.ask(request);
    if (answer.status !== 404 && answer.status !== 406) return;
    if (performance.now() > deadline) throw neverSeen(schema, fn, readRefusal(answer).message, answer.status);
    await pause(POLL_MS);
  }
}

function neverSeen(schema: string, fn: string, message: string, status: number): TracingError {
  if (status === 406) {
    return new TracingError(
      "unsupported-server",
      `InsForge does not expose the schema ${schema} over its API. ${message}`,
      {
        hint: "Upgrade InsForge to a release of mid-2026 or later, which exposes the schemas of migrations.",
      },
    );
  }
  return new TracingError("unsupported-server", `InsForge's API does not show ${schema}.${fn}. ${message}`, {
    hint: "The migration has run: restart PostgREST, so that it reads the schema anew, and run `tracing doctor`.",
  });
}
