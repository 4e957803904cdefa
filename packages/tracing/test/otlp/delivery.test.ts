import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CollectorStats } from "../../src/collector/stats.ts";
import { TraceCollector } from "../../src/collector/trace-collector.ts";
import { recordGeneration } from "../../src/core/generation.ts";
import { TraceContext } from "../../src/core/trace-context.ts";
import { tracedSpan } from "../../src/core/traced-span.ts";
import { createOtlpExporter, type OtlpExporterOptions } from "../../src/otlp/index.ts";
import { installTestRuntime } from "../support/private-runtime.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

const PATIENTLY = { timeout: 20_000 };

/** A service that ships its spans over OTLP, with its waits short enough to see several of them. */
function startService(receiver: Receiver, options: OtlpExporterOptions = {}) {
  const spoolDir = mkdtempSync(join(tmpdir(), "tracing-otlp-"));
  const warnings: string[] = [];
  const logger = { info: () => undefined, warn: (message: string) => void warnings.push(message) };
  const collector = new TraceCollector({
    exporter: createOtlpExporter({ url: receiver.url, logger, ...options }),
    spoolDir,
    maxBatchRecords: 20,
    lingerMs: 5,
    minBackoffMs: 10,
    maxBackoffMs: 100,
    shutdownTimeoutMs: 500,
    logger,
  });
  const runtime = installTestRuntime({ processors: [collector] });
  onTestFinished(async () => {
    runtime.undo();
    await collector.stop();
    rmSync(spoolDir, { recursive: true, force: true });
  });
  const tracer = runtime.provider.getTracer("test");
  return {
    collector,
    runtime,
    spoolDir,
    warnings,
    makeSpans(count: number, name = "span") {
      for (let n = 0; n < count; n++) tracer.startSpan(`${name} ${n}`).end();
    },
    settled: () => expect.poll(() => collector.stats().pending, PATIENTLY).toBe(0),
  };
}

const sum = (counts: object) => Object.values(counts).reduce((total: number, count) => total + count, 0);

function accountedFor({ delivered, pending, deadLettered, sampledOut, dropped }: CollectorStats): number {
  return delivered + pending + deadLettered + sampledOut + sum(dropped);
}

const idsOf = (receiver: Receiver) => receiver.spans.map(({ traceId, spanId }) => `${traceId}/${spanId}`);

describe("delivery over OTLP", () => {
  it("brings a run as the SDK saw it: ids, parents, times, kinds, attributes", async () => {
    const receiver = await startReceiver();
    const { collector, runtime } = startService(receiver);
    const complete = tracedSpan("llm:local")(async (prompt: string) => {
      recordGeneration({
        provider: "local",
        model: "small",
        inputMessages: [{ role: "user", content: prompt }],
        usage: { inputTokens: 12, outputTokens: 5 },
        costUsd: 0.25,
      });
      return "well done";
    });
    const coach = tracedSpan("agent:trainer")(() => complete("score this"));
    await TraceContext.run({ pipelineName: "train", telegramId: 42, userId: 7, input: "hi" }, () => coach());
    await collector.forceFlush();

    expect(receiver.spans.map((span) => span.name).sort()).toEqual(["agent:trainer", "llm:local", "train"]);
    for (const sdk of runtime.spans()) {
      const span = receiver.spans.find(({ name }) => name === sdk.name);
      const micros = ([seconds, nanos]: readonly [number, number]) =>
        String(BigInt(seconds) * 1_000_000_000n + BigInt(Math.floor(nanos / 1000)) * 1000n);
      expect(span).toMatchObject({
        traceId: sdk.spanContext().traceId,
        spanId: sdk.spanContext().spanId,
        parentSpanId: sdk.parentSpanContext?.spanId,
        kind: sdk.kind + 1,
        start: micros(sdk.startTime),
        end: micros(sdk.endTime),
        status: { code: sdk.status.code },
        attributes: sdk.attributes,
        scope: "@app/tracing",
      });
    }
    expect(receiver.spans.map(({ attributes }) => attributes["tracing.pipeline.name"])).toEqual([
      "train",
      "train",
      "train",
    ]);
  });

  it("loses no span through all that can go wrong on the way", async () => {
    const receiver = await startReceiver();
    receiver.fault(
      { kind: "answer", status: 503, headers: { "retry-after": "0" } },
      { kind: "answer", status: 429, headers: { "retry-after": "junk" } },
      { kind: "reset" },
      { kind: "hang" },
      { kind: "answer", status: 413 },
      { kind: "answer", status: 404, body: "no backend" },
      {
        kind: "answer",
        status: 502,
        headers: { "content-type": "text/html" },
        body: "<html>Bad Gateway</html>",
      },
      { kind: "answer", status: 401 },
      { kind: "answer", status: 500 },
    );
    const { collector, makeSpans, settled } = startService(receiver, { timeoutMs: 200 });
    makeSpans(100, "before");
    await expect.poll(() => collector.stats().delivered, PATIENTLY).toBeGreaterThan(0);
    await receiver.down();
    makeSpans(100, "during");
    await expect.poll(() => collector.stats().state, PATIENTLY).toBe("retrying");
    expect(accountedFor(collector.stats())).toBe(200);
    await receiver.up();
    await settled();
    expect(collector.stats()).toMatchObject({
      ended: 200,
      delivered: 200,
      deadLettered: 0,
      dropped: {},
      state: "ok",
    });
    expect(new Set(idsOf(receiver)).size).toBe(200);
  });

  it("sends a span once where every answer arrives", async () => {
    const receiver = await startReceiver();
    receiver.fault(
      { kind: "answer", status: 503 },
      { kind: "answer", status: 413 },
      { kind: "answer", status: 429, headers: { "retry-after": "0" } },
    );
    const { makeSpans, settled } = startService(receiver);
    makeSpans(150);
    await settled();
    expect(receiver.spans).toHaveLength(150);
    expect(new Set(idsOf(receiver)).size).toBe(150);
  });

  it("sends a batch again, with the same ids and times, when its acknowledgement is lost", async () => {
    const receiver = await startReceiver();
    receiver.fault({ kind: "lost-acknowledgement" });
    const { collector, makeSpans, settled } = startService(receiver);
    makeSpans(1);
    await settled();
    const [first, second, ...more] = receiver.spans;
    expect(more).toEqual([]);
    expect(second).toEqual(first);
    expect(collector.stats()).toMatchObject({ ended: 1, delivered: 1 });
  });

  it("waits as long as Retry-After asks, or until it is told to try", async () => {
    const [asking, other] = [await startReceiver(), await startReceiver()];
    asking.fault({ kind: "answer", status: 429, headers: { "retry-after": "3600" } });
    const waiting = startService(asking);
    waiting.makeSpans(1);
    await expect.poll(() => waiting.collector.stats().state, PATIENTLY).toBe("retrying");

    other.fault({ kind: "answer", status: 429 }, { kind: "answer", status: 429 });
    const quick = startService(other);
    quick.makeSpans(1);
    await quick.settled();
    expect(other.requests.length).toBeGreaterThanOrEqual(3);
    expect(asking.requests).toHaveLength(1);

    await waiting.collector.forceFlush();
    expect(waiting.collector.stats()).toMatchObject({ delivered: 1, pending: 0, state: "ok" });
  });

  it("sets aside the one span that the receiver refuses", async () => {
    const receiver = await startReceiver();
    receiver.fault(({ spans }) =>
      spans.some(({ name }) => name === "span 37")
        ? { kind: "answer", status: 400, body: "no 37" }
        : undefined,
    );
    const { collector, makeSpans, settled, spoolDir } = startService(receiver);
    makeSpans(60);
    await settled();
    expect(collector.stats()).toMatchObject({ ended: 60, delivered: 59, deadLettered: 1, state: "ok" });
    expect(new Set(idsOf(receiver)).size).toBe(59);
    const [letters = ""] = globSync(join(spoolDir, "**/dead-letter.ndjson"));
    expect(readFileSync(letters, "utf8")).toContain("no 37");
  });

  it("leaves out the content of a span that alone is too large", async () => {
    const receiver = await startReceiver();
    receiver.fault(({ body }) => (body.byteLength > 20_000 ? { kind: "answer", status: 413 } : undefined));
    const { collector, settled } = startService(receiver);
    await TraceContext.run({ pipelineName: "learn", input: "x".repeat(40_000), userId: 7 }, () => 1);
    await settled();
    expect(collector.stats()).toMatchObject({ delivered: 1, deadLettered: 0 });
    expect(receiver.spans).toMatchObject([
      {
        name: "learn",
        attributes: {
          "user.id": "7",
          "tracing.root": true,
          "tracing.output": expect.stringContaining("left out"),
        },
      },
    ]);
  });

  it("keeps everything while the address is wrong", async () => {
    const receiver = await startReceiver();
    receiver.fault(() => ({ kind: "answer", status: 404, body: "404 page not found" }));
    const { collector, makeSpans, warnings } = startService(receiver);
    makeSpans(10);
    await expect.poll(() => receiver.requests.length, PATIENTLY).toBeGreaterThan(8);
    expect(collector.stats()).toMatchObject({ pending: 10, deadLettered: 0, state: "retrying" });
    expect(warnings.join()).toContain("OTEL_EXPORTER_OTLP_ENDPOINT");
  });

  it("sends no secret, wherever a span has it", async () => {
    const receiver = await startReceiver();
    const { collector, runtime } = startService(receiver, { protocol: "http/json" });
    const secret = `sk-proj-${"a1B2c3D4".repeat(6)}`;
    const password = "correct-horse-battery";
    const step = tracedSpan("step:leak", { attributes: { note: `key ${secret}`, password } })(
      async (_: object) => {
        throw new Error(`refused: Bearer ${secret}`);
      },
    );
    await TraceContext.run({ pipelineName: "learn", metadata: { apiKey: secret }, input: { password } }, () =>
      step({ headers: { authorization: `Bearer ${secret}` } }).catch(() => undefined),
    );
    const span = runtime.provider
      .getTracer("foreign")
      .startSpan("foreign", { attributes: { "db.password": password } });
    span.addEvent("said", { text: `use ${secret}` });
    span.addLink({ context: span.spanContext(), attributes: { token: secret } });
    span.end();
    await collector.forceFlush();
    const sent = Buffer.concat(receiver.requests.map(({ body }) => body)).toString("utf8");
    expect(receiver.spans.map(({ name }) => name).sort()).toEqual(["foreign", "learn", "step:leak"]);
    expect(receiver.spans.find(({ name }) => name === "foreign")).toMatchObject({
      events: [{ name: "said" }],
      links: [{ spanId: span.spanContext().spanId }],
    });
    expect(sent).not.toContain("a1B2c3D4");
    expect(sent).not.toContain(password);
  });
});
