import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { context, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { isTracingSuppressed } from "@opentelemetry/core";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Outcome } from "../../src/collector/record-exporter.ts";
import { createOtlpExporter, type OtlpExporterOptions } from "../../src/otlp/index.ts";
import type { TraceRecord } from "../../src/record/record.ts";
import { sampleModelCall, sampleRecord, unfinished } from "../../src/testing/sample-record.ts";
import { type Fault, type ReceivedSpan, type Receiver, startReceiver } from "./receiver.ts";

const encode = (...records: TraceRecord[]) => records.map((record) => JSON.stringify(record));

function exporterFor(receiver: Receiver, options: OtlpExporterOptions = {}) {
  const warnings: string[] = [];
  const logger = { info: () => undefined, warn: (message: string) => void warnings.push(message) };
  const exporter = createOtlpExporter({ url: receiver.url, logger, ...options });
  return { exporter, warnings, send: (...records: TraceRecord[]) => exporter.send(encode(...records)) };
}

/** What a backend has of records after they went over. */
async function received(records: TraceRecord[], options?: OtlpExporterOptions): Promise<ReceivedSpan[]> {
  const receiver = await startReceiver();
  expect(await exporterFor(receiver, options).send(...records)).toEqual({ status: "stored" });
  return receiver.spans;
}

const ROOT = sampleRecord({
  telegram_id: "42",
  user_id: "7",
  session_id: "s-1",
  tags: ["a", "b"],
  metadata: '{"team":"sales"}',
  input: '"hello"',
  output: '{"score":72}',
  attributes: JSON.stringify({
    "tracing.root": true,
    "tracing.pipeline.name": "learn",
    "user.id": "7",
    whole: 3,
    half: 0.5,
    negative: -9_000_000_000,
    list: ["x", "y"],
    nested: { deep: [1, { on: true }] },
    nothing: null,
    "\u0000 and \ud83d\ude00": "a\u0000b",
  }),
  scores: '[{"name":"tone","value":0.9,"comment":null}]',
});

describe("a record sent over OTLP", () => {
  it("is the span it was made of", async () => {
    const [span] = await received([ROOT]);
    expect(span).toEqual({
      traceId: ROOT.trace_id,
      spanId: ROOT.span_id,
      parentSpanId: undefined,
      name: "learn",
      kind: SpanKind.INTERNAL + 1,
      flags: 0x101,
      start: "1795514400000001000",
      end: "1795514401500001000",
      status: { code: SpanStatusCode.UNSET },
      attributes: {
        "tracing.root": true,
        "tracing.pipeline.name": "learn",
        "tracing.span.kind": "pipeline",
        "tracing.telegram.id": "42",
        "user.id": "7",
        "session.id": "s-1",
        "tracing.tags": ["a", "b"],
        "tracing.metadata": '{"team":"sales"}',
        "tracing.input": '"hello"',
        "tracing.output": '{"score":72}',
        "tracing.scores": '[{"name":"tone","value":0.9,"comment":null}]',
        whole: 3,
        half: 0.5,
        negative: -9_000_000_000,
        list: ["x", "y"],
        nested: { deep: [1, { on: true }] },
        nothing: null,
        "\u0000 and \ud83d\ude00": "a\u0000b",
      },
      events: [],
      links: [],
      resource: { "service.name": "bot" },
      scope: "@app/tracing",
    });
  });

  it("keeps its parent, error, events and links", async () => {
    const failed = sampleRecord({
      trace_id: ROOT.trace_id,
      parent_span_id: ROOT.span_id,
      root: 0,
      kind: "tool",
      status: "error",
      error_type: "TypeError",
      error_message: "no such rubric",
      events: JSON.stringify([
        {
          name: "exception",
          time: "2026-11-24T10:00:01.000123Z",
          attributes: { "exception.message": "no such rubric" },
        },
      ]),
      links: JSON.stringify([
        { traceId: "a".repeat(32), spanId: "b".repeat(16), attributes: { why: "retry" } },
      ]),
    });
    const [span] = await received([failed]);
    expect(span).toMatchObject({
      parentSpanId: ROOT.span_id,
      flags: 0x101,
      status: { code: SpanStatusCode.ERROR, message: "no such rubric" },
      attributes: { "error.type": "TypeError", "tracing.span.kind": "tool" },
      events: [
        {
          name: "exception",
          time: "1795514401000123000",
          attributes: { "exception.message": "no such rubric" },
        },
      ],
      links: [{ traceId: "a".repeat(32), spanId: "b".repeat(16), attributes: { why: "retry" } }],
    });
  });

  it("says what a model call used under today's names, whatever names the span had", async () => {
    const call = sampleModelCall(ROOT, { attributes: '{"gen_ai.system":"local"}', cost_source: "prices@1" });
    const [span] = await received([call]);
    expect(span).toMatchObject({
      kind: SpanKind.CLIENT + 1,
      attributes: {
        "gen_ai.system": "local",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "local",
        "gen_ai.request.model": "small",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 2,
        "tracing.cost.usd": "0.001",
        "tracing.cost.source": "prices@1",
      },
    });
  });

  it("does not carry the same messages twice", async () => {
    const messages = '[{"role":"user","content":"hi"}]';
    const attributes = JSON.stringify({ "gen_ai.input.messages": messages });
    const [foreign, own] = await received([
      sampleModelCall(ROOT, { attributes, input: messages }),
      sampleModelCall(ROOT, { attributes, input: '"hi"' }),
    ]);
    expect(foreign?.attributes).toHaveProperty(["gen_ai.input.messages"], messages);
    expect(foreign?.attributes).not.toHaveProperty(["tracing.input"]);
    expect(own?.attributes).toHaveProperty(["tracing.input"], '"hi"');
  });

  it("is passed over when it only says that a run has started", async () => {
    const receiver = await startReceiver();
    const { send } = exporterFor(receiver);
    expect(await send(unfinished(ROOT).started)).toEqual({ status: "stored" });
    expect(receiver.requests).toEqual([]);
    await send(unfinished(ROOT).started, ROOT);
    expect(receiver.spans.map((span) => span.spanId)).toEqual([ROOT.span_id]);
  });

  it("is an error that says so when its process died before it ended", async () => {
    const [span] = await received([unfinished(ROOT).interrupted]);
    expect(span).toMatchObject({
      spanId: ROOT.span_id,
      status: { code: SpanStatusCode.ERROR, message: expect.stringContaining("process ended") },
      attributes: {
        "tracing.interrupted": true,
        "error.type": "interrupted",
        "tracing.clamped": ["input"],
        "tracing.metadata": '{"team":"sales"}',
      },
    });
    expect(span?.attributes).not.toHaveProperty(["tracing.input"]);
  });

  it("says the same in protobuf, in JSON and compressed", async () => {
    const records = [ROOT, sampleModelCall(ROOT), sampleRecord({ service: "other" })];
    const protobuf = await received(records);
    expect(protobuf).toHaveLength(3);
    const withoutNulls = JSON.parse(JSON.stringify(protobuf));
    expect(await received(records, { protocol: "http/json" })).toMatchObject(withoutNulls);
    expect(await received(records, { compression: "gzip" })).toEqual(protobuf);
    expect(new Set(protobuf.map(({ resource }) => resource["service.name"]))).toEqual(
      new Set(["bot", "other"]),
    );
  });

  it("goes with the headers that were asked for, and its own kind of content", async () => {
    const receiver = await startReceiver();
    const headers = { Authorization: "Basic YTpi", "Content-Type": "text/plain" };
    await exporterFor(receiver, { headers, compression: "gzip" }).send(ROOT);
    expect(receiver.requests[0]).toMatchObject({
      path: "/v1/traces",
      headers: {
        authorization: "Basic YTpi",
        "content-type": "application/x-protobuf",
        "content-encoding": "gzip",
      },
    });
  });

  it("is part of no trace on its way", async () => {
    const manager = new AsyncLocalStorageContextManager().enable();
    context.setGlobalContextManager(manager);
    const suppressed: boolean[] = [];
    const onRequest = () => void suppressed.push(isTracingSuppressed(context.active()));
    subscribe("http.client.request.start", onRequest);
    onTestFinished(() => {
      unsubscribe("http.client.request.start", onRequest);
      context.disable();
    });
    await received([ROOT]);
    expect(suppressed).toEqual([true]);
  });
});

describe("what the receiver answers", () => {
  const answer = (status: number, headers = {}, body = ""): Fault => ({
    kind: "answer",
    status,
    headers,
    body,
  });
  const status = (text: string) => JSON.stringify({ code: 3, message: text });

  it.each<[string, Fault, Outcome | { status: Outcome["status"]; reason?: unknown }]>([
    ["401", answer(401), { status: "unauthorized" }],
    ["403", answer(403), { status: "unauthorized" }],
    ["413", answer(413), { status: "too-large" }],
    [
      "400 for its size, as the Collector says it",
      answer(400, {}, "http: request body too large"),
      { status: "too-large" },
    ],
    [
      "429",
      answer(429, { "retry-after": "7" }),
      { status: "retry", afterMs: 7_000, reason: expect.anything() },
    ],
    ["502", answer(502), { status: "retry" }],
    [
      "503 until a date",
      answer(503, { "retry-after": "Tue, 24 Nov 2026 10:00:30 GMT", date: "Tue, 24 Nov 2026 10:00:00 GMT" }),
      { status: "retry", afterMs: 30_000, reason: expect.anything() },
    ],
    ["504 until junk", answer(504, { "retry-after": "later" }), { status: "retry" }],
    [
      "429 for a year",
      answer(429, { "retry-after": "31536000" }),
      { status: "retry", afterMs: 600_000, reason: expect.anything() },
    ],
    ["408", answer(408), { status: "retry" }],
    ["404", answer(404), { status: "retry", reason: expect.stringContaining("OTEL_EXPORTER_OTLP_ENDPOINT") }],
    ["415", answer(415), { status: "retry" }],
    ["a redirect", answer(307, { location: "http://127.0.0.1:1/" }), { status: "retry" }],
    [
      "400 by a page of something in between",
      answer(400, { "content-type": "text/html" }, "<html>Bad Request</html>"),
      { status: "retry" },
    ],
    [
      "400",
      answer(400, { "content-type": "application/json" }, status("span 7 is no good")),
      { status: "rejected", reason: "The OTLP endpoint answers 400: span 7 is no good." },
    ],
    ["422", answer(422), { status: "rejected" }],
    ["a hang-up", { kind: "reset" }, { status: "retry" }],
    [
      "nothing",
      { kind: "hang" },
      { status: "retry", reason: expect.stringContaining("no answer in 300 ms") },
    ],
  ])("%s means what the collector acts on", async (_, fault, outcome) => {
    const receiver = await startReceiver();
    receiver.fault(fault);
    const { send } = exporterFor(receiver, { timeoutMs: 300 });
    expect(await send(ROOT)).toMatchObject(outcome);
    expect(receiver.spans).toEqual([]);
    expect(await send(ROOT)).toEqual({ status: "stored" });
  });

  it("blames a 500 on the server, which may fail on this batch alone", async () => {
    const receiver = await startReceiver();
    receiver.fault(answer(500), answer(503));
    const { send } = exporterFor(receiver);
    expect(await send(ROOT)).toMatchObject({ status: "retry", server: true });
    expect(await send(ROOT)).not.toHaveProperty("server");
  });

  it("keeps secrets that it echoes out of the reason", async () => {
    const receiver = await startReceiver();
    receiver.fault(answer(400, {}, `bad value sk-proj-${"a1B2c3D4".repeat(6)} in span`));
    const outcome = await exporterFor(receiver).send(ROOT);
    expect(outcome).toMatchObject({ reason: expect.stringContaining("bad value") });
    expect(JSON.stringify(outcome)).not.toContain("a1B2c3D4");
  });

  it("is a matter of the address, not of the spans, where even an empty request is refused", async () => {
    const receiver = await startReceiver();
    receiver.fault(() => answer(400, {}, "what is this?") as Fault | undefined);
    const { exporter, send } = exporterFor(receiver);
    expect(await send(ROOT)).toMatchObject({
      status: "retry",
      reason: expect.stringContaining("is OTLP over HTTP spoken at this address?"),
    });
    expect(await exporter.ready()).toBe(false);
  });

  it("is a matter of the spans once the receiver has taken others", async () => {
    const receiver = await startReceiver();
    const { exporter, send } = exporterFor(receiver);
    await send(sampleRecord());
    receiver.fault(() => answer(400));
    expect(await send(ROOT)).toMatchObject({ status: "rejected" });
    expect(await exporter.ready()).toBe(true);
  });

  it("decides about records that are no spans while the receiver is in trouble", async () => {
    const receiver = await startReceiver();
    const { send } = exporterFor(receiver);
    receiver.fault(answer(503));
    await send(ROOT);
    await receiver.down();
    expect(await send(unfinished(ROOT).started)).toMatchObject({ status: "retry" });
    await receiver.up();
    expect(await send(unfinished(ROOT).started)).toEqual({ status: "stored" });
    expect(receiver.spans).toEqual([]);
  });

  it("is logged, once for a while, when it took a batch only in part", async () => {
    const receiver = await startReceiver();
    // partial_success { rejected_spans: 2, error_message: "too old" }
    const body = Buffer.from([0x0a, 0x0b, 0x08, 0x02, 0x12, 0x07, ...Buffer.from("too old")]);
    receiver.answer = { body, contentType: "application/x-protobuf" };
    const { send, warnings } = exporterFor(receiver);
    expect(await send(ROOT)).toEqual({ status: "stored" });
    expect(await send(ROOT)).toEqual({ status: "stored" });
    expect(warnings).toEqual(["The OTLP endpoint has refused 2 spans of batches it took: too old"]);

    const json = exporterFor(receiver, { protocol: "http/json" });
    receiver.answer = {
      body: '{"partialSuccess":{"rejectedSpans":"3"}}',
      contentType: "application/json",
    };
    await json.send(ROOT);
    expect(json.warnings).toEqual(["The OTLP endpoint has refused 3 spans of batches it took"]);
  });

  it("may be junk after a 200", async () => {
    const receiver = await startReceiver();
    receiver.answer = { body: Buffer.alloc(300_000, 0xff), contentType: "application/x-protobuf" };
    const { send, warnings } = exporterFor(receiver);
    expect(await send(ROOT)).toEqual({ status: "stored" });
    expect(warnings).toEqual([]);
  });
});

describe("a record that cannot be read", () => {
  it.each([
    ["cut off", '{"v":1,"type":"span"'],
    ["with damaged attributes", JSON.stringify({ ...ROOT, attributes: "{" })],
  ])("refuses its batch when it is %s, so that it is set aside", async (_, encoded) => {
    const receiver = await startReceiver();
    const { exporter } = exporterFor(receiver);
    expect(await exporter.send([...encode(ROOT), encoded])).toMatchObject({ status: "rejected" });
    expect(receiver.requests).toEqual([]);
  });
});
