import { type HrTime, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import fc from "fast-check";
import type { ReadableSpanLike } from "../../src/record/readable-span.ts";
import { type Specimen, specimen, text } from "./specimens.ts";

/** A span as some SDK may hand it over, whoever filled it in, and the parts that it was made of. */
export interface ForeignSpan {
  /** The span under ids of its own: a span that is stored already is not stored again. */
  withIds(traceId: string, spanId: string): ReadableSpanLike;
  /** Attributes that have no meaning of their own. */
  others: readonly (readonly [string, Specimen])[];
}

const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: digits, maxLength: digits });
/** In a box, since fast-check looks into what it makes. */
const plain = (arbitrary: fc.Arbitrary<unknown>) => arbitrary.map((value) => ({ value }));
const unboxed = (boxes: Readonly<Record<string, { value: unknown }>>) =>
  Object.fromEntries(Object.entries(boxes).map(([name, { value }]) => [name, value]));
const number = fc.oneof(
  fc.constantFrom(Number.NaN, Number("1e400"), Number("-1e400"), -1, -0, 0.5, 2 ** 53, 2 ** 64, 0),
  fc.nat(),
  fc.double(),
);

const NOW_S = Date.UTC(2026, 10, 24, 10) / 1000;
const time: fc.Arbitrary<HrTime> = fc.oneof(
  fc.tuple(fc.nat(100_000), fc.nat(999_999_999)).map(([s, ns]): HrTime => [NOW_S + s, ns]),
  fc.tuple(number, number).map(([s, ns]): HrTime => [s, ns]),
  fc.constantFrom<HrTime>(
    [0, 0],
    [NOW_S, -1],
    [NOW_S, 2 ** 40],
    [4_102_444_800, 0],
    [946_684_799, 999_999_999],
  ),
);

/** Names that mean something to the library, with whatever value. */
const known = fc.dictionary(
  fc.constantFrom(
    ...[
      "user.id",
      "session.id",
      "tracing.telegram.id",
      "tracing.pipeline.name",
      "tracing.tags",
      "tracing.metadata",
    ],
    ...[
      "tracing.scores",
      "tracing.input",
      "tracing.output",
      "tracing.cost.usd",
      "tracing.root",
      "tracing.span.kind",
    ],
    ...[
      "gen_ai.operation.name",
      "gen_ai.provider.name",
      "gen_ai.request.model",
      "gen_ai.response.model",
      "error.type",
    ],
    ...[
      "gen_ai.usage.input_tokens",
      "gen_ai.usage.output_tokens",
      "gen_ai.input.messages",
      "gen_ai.agent.name",
    ],
  ),
  fc.oneof(
    specimen,
    fc.array(specimen, { maxLength: 4 }).map((items) => ({ value: items.map(({ value }) => value) })),
    plain(fc.oneof(text, number, fc.json(), fc.constantFrom("chat", "1.5", true))),
  ),
  { maxKeys: 8 },
);

const others = fc.uniqueArray(
  fc.tuple(
    text.map((name) => `x.${name}`),
    specimen,
  ),
  {
    maxLength: 5,
    selector: ([name]) => name,
  },
);
const attributes = fc.dictionary(text, specimen, { maxKeys: 3 });

export const foreignSpan: fc.Arbitrary<ForeignSpan> = fc
  .record({
    parent: fc.option(fc.record({ spanId: hex(16), isRemote: fc.boolean() }), { nil: undefined }),
    name: fc.oneof(
      text,
      fc.nat(900).map((length) => "🙂".repeat(length)),
    ),
    kind: fc.integer({ min: -1, max: 9 }),
    startTime: time,
    endTime: time,
    status: fc.record({
      code: fc.constantFrom(0, 1, 2, SpanStatusCode.ERROR),
      message: fc.option(text, { nil: undefined }),
    }),
    known,
    others,
    events: fc.array(fc.record({ name: fc.oneof(text, fc.constant("exception")), time, attributes }), {
      maxLength: 3,
    }),
    links: fc.array(
      fc.record({ traceId: fc.oneof(hex(32), text), spanId: fc.oneof(hex(16), text), attributes }),
      { maxLength: 3 },
    ),
    service: specimen,
  })
  .map(({ parent, known: meaningful, others: rest, links, service, ...span }) => {
    const { code, message } = span.status;
    const withIds = (traceId: string, spanId: string): unknown => ({
      ...span,
      events: span.events.map((event) => ({ ...event, attributes: unboxed(event.attributes) })),
      status: { code, ...(message !== undefined && { message }) },
      spanContext: () => ({ traceId, spanId, traceFlags: TraceFlags.SAMPLED }),
      parentSpanContext: parent && { ...parent, traceId, traceFlags: TraceFlags.SAMPLED },
      attributes: { ...unboxed(Object.fromEntries(rest)), ...unboxed(meaningful) },
      links: links.map((link) => ({
        context: { ...link, traceFlags: 1 },
        attributes: unboxed(link.attributes),
      })),
      resource: { attributes: { "service.name": service.value } },
      instrumentationScope: { name: "somebody else's" },
    });
    // Values may throw when they are shown.
    const { name, kind, startTime, endTime } = span;
    const names = {
      known: Object.keys(meaningful),
      others: rest.map(([other]) => other),
      links: links.map(idsOf),
    };
    const shown = () => JSON.stringify({ name, kind, startTime, endTime, code, ...names });
    // What an SDK declares of its attributes, nobody holds it to.
    return { withIds: withIds as ForeignSpan["withIds"], others: rest, [fc.toStringMethod]: shown };
  });

function idsOf({ traceId, spanId }: { traceId: string; spanId: string }): string {
  return `${traceId}/${spanId}`;
}
