import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeRecord } from "../../src/record/to-record.ts";
import { RawJson, type RpcArgs, StoreError } from "../../src/store/store-client.ts";
import { PROPERTY_TIMEOUT_MS, runs } from "../support/property-runs.ts";
import { sampleModelCall, sampleRecord } from "../support/sample-record.ts";
import { useJudge } from "./database.ts";

const judge = useJudge();

/** What nobody would say: of the wrong type, out of range, of no meaning, or not to be stored. */
const nonsense: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e30,
    -1e300,
    2 ** 53,
    "",
    " ",
    "x",
    "NaN",
    "-Infinity",
  ),
  fc.constantFrom<unknown>(
    "\0",
    "a\0b",
    "\ud800",
    "'; DROP SCHEMA tracing; --",
    "%",
    "\\",
    "[]",
    "{}",
    '{"a":',
    "é",
  ),
  fc.constantFrom<unknown>(
    "2026-13-45",
    "2026-11-24",
    "infinity",
    "-infinity",
    "0044-03-15 BC",
    "99999-01-01",
    "24:00",
  ),
  fc.constantFrom<unknown>(
    [],
    [[]],
    [null],
    [["a"], ["b", "c"]],
    {},
    { a: 1 },
    "{a,b}",
    "0".repeat(32),
    "f".repeat(16),
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** A record of which some members are nonsense, missing, or of another format. */
const brokenRecord = fc
  .tuple(
    fc.boolean(),
    fc.dictionary(fc.constantFrom(...Object.keys(sampleRecord())), nonsense, { maxKeys: 3 }),
    fc.subarray(Object.keys(sampleRecord()), { maxLength: 2 }),
  )
  .map(([isCall, members, missing]) => {
    const record: Record<string, unknown> = {
      ...(isCall ? sampleModelCall(sampleRecord()) : sampleRecord()),
      ...members,
    };
    for (const name of missing) delete record[name];
    return JSON.stringify(record);
  });

const soundRecord = fc.constant(0).map(() => encodeRecord(sampleRecord()));
const batch = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(fc.oneof(soundRecord, brokenRecord), { maxLength: 4 })
      .map((of) => `[${of.join(",")}]`),
  },
  { weight: 2, arbitrary: nonsense.map((value) => JSON.stringify(value) ?? "") },
  { weight: 1, arbitrary: fc.array(nonsense, { maxLength: 3 }).map((items) => JSON.stringify(items)) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
);

const CONDITIONS = [
  ...[
    "pipelineName",
    "status",
    "telegramId",
    "userId",
    "sessionId",
    "serviceName",
    "model",
    "tag",
    "since",
    "until",
  ],
  ...[
    "minDurationMs",
    "maxDurationMs",
    "minCostUsd",
    "text",
    "limit",
    "cursor",
    "bucket",
    "traceId",
    "before",
    "dryRun",
  ],
];
const cursorLike = fc.constantFrom(
  "2026-11-24T10:00:00.000000Z_00000000-0000-0000-0000-000000000000",
  "2026-99-24T10:00:00.000000Z_00000000-0000-0000-0000-000000000000",
  `2026-11-24T10:00:00.000000Z_${"-".repeat(36)}`,
);
const filter = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.dictionary(fc.constantFrom(...CONDITIONS), fc.oneof(nonsense, nonsense, cursorLike), {
      maxKeys: 3,
    }),
  },
  { weight: 1, arbitrary: nonsense },
);
const asJson = (value: unknown) => new RawJson(JSON.stringify(value) ?? "null");

/** What everything that is stored comes to; a day's partition is a row too. */
async function everything(): Promise<unknown> {
  const [row] = await judge().rows(
    `SELECT (SELECT count(*) FROM tracing.traces)::int AS traces, (SELECT count(*) FROM tracing.spans)::int AS spans,
       (SELECT count(*) FROM tracing.span_stats)::int AS figures, (SELECT count(*) FROM pg_inherits)::int AS parts,
       (SELECT md5(string_agg(t::text, ',' ORDER BY trace_id)) FROM tracing.traces t) AS content`,
  );
  return row;
}

/** The answer of a function, or undefined when it refused for a reason that is the caller's. */
async function ask(fn: string, args: RpcArgs): Promise<{ answer: unknown } | undefined> {
  try {
    return { answer: await judge().client.rpc(fn, args) };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    expect(error.code, error.message).toMatch(/^(22|23)...$|^P0001$/);
    expect(error.kind).toBe("rejected");
    return undefined;
  }
}

/** Whether a batch holds a record of a format that the schema cannot know. */
function isOfAnotherFormat(batch: string): boolean {
  const records: unknown = JSON.parse(batch);
  return Array.isArray(records) && records.some(({ v }: { v?: unknown }) => String(v) !== "1");
}

describe("nonsense", () => {
  it("as a batch is refused as a whole, or stored and counted", {
    timeout: PROPERTY_TIMEOUT_MS,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(batch, async (text) => {
        const before = await everything();
        const told = await ask("ingest", { batch: new RawJson(text) });
        const after = await everything();
        if (told === undefined) {
          expect(after).toEqual(before);
          return;
        }
        if (isOfAnotherFormat(text)) expect(told.answer).toMatchObject({ unsupported: true });
        const { spans } = before as { spans: number };
        const { inserted = 0, unsupported = false } = told.answer as {
          inserted?: number;
          unsupported?: boolean;
        };
        expect(after).toMatchObject({ spans: spans + inserted });
        if (unsupported) expect(after).toEqual(before);
      }),
      runs(250),
    );
    // Whatever was stored can be read.
    const traces = await judge().rows("SELECT replace(trace_id::text, '-', '') AS id FROM tracing.traces");
    expect(traces.length).toBeGreaterThan(0);
    for (const { id } of traces)
      expect(await judge().client.rpc("get_trace", { trace_id: id })).toMatchObject({ traceId: id });
    expect(await judge().client.rpc("list_traces", {})).toHaveProperty("traces");
    expect(await judge().client.rpc("stats", {})).toHaveProperty("count");
  });

  it.each([
    ["list_traces", "traces"],
    ["stats", "byTime"],
    ["delete_traces", "traces"],
  ])("as a filter of %s is refused, or means something", async (fn, member) => {
    await fc.assert(
      fc.asyncProperty(filter, async (given) => {
        const told = await ask(fn, { filter: asJson(given) });
        if (told) expect(told.answer).toHaveProperty(member);
      }),
      runs(120),
    );
  });

  it("as a filter of errors, as options, ids and scores is refused, or means something", {
    timeout: PROPERTY_TIMEOUT_MS,
  }, async () => {
    const text = fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.constant("0".repeat(32)));
    await fc.assert(
      fc.asyncProperty(filter, nonsense, text, text, async (given, value, traceId, spanId) => {
        const errors = await ask("errors", { filter: asJson(given) });
        if (errors) expect(Array.isArray(errors.answer)).toBe(true);
        const score = asJson({ name: value, value: given });
        for (const body of [score, asJson(value)]) {
          const scored = await ask("score", { trace_id: traceId, score: body });
          if (scored) expect(scored.answer).toBe(false);
        }
        await ask("get_trace", { trace_id: traceId, options: asJson(given) });
        await ask("get_span", { trace_id: traceId, span_id: spanId });
        await ask("maintain", { options: asJson({ retentionDays: value }) });
      }),
      runs(80),
    );
  });
});
