import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { DEAD_LETTER_FILE } from "../../src/collector/spool/dead-letters.ts";
import { readSpoolStatus } from "../../src/collector/spool/spool.ts";

/** What became of the spans of one log. */
export interface Tally {
  /** Spans of the log. */
  ended: number;
  /** Those that are in the database, as spans that have ended. */
  stored: number;
  /** Rows beyond the first of a span, whether the log knows it or not. */
  duplicates: number;
  /** Spans of the log that are kept as dead letters, and spans that the library says it gave up. */
  counted: number;
  /** Neither stored, nor waiting in a spool, nor counted. */
  lost: number;
}

export interface JudgedBy {
  databaseUrl: string;
  /** Spans that ended, as `<trace> <span>`, by the log of the process that made them. */
  ended: Iterable<string>;
  /** Data directories, whose spools are looked into for what waits and for dead letters. */
  dataDirs?: readonly string[];
  /** Spans that the library says it gave up or left out. */
  dropped?: number;
}

export interface Judgement extends Tally {
  /** Spans that wait in a spool. */
  waiting: number;
  /** Up to ten of the spans that are neither stored nor a dead letter. */
  missing: string[];
}

/** Compares a log with the database and the files on disk. */
export async function judge({
  databaseUrl,
  ended,
  dataDirs = [],
  dropped = 0,
}: JudgedBy): Promise<Judgement> {
  const spans = [...ended];
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query("CREATE TEMP TABLE ended (trace uuid, span bytea, PRIMARY KEY (trace, span))");
    for (let from = 0; from < spans.length; from += CHUNK)
      await addEnded(client, spans.slice(from, from + CHUNK));
    const { rows } = await client.query<{ stored: number; duplicates: number }>(FIGURES);
    const { stored = 0, duplicates = 0 } = rows[0] ?? {};
    const { rows: absent } = await client.query<{ key: string }>(ABSENT);
    const letters = new Set(dataDirs.flatMap(deadSpans));
    const missing = absent.map(({ key }) => key).filter((key) => !letters.has(key));
    const waiting = dataDirs
      .flatMap((dir) => readSpoolStatus(join(dir, "spool")))
      .reduce((sum, { pendingSpans }) => sum + pendingSpans, 0);
    return {
      ended: spans.length,
      stored,
      duplicates,
      counted: absent.length - missing.length + dropped,
      lost: missing.length - waiting - dropped,
      waiting,
      missing: missing.slice(0, 10),
    };
  } finally {
    await client.end();
  }
}

const CHUNK = 50_000;

const FIGURES = `
  SELECT
    (SELECT count(*)::int FROM ended WHERE EXISTS
      (SELECT FROM tracing.spans s WHERE s.trace_id = ended.trace AND s.span_id = ended.span AND s.status <> 'interrupted')) AS stored,
    (SELECT (count(*) - count(DISTINCT (trace_id, span_id)))::int FROM tracing.spans) AS duplicates`;

const ABSENT = `
  SELECT replace(trace::text, '-', '') || ' ' || encode(span, 'hex') AS key FROM ended WHERE NOT EXISTS
    (SELECT FROM tracing.spans s WHERE s.trace_id = ended.trace AND s.span_id = ended.span AND s.status <> 'interrupted')`;

async function addEnded(client: pg.Client, keys: readonly string[]): Promise<void> {
  const pairs = keys.map((key) => key.split(" "));
  await client.query(
    "INSERT INTO ended SELECT trace, decode(span, 'hex') FROM unnest($1::uuid[], $2::text[]) AS e(trace, span)",
    [pairs.map(([trace]) => trace), pairs.map(([, span]) => span)],
  );
}

/** The dead letters below a directory, as `<trace> <span>`. */
function deadSpans(dir: string): string[] {
  return deadLetters(dir).map(({ record }) => `${record.trace_id} ${record.span_id}`);
}

/** The dead letters below a directory. */
export function deadLetters(dir: string): { reason: string; record: Record<string, unknown> }[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(DEAD_LETTER_FILE))
    .flatMap((file) => readFileSync(join(dir, file), "utf8").split("\n").slice(0, -1))
    .map((line) => JSON.parse(line));
}
