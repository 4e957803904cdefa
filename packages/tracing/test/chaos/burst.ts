import { query } from "../support/postgres-server.ts";
import type { Coach } from "./coach.ts";

/** A trace that is made in one turn of the event loop. */
export interface Burst {
  /** How many, its root included. */
  spans: number;
  /** Those that are not like the others, by their place, from 1 on. */
  odd?: Readonly<Record<number, OddSpan>>;
}

export interface OddSpan {
  /** @default "step" */
  name?: string;
  /** What the traced function is given. */
  input?: string;
  /** What the traced function fails with. @default it does not */
  error?: string;
}

/** A module that is loaded before a coach which {@link makeBurst} is to be asked of. */
export const burstModule = new URL("services/burst.ts", import.meta.url);

/** Has a coach make a trace in one turn of the event loop; resolves to its id. */
export function makeBurst(coach: Coach, burst: Burst): Promise<string> {
  const { logFile } = coach.options;
  return coach.ask<string>(`burst ${JSON.stringify({ ...burst, logFile })}`);
}

/** What is stored of a trace: its status, how many spans it says it has, and how many there are. */
export async function storedBurst(databaseUrl: string, traceId: string): Promise<unknown> {
  const [trace] = await query(
    databaseUrl,
    `SELECT t.status, t.span_count::int AS said, count(DISTINCT s.span_id)::int AS spans
     FROM tracing.traces t JOIN tracing.spans s USING (trace_id)
     WHERE t.trace_id = $1::uuid GROUP BY t.trace_id, t.status, t.span_count`,
    [traceId],
  );
  return trace;
}
