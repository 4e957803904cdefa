import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordGeneration } from "../../src/core/generation.ts";
import { TraceContext, type TraceContextOptions } from "../../src/core/trace-context.ts";
import { tracedSpan } from "../../src/core/traced-span.ts";
import { startTracing, type Tracing } from "../../src/start-tracing.ts";
import { PROPERTY_TIMEOUT_MS, runs } from "../support/property-runs.ts";
import { useJudge } from "./database.ts";
import { difference, type Kept } from "./kept.ts";
import {
  box,
  type Call,
  callsOf,
  type Generation,
  keptBox,
  keptInput,
  type Program,
  program,
  type Thrown,
} from "./programs.ts";
import { storedHeader, storedText } from "./stored-text.ts";

const judge = useJudge();
const dataDir = mkdtempSync(join(tmpdir(), "traced-calls-"));
const lines: string[] = [];
let tracing: Tracing;

beforeAll(async () => {
  const log = (line: string) => lines.push(line);
  tracing = await startTracing({
    serviceName: "fuzz",
    databaseUrl: judge().url,
    dataDir,
    otlp: false,
    logger: { info: log, warn: log },
    collector: { lingerMs: 1 },
  });
});
afterAll(async () => {
  await tracing?.shutdown();
  rmSync(dataDir, { recursive: true, force: true });
});

const prototypes = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  Map.prototype,
  Promise.prototype,
  Error.prototype,
];
const ownKeys = () => prototypes.map((prototype) => Reflect.ownKeys(prototype).length);

/** Makes a call and those within it; whatever passes through must be the same object as before. */
async function make(call: Call, numbers: Map<Call, number>): Promise<void> {
  const given = call.args.map((arg) => (call.boxed ? box(arg) : arg.value));
  const returned = call.boxed ? box(call.returns) : call.returns.value;
  const attributes = Object.fromEntries(call.attributes.map(({ name, value }) => [name, value]));
  const end = () => {
    if (call.throws) throw call.throws.error;
    return returned;
  };
  const begin = (args: readonly unknown[]) => {
    for (const arg of args) if (call.boxed) change(arg as ReturnType<typeof box>);
    if (call.generation) recordGeneration(toGeneration(call.generation));
  };
  const body = call.isAsync
    ? async (...args: unknown[]) => {
        begin(args);
        for (const inner of call.calls) await make(inner, numbers);
        return box0(end());
      }
    : (...args: unknown[]) => {
        begin(args);
        return end();
      };
  const traced = tracedSpan(call.name, {
    attributes: { ...attributes, "test.call": numbers.get(call) } as never,
    ...(call.isAsync && { captureOutput: (result: unknown) => (result as { inner: unknown }).inner }),
  })(body);
  let caught: Thrown | undefined;
  try {
    const result: unknown = traced(...given);
    const value = call.isAsync ? ((await result) as { inner: unknown }).inner : result;
    expect(Object.is(value, returned)).toBe(true);
    if (call.boxed) change(returned as ReturnType<typeof box>);
  } catch (error) {
    caught = { error, message: undefined };
  }
  expect(caught === undefined, "throws").toBe(call.throws === undefined);
  if (caught && call.throws) expect(Object.is(caught.error, call.throws.error)).toBe(true);
  if (!call.isAsync) for (const inner of call.calls) await make(inner, numbers);
}

/** A promise resolves to what a thenable says; in a box, anything can be passed on. */
function box0(inner: unknown): { inner: unknown } {
  return { inner };
}

function change(changing: ReturnType<typeof box>): void {
  changing.value = "changed";
  changing.notes.push("later");
}

function toGeneration({ inputTokens, outputTokens, costUsd, messages }: Generation) {
  const usage = { inputTokens, outputTokens };
  return { provider: "nobody", model: "none", usage, costUsd, inputMessages: messages.value } as never;
}

/** Runs a program; resolves to the id of its trace. */
async function perform(made: Program, numbers: Map<Call, number>): Promise<string> {
  const { pipelineName, ids, tags, metadata, input, output, scores, calls, throws } = made;
  const values = Object.fromEntries(Object.entries(ids).map(([name, { value }]) => [name, value]));
  const options = { pipelineName, tags, metadata: metadata.value, input: input.value, ...values } as unknown;
  let traceId = "";
  const run = TraceContext.run(options as TraceContextOptions, async (trace) => {
    traceId = trace.traceId;
    for (const { name, value, comment } of scores) trace.score(name, value, comment);
    for (const call of calls) await make(call, numbers);
    trace.setOutput(output.value);
    if (throws) throw throws.error;
  });
  const failure = await run.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  expect(failure === undefined).toBe(throws === undefined);
  if (failure && throws) expect(Object.is(failure.error, throws.error)).toBe(true);
  return traceId;
}

type Row = Record<string, unknown>;

const count = (value: unknown) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : null;
const total = (values: readonly (bigint | null)[]) =>
  values.reduce((sum, value) => (value === null ? sum : (sum ?? 0n) + value), null);
const written = (value: bigint | null) => (value === null ? null : String(value));

function expectContent(row: Row, column: string, kept: Kept | undefined): void {
  const json = row[column];
  if (kept === undefined) return expect(json, column).toBeNull();
  const { attributes } = row as { attributes: string };
  const cut = `tracing.${column}.truncated` in JSON.parse(attributes ?? "{}");
  expect(difference(JSON.parse(String(json)), kept, cut), column).toBeUndefined();
}

function expectFailure(row: Row, throws: Thrown | undefined): void {
  expect(row.status).toBe(throws ? "error" : "ok");
  if (throws?.message !== undefined) expect(row.error_message).toBe(storedText(throws.message, 8_192));
}

function expectCall(row: Row | undefined, call: Call): void {
  if (!row) throw new Error(`no row of ${call.name}`);
  expect(row.name).toBe(storedHeader(call.name));
  expectContent(row, "input", keptInput(call));
  const isVoid = call.throws !== undefined || (!call.boxed && call.returns.absent);
  expectContent(row, "output", isVoid ? undefined : call.boxed ? keptBox(call.returns) : call.returns.kept);
  expectFailure(row, call.throws);
  const stored: Row = JSON.parse(String(row.attributes));
  for (const { name, value, taken } of call.attributes) {
    const clean = (one: unknown) => (typeof one === "string" ? storedText(one, 50_000) : one);
    expect(stored[name], name).toEqual(
      taken ? (Array.isArray(value) ? value.map(clean) : clean(value)) : undefined,
    );
  }
  const { generation } = call;
  expect(row.counts_usage).toBe(generation !== undefined);
  if (!generation) return;
  expect([row.input_tokens, row.output_tokens]).toEqual([
    written(count(generation.inputTokens)),
    written(count(generation.outputTokens)),
  ]);
  expect(row.cost_micros).toBe(generation.micros === undefined ? null : String(generation.micros));
  const messages = stored["gen_ai.input.messages"];
  if (generation.messages.absent) expect(messages).toBeUndefined();
  else expect(difference(JSON.parse(String(messages)), generation.messages.kept, true)).toBeUndefined();
}

function expectTrace(row: Row, made: Program, calls: readonly Call[]): void {
  const { ids, tags, metadata, scores, throws } = made;
  const idOf = ({ value }: { value: unknown }) => {
    const isId = typeof value === "string" || typeof value === "bigint" || Number.isFinite(value);
    return isId ? storedHeader(String(value)) : null;
  };
  const generations = calls.flatMap(({ generation }) => generation ?? []);
  const labels = new Set(tags.filter((tag) => tag !== "").map((tag) => storedText(tag, 50_000)));
  const latest = new Map(scores.map(({ name, value, comment }) => [name, { value, comment }]));
  expect(row).toMatchObject({
    pipeline_name: storedHeader(made.pipelineName),
    status: throws ? "error" : "ok",
    user_id: idOf(ids.userId),
    telegram_id: idOf(ids.telegramId),
    session_id: idOf(ids.sessionId),
    tags: [...labels].map((label) => storedText(label)),
    span_count: String(calls.length + 1),
    error_count: String(calls.filter((call) => call.throws).length + (throws ? 1 : 0)),
    input_tokens: written(total(generations.map(({ inputTokens }) => count(inputTokens)))),
    output_tokens: written(total(generations.map(({ outputTokens }) => count(outputTokens)))),
    cost_micros: written(
      total(generations.map(({ micros }) => (micros === undefined ? null : BigInt(micros)))),
    ),
  });
  expectContent({ ...row, attributes: "{}" }, "metadata", metadata.absent ? undefined : metadata.kept);
  const stored = row.scores as { name: string; value: number; comment: string | null }[];
  const wanted = [...latest].map(([name, { value, comment }]) => ({
    name: storedText(name),
    value: Object.is(value, -0) ? 0 : value,
    comment: comment === undefined ? null : storedText(comment, 8_192) || null,
  }));
  const byName = (a: { name: string }, b: { name: string }) =>
    a.name < b.name ? -1 : Number(a.name > b.name);
  expect(stored.toSorted(byName)).toEqual(wanted.toSorted(byName));
}

const MICROS = (column: string) => `trim_scale(${column} * 1000000)::text AS cost_micros`;

describe("traced calls", () => {
  it("pass on what they were given, and leave one faithful row each", {
    timeout: PROPERTY_TIMEOUT_MS,
  }, async () => {
    const before = ownKeys();
    await fc.assert(
      fc.asyncProperty(program, async (made) => {
        const calls = callsOf(made.calls);
        const traceId = await perform(made, new Map(calls.map((call, index) => [call, index])));
        expect(ownKeys()).toEqual(before);
        await tracing.forceFlush();
        const { pending, deadLettered, dropped } = tracing.stats();
        expect([pending, deadLettered, dropped], lines.join("\n")).toEqual([0, 0, {}]);
        const spans = await judge().rows(
          `SELECT name, status, input, output, attributes, error_message, counts_usage, input_tokens::text,
             output_tokens::text, ${MICROS("cost_usd")}, root_claim FROM tracing.spans WHERE trace_id = $1::uuid`,
          [traceId],
        );
        expect(spans).toHaveLength(calls.length + 1);
        const numbered = new Map(spans.map((row) => [JSON.parse(String(row.attributes))["test.call"], row]));
        for (const [index, call] of calls.entries()) expectCall(numbered.get(index), call);
        const root = spans.find(({ root_claim }) => root_claim === 3) as Row;
        expectContent(root, "input", made.input.absent ? undefined : made.input.kept);
        expectContent(root, "output", made.output.absent ? undefined : made.output.kept);
        expectFailure(root, made.throws);
        const [trace] = await judge().rows(
          `SELECT *, span_count::text, error_count::text, input_tokens::text, output_tokens::text, ${MICROS("cost_usd")}
           FROM tracing.traces WHERE trace_id = $1::uuid`,
          [traceId],
        );
        expectTrace(trace ?? {}, made, calls);
      }),
      runs(60),
    );
  });
});
