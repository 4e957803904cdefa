import { SpanKind, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { peekRecord } from "../../src/record/peek.ts";
import { encodeRecord, toInterruptedRecord, toRecord, toStartedRecord } from "../../src/record/to-record.ts";
import { at, ended, exception, failed, foreign, recordOf, SPAN_ID, settings, TRACE_ID } from "./spans.ts";

const parent = { traceId: TRACE_ID, spanId: "00f067aa0ba902b7", traceFlags: TraceFlags.SAMPLED };

describe("identity", () => {
  it("is trace id, span id and a start frozen to the microsecond, with six digits", () => {
    const record = recordOf({ startTime: [Date.UTC(2026, 10, 24, 10) / 1000, 7_999] });
    expect(record).toMatchObject({
      v: 1,
      trace_id: TRACE_ID,
      span_id: SPAN_ID,
      start: "2026-11-24T10:00:00.000007Z",
    });
  });

  it("is the same in the started, the ended and the interrupted record of a span", () => {
    const span = ended();
    const options = { settings };
    const identities = [
      toStartedRecord(span, options),
      toRecord(span, options),
      toInterruptedRecord(span, at(5), options),
    ].map(({ trace_id, span_id, start, root, pipeline }) => ({ trace_id, span_id, start, root, pipeline }));
    expect(new Set(identities.map((identity) => JSON.stringify(identity))).size).toBe(1);
  });

  it("can be read from the encoded record without parsing it", () => {
    expect(peekRecord(encodeRecord(recordOf()))).toEqual({
      type: "span",
      traceId: TRACE_ID,
      spanId: SPAN_ID,
    });
  });

  it("is encoded on one line, whatever a name holds", () => {
    const encoded = encodeRecord(recordOf({ name: "two\nlines\u2028\0\ud800" }));
    expect(encoded).not.toMatch(/[\n\r\0]/);
    expect(JSON.parse(encoded).name).toBe("two\nlines\u2028\u2400\ufffd");
  });
});

describe("times", () => {
  it("give the duration in whole microseconds", () => {
    expect(recordOf({ endTime: at(1_500_001) })).toMatchObject({
      end: "2026-11-24T10:00:01.500001Z",
      duration_us: 1_500_001,
      clamped: null,
    });
  });

  it("never give a negative duration", () => {
    expect(recordOf({ startTime: at(10), endTime: at(3) })).toMatchObject({
      start: "2026-11-24T10:00:00.000010Z",
      end: "2026-11-24T10:00:00.000010Z",
      duration_us: 0,
      clamped: ["end"],
    });
  });

  it("out of range are brought into it and marked", () => {
    expect(recordOf({ startTime: [0, 0], endTime: [Date.UTC(2200, 0, 1) / 1000, 0] })).toMatchObject({
      start: "2000-01-01T00:00:00.000000Z",
      end: "2099-12-31T23:59:59.999999Z",
      clamped: ["start", "end"],
    });
  });

  it("that are no numbers count as now", () => {
    const record = recordOf({ startTime: [Number.NaN, 0], endTime: at(0) });
    expect(Math.abs(Date.parse(record.start) - Date.now())).toBeLessThan(60_000);
    expect(record.clamped).toContain("start");
  });

  it("of a running span end nowhere", () => {
    const record = toStartedRecord(ended(), { settings });
    expect(record).toMatchObject({ type: "started", status: "running", end: null, duration_us: null });
  });

  it("of a span that never ended end when that was noticed", () => {
    const record = toInterruptedRecord(ended(), at(2_000_000), { settings });
    expect(record).toMatchObject({ type: "interrupted", status: "interrupted", duration_us: 2_000_000 });
  });
});

describe("the claim to be the trace's root", () => {
  const root = { "tracing.root": true };
  it.each([
    ["a run without a parent", { attributes: root }, 3],
    ["a run under a foreign parent", { attributes: root, parentSpanContext: parent }, 2],
    ["any other span without a parent", {}, 1],
    ["a span under a parent in another service", { parentSpanContext: { ...parent, isRemote: true } }, 1],
    ["a child", { parentSpanContext: parent }, 0],
  ])("of %s is %s", (_, overrides, claim) => {
    expect(recordOf(overrides).root).toBe(claim);
  });

  it("comes with the pipeline's name: stated, of the trace it was started in, or the root's own", () => {
    const stated = { "tracing.pipeline.name": "train" };
    expect(recordOf({ attributes: stated }).pipeline).toBe("train");
    const child = ended({ name: "SELECT", parentSpanContext: parent });
    expect(toRecord(child, { settings, pipeline: "learn" }).pipeline).toBe("learn");
    expect(toRecord(child, { settings }).pipeline).toBeNull();
    expect(recordOf({ name: "GET /" }).pipeline).toBe("GET /");
  });

  it("names the parent", () => {
    expect(recordOf({ parentSpanContext: parent }).parent_span_id).toBe(parent.spanId);
    expect(recordOf().parent_span_id).toBeNull();
  });
});

describe("kind", () => {
  it.each(["pipeline", "agent", "llm", "tool", "retrieval", "step"])(
    "is %s when the span says so",
    (kind) => {
      const attributes = { "tracing.span.kind": kind, "gen_ai.operation.name": "chat" };
      expect(recordOf({ attributes, kind: SpanKind.CLIENT }).kind).toBe(kind);
    },
  );

  it.each([
    ["chat", "llm"],
    ["text_completion", "llm"],
    ["generate_content", "llm"],
    ["embeddings", "llm"],
    ["invoke_agent", "agent"],
    ["create_agent", "agent"],
    ["execute_tool", "tool"],
  ])("follows from the operation %s", (operation, kind) => {
    const attributes = { "gen_ai.operation.name": operation };
    expect(toRecord(foreign({ attributes, kind: SpanKind.CLIENT }), { settings }).kind).toBe(kind);
  });

  it.each([
    [SpanKind.INTERNAL, "step"],
    [SpanKind.SERVER, "server"],
    [SpanKind.CLIENT, "client"],
    [SpanKind.PRODUCER, "producer"],
    [SpanKind.CONSUMER, "consumer"],
    [99, "step"],
  ])("is OpenTelemetry's %s otherwise", (kind, name) => {
    expect(recordOf({ kind: kind as SpanKind }).kind).toBe(name);
  });

  it.each(["robot", "constructor", 7])("never is what nobody knows (%s)", (kind) => {
    const attributes = { "tracing.span.kind": kind, "gen_ai.operation.name": String(kind) };
    expect(recordOf({ attributes }).kind).toBe("step");
  });
});

describe("header texts", () => {
  it("say whose trace it is", () => {
    expect(
      recordOf({
        attributes: {
          "tracing.telegram.id": "42",
          "user.id": "9007199254740993",
          "session.id": "s-1",
          "tracing.tags": ["beta", "beta", "ru"],
          "tracing.metadata": '{"attempt":2}',
        },
      }),
    ).toMatchObject({
      telegram_id: "42",
      user_id: "9007199254740993",
      session_id: "s-1",
      tags: ["beta", "ru"],
      metadata: '{"attempt":2}',
      service: "bot",
    });
  });

  it("of a foreign span take the conversation for the session, and numbers for ids", () => {
    const attributes = { "gen_ai.conversation.id": "c-1", "user.id": 7 };
    expect(recordOf({ attributes })).toMatchObject({ session_id: "c-1", user_id: "7" });
  });

  it("are at most 512 bytes, and no character is cut in half", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 1_000 }), fc.nat(600), (tail, padding) => {
        const name = "é".repeat(padding) + tail;
        const record = recordOf({ name, attributes: { "user.id": name, "tracing.tags": [name] } });
        for (const text of [record.name, record.user_id, record.pipeline, ...record.tags]) {
          expect(Buffer.byteLength(text ?? "")).toBeLessThanOrEqual(512);
          expect((text ?? "").isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it("are redacted", () => {
    const secret = `sk-${"a1B2".repeat(10)}`;
    const record = recordOf({
      name: `call ${secret}`,
      attributes: { "user.id": secret, "tracing.tags": [secret], "session.id": secret },
    });
    expect(JSON.stringify(record)).not.toContain(secret);
  });

  it("are none where tags cannot be read, or are no texts", () => {
    const { proxy, revoke } = Proxy.revocable(["beta"], {});
    revoke();
    for (const [tags, kept] of [
      [proxy, []],
      [new Array(4_000_000_000), []],
      [
        [null, { a: 1 }, ["x"], 7, "ok"],
        ["7", "ok"],
      ],
    ] as const) {
      expect(recordOf({ attributes: { "tracing.tags": tags as never } }).tags).toEqual(kept);
    }
  });

  it("keep at most 64 tags, and say when there were more", () => {
    const tags = Array.from({ length: 70 }, (_, index) => `tag-${index}`);
    const record = recordOf({ attributes: { "tracing.tags": tags } });
    expect(record.tags).toEqual(tags.slice(0, 64));
    expect(record.clamped).toEqual(["tags"]);
  });
});

describe("status", () => {
  it.each([SpanStatusCode.UNSET, SpanStatusCode.OK])("%s is ok", (code) => {
    expect(recordOf({ status: { code } })).toMatchObject({
      status: "ok",
      error_type: null,
      fingerprint: null,
    });
  });

  it("error comes with what was thrown", () => {
    expect(recordOf(failed("RangeError", "too far"))).toMatchObject({
      status: "error",
      error_type: "RangeError",
      error_message: "too far",
      error_stack: expect.stringContaining("at run (bot.js:1:1)"),
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  it("of a span that recovered from an error is ok; the exception stays among its events", () => {
    const record = recordOf({ events: [exception("Error", "first try")] });
    expect(record).toMatchObject({ status: "ok", error_type: null, error_message: null, fingerprint: null });
    expect(record.events).toContain("first try");
  });

  it("of a child that failed stands on the child alone", () => {
    const child = recordOf({ ...failed("Error", "no"), parentSpanContext: parent });
    expect([child.status, recordOf().status]).toEqual(["error", "ok"]);
  });

  it("of an error without an exception is told by its status", () => {
    const status = { code: SpanStatusCode.ERROR, message: "HTTP 500" };
    expect(recordOf({ status })).toMatchObject({
      status: "error",
      error_type: null,
      error_message: "HTTP 500",
      error_stack: null,
    });
  });

  it("with several exceptions is told by the last", () => {
    const { status, events } = failed("Error", "second");
    const record = recordOf({
      ...(status && { status }),
      events: [exception("Error", "first"), ...(events ?? [])],
    });
    expect(record.error_message).toBe("second");
  });

  it("has redacted texts of bounded size", () => {
    const secret = "123456789:AAF0abcdefghijklmnopqrstuvwxyz12345";
    const long = `${secret} ${"x".repeat(100_000)}`;
    const record = recordOf({
      status: { code: SpanStatusCode.ERROR },
      events: [exception(long, long, long)],
    });
    for (const [text, most] of [
      [record.error_type, 512],
      [record.error_message, 8_192],
      [record.error_stack, 16_384],
    ] as const) {
      expect(text).toMatch(/^\[redacted\] x+…$/);
      expect(Buffer.byteLength(text ?? "")).toBeLessThanOrEqual(most);
    }
    expect(JSON.stringify(record)).not.toContain("AAF0");
  });
});
