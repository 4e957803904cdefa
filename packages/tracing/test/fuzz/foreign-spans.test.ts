import { randomBytes } from "node:crypto";
import type { HrTime } from "@opentelemetry/api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveCaptureSettings } from "../../src/capture/settings.ts";
import type { ReadableSpanLike } from "../../src/record/readable-span.ts";
import { encodeRecord, toInterruptedRecord, toRecord, toStartedRecord } from "../../src/record/to-record.ts";
import { RawJson } from "../../src/store/store-client.ts";
import { PROPERTY_TIMEOUT_MS, runs } from "../support/property-runs.ts";
import { useJudge } from "./database.ts";
import { type ForeignSpan, foreignSpan } from "./foreign-spans.ts";
import { difference } from "./kept.ts";
import { storedHeader, storedText } from "./stored-text.ts";

const judge = useJudge();
const newId = (bytes: number) => randomBytes(bytes).toString("hex");
const settings = resolveCaptureSettings({}, {});
const EARLIEST = "2000-01-01T00:00:00.000000Z";
const LATEST = "2099-12-31T23:59:59.999999Z";

/** What capture allows for all parts of a record together. */
const MOST_BYTES = 1_000_000;
const ROWS = `
  SELECT replace(s.trace_id::text, '-', '') AS trace_id, encode(s.span_id, 'hex') AS span_id, s.name, s.status,
    encode(s.parent_span_id, 'hex') AS parent_span_id, tracing.iso(s.start_time) AS start, s.duration_us::text,
    (extract(epoch FROM s.start_time) * 1000000)::bigint::text AS start_us, s.input_tokens::text, s.output_tokens::text,
    s.clamped, s.attributes, s.input, s.output, s.events, s.links, t.metadata, t.user_id, t.service_name, t.tags,
    encode(t.root_span, 'hex') AS root_span_id
  FROM tracing.spans s JOIN tracing.traces t USING (trace_id) WHERE s.trace_id = ANY ($1::uuid[])`;

/** What becomes of a time, in microseconds; undefined of one that is none. */
function microsOf([seconds, nanos]: readonly [number, number]): number | undefined {
  const micros = Math.floor(seconds * 1_000_000 + Math.floor(nanos / 1000));
  if (!Number.isSafeInteger(micros)) return undefined;
  return Math.min(
    Math.max(micros, Date.parse(EARLIEST) * 1000),
    Date.parse("2100-01-01T00:00:00Z") * 1000 - 1,
  );
}

/** The items of a list; of one that lets nobody in, none. */
function listed(value: unknown): unknown[] {
  try {
    return Array.isArray(value) ? [...value] : [];
  } catch {
    return [];
  }
}

/** What SQL says of a stored span, where what it must say follows from the parts it was made of. */
function expectRow(
  row: Record<string, unknown> | undefined,
  span: ReadableSpanLike,
  others: ForeignSpan["others"],
): void {
  const { attributes } = span;
  const tags = listed(attributes["tracing.tags"]);
  const start = microsOf(span.startTime);
  const end = microsOf(span.endTime);
  const count = (value: unknown) =>
    Number.isSafeInteger(value) && Number(value) >= 0 ? String(value) : null;
  expect(row).toMatchObject({
    name: storedHeader(span.name) ?? "",
    status: span.status.code === 2 ? "error" : "ok",
    parent_span_id: span.parentSpanContext?.spanId ?? null,
    input_tokens: count(attributes["gen_ai.usage.input_tokens"]),
    output_tokens: count(attributes["gen_ai.usage.output_tokens"]),
  });
  expect(String(row?.start) >= EARLIEST && String(row?.start) <= LATEST, String(row?.start)).toBe(true);
  if (start !== undefined) expect(row?.start_us).toBe(String(start));
  if (start !== undefined && end !== undefined)
    expect(row?.duration_us).toBe(String(Math.max(0, end - start)));
  const isOutside =
    start === undefined ||
    start !== Math.floor(span.startTime[0] * 1e6 + Math.floor(span.startTime[1] / 1e3));
  expect((row?.clamped as string[] | null)?.includes("start") ?? false).toBe(isOutside);
  if (row?.root_span_id === row?.span_id) {
    expect(row).toMatchObject({
      user_id: storedHeader(attributes["user.id"]),
      service_name: storedHeader(span.resource.attributes["service.name"]),
      tags: [...new Set(tags)].slice(0, 64).flatMap((tag) => storedHeader(tag) ?? []),
    });
  }
  const stored: Record<string, unknown> = JSON.parse(String(row?.attributes ?? "{}"));
  const own = Object.fromEntries(
    Object.entries(stored).filter(([name]) => others.some(([other]) => other === name)),
  );
  const members = others.filter(([, { absent }]) => !absent).map(([name, { kept }]) => [name, kept] as const);
  expect(difference(own, { members })).toBeUndefined();
  for (const column of ["input", "output", "metadata", "events", "links"]) {
    const json = row?.[column];
    if (json !== null) expect(() => JSON.parse(String(json)), column).not.toThrow();
  }
  const links = JSON.parse(String(row?.links ?? "[]"));
  const named = span.links.map(({ context }) => ({
    traceId: storedText(context.traceId, 64),
    spanId: storedText(context.spanId, 64),
  }));
  expect(links).toMatchObject(named);
}

describe("any span of any SDK", () => {
  it("is stored as one row that is valid and faithful", { timeout: PROPERTY_TIMEOUT_MS }, async () => {
    const several = fc.array(foreignSpan, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(several, async (foreign) => {
        const spans = foreign.map((each) => each.withIds(newId(16), newId(8)));
        const batch = spans.map((span) => encodeRecord(toRecord(span, { settings })));
        for (const record of batch) expect(Buffer.byteLength(record)).toBeLessThan(MOST_BYTES);
        const answer = await judge().client.rpc("ingest", { batch: RawJson.arrayOf(batch) });
        expect(answer).toEqual({ inserted: spans.length, duplicates: 0 });
        const rows = await judge().rows(ROWS, [spans.map((span) => span.spanContext().traceId)]);
        expect(rows).toHaveLength(spans.length);
        for (const [index, span] of spans.entries()) {
          const row = rows.find(({ trace_id }) => trace_id === span.spanContext().traceId);
          expectRow(row, span, foreign[index]?.others ?? []);
        }
      }),
      runs(150),
    );
  });

  it("can be told of while it runs, and once its process has died", {
    timeout: PROPERTY_TIMEOUT_MS,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(foreignSpan, async ({ withIds }) => {
        const traceId = newId(16);
        const span = withIds(traceId, newId(8));
        const died: HrTime = [Number("1e400"), 0];
        for (const record of [
          toStartedRecord(span, { settings }),
          toInterruptedRecord(span, died, { settings }),
        ]) {
          await judge().client.rpc("ingest", { batch: RawJson.arrayOf([encodeRecord(record)]) });
          expect(await judge().client.rpc("get_trace", { trace_id: traceId })).toMatchObject({ traceId });
        }
      }),
      runs(60),
    );
  });
});
