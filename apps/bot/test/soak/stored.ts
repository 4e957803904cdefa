import { query } from "../../../../packages/tracing/test/support/postgres-server.ts";
import { statuses, wrongFigures } from "../../../../packages/tracing/test/support/stored-figures.ts";
import { attemptsFor, findMark } from "./marks.ts";
import type { Pipeline, SeenRun } from "./runs.ts";

interface StoredTrace {
  traceId: string;
  userId: number;
  pipeline: string;
  status: string;
  errorType: string | null;
  /** What the run was about, as its input says. */
  word: string | undefined;
  /** How many spans there are of each name, below each name. */
  spans: Readonly<Record<string, number>>;
}

/** Spans that began in a time, such as a process's life. */
export async function countSpansBetween(databaseUrl: string, from: number, to: number): Promise<number> {
  const [row] = await query(
    databaseUrl,
    `SELECT count(*)::int AS spans FROM tracing.spans
     WHERE start_time >= to_timestamp($1 / 1000.0) AND start_time < to_timestamp($2 / 1000.0)`,
    [from, to],
  );
  return Number(row?.spans);
}

/** Bytes of what the bot remembers of its users' sessions. */
export async function sessionBytes(databaseUrl: string): Promise<number> {
  const [row] = await query(
    databaseUrl,
    "SELECT coalesce(sum(octet_length(value::text)), 0)::int AS bytes FROM bot.sessions",
  );
  return Number(row?.bytes);
}

export async function countUpdates(databaseUrl: string): Promise<number> {
  const [row] = await query(databaseUrl, "SELECT count(*)::int AS updates FROM bot.updates");
  return Number(row?.updates);
}

/** Whatever is wrong with the traces as such, whoever saw them: rollups, doubles, runs without an end, lost spans. */
export async function wrongTraces(databaseUrl: string): Promise<string[]> {
  const unfinished = [...(await statuses(databaseUrl))].filter(([, status]) => status === "running");
  const orphans = await query(
    databaseUrl,
    `SELECT replace(s.trace_id::text, '-', '') AS trace, s.name FROM tracing.spans s
     WHERE s.parent_span_id IS NOT NULL AND NOT EXISTS (
       SELECT FROM tracing.spans p WHERE p.trace_id = s.trace_id AND p.span_id = s.parent_span_id)`,
  );
  return [
    ...(await wrongFigures(databaseUrl)).map((row) => `Figures: ${JSON.stringify(row)}`),
    ...unfinished.map(([trace]) => `Trace ${trace} is still running`),
    ...orphans.map(({ trace, name }) => `Trace ${trace} lacks the parent of ${name}`),
  ];
}

/** Runs that were seen and are not stored like that, each once, and traces of runs that nobody saw. */
export async function wrongRuns(databaseUrl: string, seen: readonly SeenRun[]): Promise<string[]> {
  const unclaimed = new Map((await readTraces(databaseUrl)).map((trace) => [trace.traceId, trace]));
  const wrong: string[] = [];
  // Those that say which trace is theirs come first, and leave no choice to the others.
  for (const run of seen.toSorted((a, b) => (b.traceId?.length ?? 0) - (a.traceId?.length ?? 0))) {
    const trace = [...unclaimed.values()].find((candidate) => belongs(candidate, run));
    if (trace) unclaimed.delete(trace.traceId);
    const problem = trace ? problemOf(trace, run) : run.mayBeUntraced ? undefined : "has no trace";
    if (problem !== undefined) wrong.push(`The ${run.pipeline} run about ${run.word} ${problem}`);
  }
  for (const { traceId, pipeline, word } of unclaimed.values()) {
    wrong.push(`Nobody saw the ${pipeline} run about ${word} of trace ${traceId}`);
  }
  return wrong;
}

async function readTraces(databaseUrl: string): Promise<StoredTrace[]> {
  const rows = await query(
    databaseUrl,
    `WITH names AS (
       SELECT s.trace_id, coalesce(p.name || ' > ', '') || s.name AS name, count(*) AS spans
       FROM tracing.spans s
       LEFT JOIN tracing.spans p ON p.trace_id = s.trace_id AND p.span_id = s.parent_span_id
       GROUP BY 1, 2)
     SELECT replace(t.trace_id::text, '-', '') AS trace, t.user_id, t.pipeline_name, t.status, t.error_type, r.input,
       (SELECT jsonb_object_agg(n.name, n.spans) FROM names n WHERE n.trace_id = t.trace_id) AS spans
     FROM tracing.traces t
     LEFT JOIN tracing.spans r ON r.trace_id = t.trace_id AND r.parent_span_id IS NULL`,
  );
  return rows.map((row) => ({
    traceId: String(row.trace),
    userId: Number(row.user_id),
    pipeline: String(row.pipeline_name),
    status: String(row.status),
    errorType: row.error_type === null ? null : String(row.error_type),
    word: findMark(String(row.input))?.word,
    spans: (row.spans ?? {}) as Record<string, number>,
  }));
}

function belongs(trace: StoredTrace, run: SeenRun): boolean {
  if (trace.userId !== run.userId || trace.pipeline !== run.pipeline) return false;
  if (run.traceId !== undefined) return trace.traceId.startsWith(run.traceId);
  return trace.word === run.word && trace.status !== "ok";
}

function problemOf(trace: StoredTrace, run: SeenRun): string | undefined {
  const { traceId, status, errorType, spans, word } = trace;
  if (word !== run.word) return `has the trace ${traceId} about ${word}`;
  const ended = run.outcome === "done" ? ["ok"] : run.outcome === "abandoned" ? STATUSES : ["error"];
  if (!ended.includes(status)) return `was ${run.outcome}, and its trace ${traceId} says ${status}`;
  if (run.outcome === "stopped" && errorType !== "RunStoppedError") {
    return `was stopped, and its trace ${traceId} says ${errorType}`;
  }
  if (run.outcome !== "done") return undefined;
  const expected = spansOf(run);
  const names = new Set([...Object.keys(expected), ...Object.keys(spans)]);
  const different = [...names].filter(
    (name) => !EITHER_WAY.has(name) && (expected[name] ?? 0) !== (spans[name] ?? 0),
  );
  if (different.length === 0) return undefined;
  const list = different.map((name) => `${spans[name] ?? 0} of ${name} for ${expected[name] ?? 0}`);
  return `has a trace ${traceId} with ${list.join(", ")}`;
}

const STATUSES = ["ok", "error", "interrupted"];
/** After the reply the memory may find the database away, or the bot on its way to stop. */
const EITHER_WAY: ReadonlySet<string> = new Set(["agent:memory > llm:openrouter"]);

/** The spans of a run that went well: each once, the model's as often as it was asked. */
function spansOf({ pipeline, trouble }: SeenRun): Record<string, number> {
  const asked = attemptsFor(trouble);
  const under = (names: Record<string, number>) => ({
    [pipeline]: 1,
    [`${pipeline} > agent:memory`]: 1,
    ...names,
  });
  const playbook = { [`${pipeline} > agent:playbook`]: 1, "agent:playbook > tool:playbook_search": 1 };
  const strategist = { [`${pipeline} > agent:strategist`]: 1 };
  const byPipeline: Record<Pipeline, Record<string, number>> = {
    learn: under({ "learn > agent:trainer": 1, "agent:trainer > llm:openrouter": asked }),
    train: under({ "train > agent:trainer": 1, "agent:trainer > llm:openrouter": asked }),
    support: under({
      ...playbook,
      ...strategist,
      "support > agent:signals": 1,
      "agent:signals > llm:openrouter": asked,
      "agent:strategist > llm:openrouter": asked,
    }),
    // The model has got over its trouble with this deal before.
    support_regen: under({ ...playbook, ...strategist, "agent:strategist > llm:openrouter": 1 }),
  };
  return byPipeline[pipeline];
}

/** Ratings that are not stored as they were given, or that nobody gave; of the doubtful ones it is not known. */
export async function wrongRatings(
  databaseUrl: string,
  given: ReadonlyMap<string, boolean>,
  doubtful: ReadonlySet<string>,
): Promise<string[]> {
  const rows = await query(
    databaseUrl,
    `SELECT replace(trace_id::text, '-', '') AS trace, jsonb_array_length(scores)::int AS scores, scores->0->'value' AS value
     FROM tracing.traces WHERE jsonb_array_length(scores) > 0`,
  );
  const stored = new Map(rows.map(({ trace, scores, value }) => [String(trace), { scores, value }]));
  const missing = [...given].filter(([trace, up]) => {
    const score = stored.get(trace);
    return score?.scores !== 1 || score.value !== up;
  });
  const unasked = [...stored.keys()].filter((trace) => !given.has(trace) && !doubtful.has(trace));
  return [
    ...missing.map(([trace]) => `The rating of trace ${trace} is not stored as it was given`),
    ...unasked.map((trace) => `Nobody rated trace ${trace}`),
  ];
}
