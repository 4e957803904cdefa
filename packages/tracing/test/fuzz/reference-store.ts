import type { TraceRecord } from "../../src/record/record.ts";
import type { Judge } from "./database.ts";

type Value = string | number | boolean | null | readonly string[];
type Row = Record<string, Value>;

/** What stands in the tables of the traces in question, in an order of its own. */
export interface Tables {
  traces: Row[];
  spans: Row[];
  /** Figures by hour, pipeline and what they are of. */
  figures: Row[];
}

const RANKS: Readonly<Record<TraceRecord["type"], number>> = { started: 0, interrupted: 1, span: 2 };

/** What the tables must hold once these records have arrived, in whatever order and however often. */
export function tablesOf(records: readonly TraceRecord[]): Tables {
  const spans = spansOf(records);
  const traceIds = [...new Set(records.map(({ trace_id }) => trace_id))].sort();
  const of = (traceId: string) => records.filter(({ trace_id }) => trace_id === traceId);
  const stored = (traceId: string) => spans.filter(({ trace_id }) => trace_id === traceId);
  return {
    traces: traceIds.map((traceId) => toTrace(of(traceId), stored(traceId))),
    spans: spans.map(toSpan).sort(byText),
    figures: toFigures(spans).sort(byText),
  };
}

/** Of each span one record: that of its end, rather than of its interruption. */
function spansOf(records: readonly TraceRecord[]): TraceRecord[] {
  const spans = new Map<string, TraceRecord>();
  for (const record of records) {
    if (record.type === "started") continue;
    const key = `${record.trace_id} ${record.span_id} ${record.start}`;
    const other = spans.get(key);
    if (other === undefined || RANKS[other.type] < RANKS[record.type]) spans.set(key, record);
  }
  return [...spans.values()];
}

/** The strongest claim, then the earliest start, then the lowest id; of one span the record that knows the most. */
function byClaim(a: TraceRecord, b: TraceRecord): number {
  if (a.root !== b.root) return b.root - a.root;
  if (a.start !== b.start) return a.start < b.start ? -1 : 1;
  if (a.span_id !== b.span_id) return a.span_id < b.span_id ? -1 : 1;
  return RANKS[b.type] - RANKS[a.type];
}

function toTrace(records: readonly TraceRecord[], spans: readonly TraceRecord[]): Row {
  const header = records.toSorted(byClaim)[0] as TraceRecord;
  const isRoot = header.root > 0;
  const starts = records.map(({ start }) => start).sort();
  const counted = spans.filter(({ counts_usage }) => counts_usage);
  const scores = records.flatMap(({ scores, root }) =>
    root > 0 ? (JSON.parse(scores ?? "[]") as { name: string }[]) : [],
  );
  const started = records.find(
    ({ type, span_id, start }) => type === "started" && span_id === header.span_id && start === header.start,
  );
  return {
    trace_id: header.trace_id,
    pipeline_name: header.pipeline,
    status: isRoot ? header.status : "running",
    status_rank: isRoot ? RANKS[header.type] : 0,
    root_claim: header.root,
    root_span: header.span_id,
    service_name: header.service,
    telegram_id: header.telegram_id,
    user_id: header.user_id,
    session_id: header.session_id,
    tags: header.tags,
    metadata: header.metadata,
    name: header.name,
    start_time: header.start,
    duration_us: isRoot ? text(header.duration_us) : null,
    error_type: isRoot ? header.error_type : null,
    error_message: isRoot ? header.error_message : null,
    first_time: starts[0] as string,
    last_time: starts.at(-1) as string,
    span_count: String(spans.length),
    error_count: String(spans.filter(({ status }) => status === "error").length),
    input_tokens: sum(counted.map(({ input_tokens }) => text(input_tokens))),
    output_tokens: sum(counted.map(({ output_tokens }) => text(output_tokens))),
    cost_usd: sum(counted.map(({ cost_usd }) => cost_usd)),
    models: [...new Set(spans.flatMap(({ model }) => model ?? []))].sort(),
    scores: [...new Map(scores.map((score) => [score.name, JSON.stringify(score)])).values()].sort(),
    // What it was given, told while it runs and in case it never ends.
    started_input: header.type !== "span" && started ? started.input : null,
    has_started: header.type !== "span" && started !== undefined,
  };
}

function toSpan(record: TraceRecord): Row {
  const {
    trace_id,
    span_id,
    start,
    parent_span_id,
    root,
    pipeline,
    agent,
    name,
    kind,
    status,
    operation,
    provider,
  } = record;
  const { model, cost_source, counts_usage, error_type, error_message, error_stack, fingerprint } = record;
  const { input, output, attributes, events, links, clamped } = record;
  return {
    ...{
      trace_id,
      span_id,
      start_time: start,
      parent_span_id,
      root_claim: root,
      pipeline_name: pipeline,
      agent,
      name,
    },
    ...{ kind, status, duration_us: text(record.duration_us), operation, provider, model },
    ...{ input_tokens: text(record.input_tokens), output_tokens: text(record.output_tokens) },
    ...{
      cost_usd: sum([record.cost_usd]),
      cost_source,
      counts_usage,
      error_type,
      error_message,
      error_stack,
    },
    ...{ fingerprint, input, output, attributes, events, links, clamped },
  };
}

interface Group {
  key: Row;
  members: { span: TraceRecord; called: boolean }[];
}

function toFigures(spans: readonly TraceRecord[]): Row[] {
  const groups = new Map<string, Group>();
  for (const span of spans) {
    const dimensions: [string, string | null, boolean][] = [
      ["pipeline", span.pipeline, span.root >= 2],
      ["agent", span.agent, span.kind === "agent"],
      ["model", span.model, span.kind === "llm"],
    ];
    for (const [dimension, name, called] of dimensions) {
      if (dimension !== "pipeline" && (name === null || !(called || span.counts_usage))) continue;
      const key = {
        hour: `${span.start.slice(0, 13)}:00:00.000000Z`,
        pipeline_name: span.pipeline,
        dimension,
        name,
      };
      const id = JSON.stringify(key);
      const group: Group = groups.get(id) ?? { key, members: [] };
      group.members.push({ span, called });
      groups.set(id, group);
    }
  }
  return [...groups.values()].map(({ key, members }) => {
    const calls = members.filter(({ called }) => called);
    const counted = members.filter(({ span }) => span.counts_usage).map(({ span }) => span);
    return {
      ...key,
      spans: String(members.length),
      calls: String(calls.length),
      errors: String(calls.filter(({ span }) => span.status === "error").length),
      input_tokens: sum(counted.map(({ input_tokens }) => text(input_tokens))),
      output_tokens: sum(counted.map(({ output_tokens }) => text(output_tokens))),
      cost_usd: sum(counted.map(({ cost_usd }) => cost_usd)),
      // In all buckets together; which one a duration is in, `stats` is asked about.
      timed: String(calls.length),
    };
  });
}

const FRACTION = 24;

/** The exact sum of decimals, without trailing zeros; null when there is none. */
function sum(decimals: readonly (string | null)[]): string | null {
  const known = decimals.filter((decimal) => decimal !== null);
  if (known.length === 0) return null;
  const scaled = known.map((decimal) => {
    const [whole = "0", fraction = ""] = decimal.split(".");
    return BigInt(whole + fraction.padEnd(FRACTION, "0"));
  });
  const digits = String(scaled.reduce((total, amount) => total + amount, 0n)).padStart(FRACTION + 1, "0");
  const fraction = digits.slice(-FRACTION).replace(/0+$/, "");
  return digits.slice(0, -FRACTION) + (fraction === "" ? "" : `.${fraction}`);
}

function text(value: number | null): string | null {
  return value === null ? null : String(value);
}

function byText(a: Row, b: Row): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : Number(left > right);
}

const iso = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** What stands in the tables, as SQL tells it. */
export async function storedTables(
  judge: Judge,
  traceIds: readonly string[],
  prefix: string,
): Promise<Tables> {
  const traces = await judge.rows(
    `SELECT replace(trace_id::text, '-', '') AS trace_id, pipeline_name, status, status_rank, root_claim,
       encode(root_span, 'hex') AS root_span, service_name, telegram_id, user_id, session_id, tags, metadata, name,
       ${iso("start_time")} AS start_time, duration_us::text, error_type, error_message, ${iso("first_time")} AS first_time,
       ${iso("last_time")} AS last_time, span_count::text, error_count::text, input_tokens::text, output_tokens::text,
       trim_scale(cost_usd)::text AS cost_usd, models, scores,
       CASE WHEN started_root ->> 'spanId' = encode(root_span, 'hex') THEN started_root ->> 'input' END AS started_input,
       coalesce(started_root ->> 'spanId' = encode(root_span, 'hex'), false) AS has_started
     FROM tracing.traces WHERE trace_id = ANY ($1::uuid[]) ORDER BY trace_id`,
    [traceIds],
  );
  const spans = await judge.rows(
    `SELECT replace(trace_id::text, '-', '') AS trace_id, encode(span_id, 'hex') AS span_id,
       ${iso("start_time")} AS start_time, encode(parent_span_id, 'hex') AS parent_span_id, root_claim, pipeline_name, agent,
       name, kind, status, duration_us::text, operation, provider, model, input_tokens::text, output_tokens::text,
       trim_scale(cost_usd)::text AS cost_usd, cost_source, counts_usage, error_type, error_message, error_stack,
       fingerprint, input, output, attributes, events, links, clamped
     FROM tracing.spans WHERE trace_id = ANY ($1::uuid[])`,
    [traceIds],
  );
  const figures = await judge.rows(
    `SELECT ${iso("hour")} AS hour, pipeline_name, dimension, name, sum(spans)::text AS spans, sum(calls)::text AS calls,
       sum(errors)::text AS errors, sum(input_tokens)::text AS input_tokens, sum(output_tokens)::text AS output_tokens,
       trim_scale(sum(cost_usd))::text AS cost_usd, coalesce(sum(calls) FILTER (WHERE bucket IS NOT NULL), 0)::text AS timed
     FROM tracing.span_stats WHERE starts_with(pipeline_name, $1) GROUP BY hour, pipeline_name, dimension, name`,
    [prefix],
  );
  const sortScores = ({ scores, models, ...row }: Record<string, unknown>) => ({
    ...(row as Row),
    models: [...(models as string[])].sort(),
    scores: (scores as object[]).map((score) => JSON.stringify(inOrder(score))).sort(),
  });
  return {
    traces: traces.map(sortScores),
    spans: (spans as Row[]).sort(byText),
    figures: (figures as Row[]).sort(byText),
  };
}

/** Members in the order in which records have them; `jsonb` has one of its own. */
function inOrder(score: object): object {
  const { name, value, comment } = score as Record<string, unknown>;
  return { name, value, comment };
}
