import fc from "fast-check";
import type { RecordKind, RootClaim, TraceRecord } from "../../src/record/record.ts";
import { sampleRecord } from "../support/sample-record.ts";

/** Text as a record holds it: well-formed and without NUL. */
const storable = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom("a", "b", "ä", "🙂", "'", "%", "\\", '"'),
  )
  .map((text) => text.toWellFormed().replaceAll("\0", "\u2400"));
const name = storable.filter((text) => text !== "");
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

/** Among them those that a clock out of range is brought to. */
const DAYS = [
  "2000-01-01T00",
  "2026-11-23T23",
  "2026-11-24T00",
  "2026-11-24T23",
  "2026-11-25T00",
  "2099-12-31T23",
];
const time = fc
  .tuple(fc.constantFrom(...DAYS), fc.nat(59), fc.oneof(fc.nat(2), fc.nat(59_999_999)))
  .map(([hour, minute, micros]) => {
    const seconds = String(Math.floor(micros / 1e6)).padStart(2, "0");
    return `${hour}:${String(minute).padStart(2, "0")}:${seconds}.${String(micros % 1e6).padStart(6, "0")}Z`;
  });

/** Whole and fraction, as they are written. */
const cost = fc.oneof(
  fc.constantFrom("0", "0.000000000001", "999999999999.999999999999"),
  fc
    .tuple(fc.nat(1_000), fc.nat(999_999))
    .map(([whole, micros]) => `${whole}.${String(micros).padStart(6, "0")}`),
);

const kinds: readonly RecordKind[] = ["pipeline", "agent", "llm", "tool", "step", "client"];
const failure = fc.record({
  status: fc.constant("error" as const),
  error_type: optional(name),
  error_message: optional(name),
  error_stack: optional(name),
  fingerprint: fc.constantFrom("0123456789abcdef", "fedcba9876543210"),
});
const success = fc.constant({ status: "ok" as const });

const content = fc.record({
  pipeline: fc.constantFrom("learn", "train"),
  agent: optional(fc.constantFrom("trainer", "memory")),
  service: optional(name),
  name: storable,
  kind: fc.constantFrom(...kinds),
  start: time,
  duration_us: fc.oneof(fc.nat(5), fc.nat(2 ** 31 - 1), fc.constantFrom(0, 3_155_760_000_000_000)),
  telegram_id: optional(name),
  user_id: optional(name),
  session_id: optional(name),
  tags: fc.array(name, { maxLength: 3 }),
  metadata: optional(fc.json()),
  operation: optional(fc.constantFrom("chat", "invoke_agent")),
  provider: optional(name),
  model: optional(fc.constantFrom("small", "large", "Größe", "m m")),
  input_tokens: optional(fc.oneof(fc.nat(1_000), fc.constant(Number.MAX_SAFE_INTEGER))),
  output_tokens: optional(fc.nat(1_000)),
  cost_usd: optional(cost),
  cost_source: optional(fc.constantFrom("provider", "genai-prices 1")),
  counts_usage: fc.boolean(),
  input: optional(fc.json()),
  output: optional(fc.json()),
  attributes: optional(fc.constantFrom('{"a":1}', '{"b":"\\u0000\\ud800"}')),
  events: optional(fc.constant('[{"name":"e","time":"2026-11-24T10:00:00.000000Z","attributes":{}}]')),
  links: optional(fc.constant("[]")),
  clamped: optional(fc.subarray(["start", "end", "tags"], { minLength: 1 })),
});

/** Which records of a span arrive: those of roots may come before they end, and when their process has died. */
const ARRIVALS = [
  ["span"],
  ["started", "span"],
  ["started"],
  ["started", "interrupted"],
  ["interrupted"],
] as const;

interface Member {
  trace: number;
  span: number;
  parent: number | null;
  root: RootClaim;
  arrives: readonly TraceRecord["type"][];
  fields: Partial<TraceRecord>;
}

const member = fc
  .record({
    trace: fc.nat(2),
    span: fc.nat(7),
    parent: optional(fc.nat(7)),
    root: fc.constantFrom<RootClaim>(0, 0, 0, 1, 2, 3),
    arrives: fc.constantFrom(...ARRIVALS),
    fields: fc
      .tuple(content, fc.oneof(success, success, failure))
      .map(([said, ended]): Partial<TraceRecord> => ({ ...said, ...ended })),
    scored: fc.boolean(),
  })
  .map(
    ({ scored, fields, ...rest }): Member => ({
      ...rest,
      fields: scored ? { ...fields, scores: scoreOf(rest) } : fields,
    }),
  );

/** A score that no other span gives. */
function scoreOf({ span, root }: Pick<Member, "span" | "root">): string {
  return JSON.stringify([{ name: `quality ${root}/${span}`, value: span / 2, comment: "\u2400" }]);
}

/** Records of up to three traces, and the ways in which they arrive. */
export interface RecordSet {
  /** The records, of traces with these ids and of pipelines whose names begin so. */
  records(traceIds: readonly string[], prefix: string): TraceRecord[];
  arrivals: readonly Arrival[];
}

/** In which order records come, which come again, and how many make a batch. */
export interface Arrival {
  ranks: readonly number[];
  /** Of which record, and behind how many. */
  again: readonly (readonly [record: number, at: number])[];
  batchSizes: readonly number[];
}

const arrival: fc.Arbitrary<Arrival> = fc.record({
  ranks: fc.array(fc.nat(20), { minLength: 30, maxLength: 30 }),
  again: fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { maxLength: 5 }),
  batchSizes: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 12 }),
});

const members = fc.uniqueArray(member, {
  minLength: 1,
  maxLength: 10,
  // A span that is no run may come with an id that another had at another time.
  selector: ({ trace, span, root, fields }) => `${trace} ${span} ${root > 0 ? "a run" : fields.start}`,
});

export const recordSet: fc.Arbitrary<RecordSet> = fc
  .tuple(members, arrival, arrival)
  .map(([of, ...arrivals]) => {
    const records = (traceIds: readonly string[], prefix: string) =>
      oneRun(of).flatMap((each) => toRecords(each, traceIds[each.trace] ?? "", prefix));
    const shown = () => {
      const all = records(["A", "B", "C"], "");
      return `${JSON.stringify(all)} as ${JSON.stringify(arrivals.map((each) => toBatches(all.map(headOf), each)))}`;
    };
    return { records, arrivals, [fc.toStringMethod]: shown };
  });

/** One run of a trace says that it has started, and gives the scores; of others only their ends are told. */
function oneRun(of: readonly Member[]): Member[] {
  const found = new Set<number>();
  return of.map((each) => {
    if (each.root > 1 && !found.has(each.trace)) {
      found.add(each.trace);
      return each;
    }
    const arrives = each.arrives.filter((type) => type !== "started");
    return {
      ...each,
      arrives: arrives.length > 0 ? arrives : ["span"],
      fields: { ...each.fields, scores: null },
    };
  });
}

function headOf({ type, trace_id, span_id }: TraceRecord): string {
  return `${type} ${trace_id}/${span_id.slice(-2)}`;
}

const spanId = (span: number) => (span * 0x1111_1111).toString(16).padStart(16, "0");

function toRecords(
  { trace: _, span, parent, root, arrives, fields }: Member,
  traceId: string,
  prefix: string,
) {
  const ended = sampleRecord({
    ...fields,
    trace_id: traceId,
    // Ids of runs are no other spans'.
    span_id: spanId(root > 0 ? span + 8 : span),
    parent_span_id: parent === null ? null : spanId(parent),
    root,
    pipeline: `${prefix}${fields.pipeline}`,
    scores: fields.scores ?? null,
  });
  const unended = { error_type: null, error_message: null, error_stack: null, fingerprint: null };
  const forms: Readonly<Record<TraceRecord["type"], TraceRecord>> = {
    span: ended,
    started: {
      ...ended,
      ...unended,
      type: "started",
      status: "running",
      end: null,
      duration_us: null,
      output: null,
      scores: null,
    },
    interrupted: { ...ended, ...unended, type: "interrupted", status: "interrupted", input: null },
  };
  return arrives.map((type) => forms[type]);
}

/** What arrives, batch by batch. */
export function toBatches<T>(all: readonly T[], { ranks, again, batchSizes }: Arrival): T[][] {
  const inOrder = [...all.keys()].sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0) || a - b);
  const order = again.reduce((sofar, [record, at]) => sofar.toSpliced(at, 0, record % all.length), inOrder);
  const arriving = order.map((index) => all[index] as T);
  const batches: T[][] = [];
  for (let at = 0, batch = 0; at < arriving.length; batch++) {
    const size = batchSizes[batch] ?? 3;
    batches.push(arriving.slice(at, at + size));
    at += size;
  }
  return batches;
}
