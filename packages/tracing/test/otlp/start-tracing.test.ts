import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { TraceContext } from "../../src/core/trace-context.ts";
import { tracedSpan } from "../../src/core/traced-span.ts";
import type { TraceRecord } from "../../src/record/record.ts";
import { startTracing } from "../../src/start-tracing.ts";
import { resolveTracingOptions, type StartTracingOptions } from "../../src/tracing-options.ts";
import { startReceiver } from "./receiver.ts";

/** A store in memory, as a client that a service passes. */
function memoryStore() {
  const stored: string[] = [];
  const store = { client: { rpc }, stored, away: false };
  async function rpc(fn: string, args: Record<string, unknown>): Promise<unknown> {
    if (store.away) throw new TypeError("fetch failed");
    if (fn === "schema_version") return 1;
    if (fn !== "ingest") return {};
    for (const record of args.batch as TraceRecord[]) if (record.type === "span") stored.push(record.span_id);
    return { inserted: 1, duplicates: 0 };
  }
  return store;
}

async function start(options: StartTracingOptions) {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "tracing-otlp-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const lines: string[] = [];
  const tracing = await startTracing({
    serviceName: "bot",
    dataDir,
    logger: { info: (line) => lines.push(line), warn: (line) => lines.push(line) },
    collector: {
      lingerMs: 1,
      minBackoffMs: 5,
      maxBackoffMs: 50,
      shutdownTimeoutMs: 500,
      flushTimeoutMs: 2_000,
    },
    ...options,
  });
  onTestFinished(() => tracing.shutdown());
  return { tracing, lines, dataDir };
}

const step = tracedSpan("step:a")(async () => 1);
const run = () => TraceContext.run({ pipelineName: "learn" }, () => step());

describe("startTracing with OTLP", () => {
  it("stores every span, and sends a copy of it", async () => {
    const [store, receiver] = [memoryStore(), await startReceiver()];
    const { tracing, dataDir, lines } = await start({
      insforge: { client: store.client },
      otlp: { url: receiver.url },
    });
    await run();
    await tracing.forceFlush();
    expect(receiver.spans.map(({ spanId }) => spanId).sort()).toEqual([...store.stored].sort());
    expect(receiver.spans).toHaveLength(2);
    expect(receiver.spans[0]?.resource).toMatchObject({ "service.name": "bot" });
    for (const stats of [tracing.stats(), tracing.otlp?.stats()]) {
      expect(stats).toMatchObject({ ended: 2, delivered: 2, pending: 0, state: "ok" });
    }
    expect(existsSync(join(dataDir, "spool-otlp"))).toBe(true);
    expect(lines).toEqual([]);
  });

  it("keeps the two apart when one of them is away, each with its own balance", async () => {
    const [store, receiver] = [memoryStore(), await startReceiver()];
    await receiver.down();
    const { tracing, lines, dataDir } = await start({
      insforge: { client: store.client },
      otlp: { url: receiver.url },
    });
    await run();
    await expect.poll(() => tracing.stats().delivered).toBe(2);
    await expect.poll(() => tracing.otlp?.stats()).toMatchObject({ ended: 2, pending: 2, state: "retrying" });
    expect(tracing.stats().state).toBe("ok");
    expect(lines).toEqual([expect.stringMatching(/^OTLP: .*retrying/)]);

    await tracing.shutdown();
    expect(tracing.otlp?.stats()).toMatchObject({ ended: 2, pending: 2, state: "stopped" });
    await receiver.up();
    store.away = true;
    const next = await start({ dataDir, insforge: { client: store.client }, otlp: { url: receiver.url } });
    await next.tracing.otlp?.forceFlush();
    expect(receiver.spans.map(({ name }) => name)).toEqual(["step:a", "learn"]);
    expect(store.stored).toHaveLength(2);
  });

  it("reads where to from the environment, and is told no by the code", () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };
    expect(resolveTracingOptions({}, env).otlp?.url).toBe("http://collector:4318/v1/traces");
    expect(resolveTracingOptions({ otlp: false }, env).otlp).toBeUndefined();
    expect(resolveTracingOptions({}, {}).otlp).toBeUndefined();
  });

  it("has no copy when nothing asks for one", async () => {
    const { tracing, dataDir } = await start({ insforge: { client: memoryStore().client }, otlp: false });
    expect(tracing.otlp).toBeUndefined();
    await run();
    expect(existsSync(join(dataDir, "spool-otlp"))).toBe(false);
  });
});

describe("startTracing without a store", () => {
  it("sends everything over OTLP only, and says so to whoever asks for traces", async () => {
    const receiver = await startReceiver();
    const { tracing, dataDir, lines } = await start({ store: "none", otlp: { url: receiver.url } });
    await run();
    await tracing.forceFlush();
    expect(receiver.spans.map(({ name }) => name)).toEqual(["step:a", "learn"]);
    expect(tracing.stats()).toMatchObject({ ended: 2, delivered: 2 });
    expect(tracing.otlp).toBe(tracing.collector);
    await expect(tracing.repo.listTraces()).rejects.toMatchObject({
      name: "TracingError",
      code: "no-store",
      hint: expect.stringContaining("TRACING_STORE"),
    });
    await expect(tracing.repo.getTrace("0".repeat(32))).rejects.toMatchObject({ code: "no-store" });
    expect(existsSync(join(dataDir, "spool"))).toBe(false);
    expect(existsSync(join(dataDir, "embedded"))).toBe(false);
    expect(lines).toEqual([]);
  });

  it("is asked for by TRACING_STORE too", () => {
    const env = { TRACING_STORE: "none", OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };
    expect(resolveTracingOptions({}, env).keepsTraces).toBe(false);
    expect(resolveTracingOptions({}, { ...env, TRACING_STORE: "" }).keepsTraces).toBe(true);
  });

  it("is refused when spans would go nowhere, or for another word", () => {
    expect(() => resolveTracingOptions({ store: "none" }, {})).toThrow(
      expect.objectContaining({
        code: "invalid-option",
        hint: expect.stringContaining("OTEL_EXPORTER_OTLP_ENDPOINT"),
      }),
    );
    expect(() => resolveTracingOptions({}, { TRACING_STORE: "redis" })).toThrow(/^TRACING_STORE is "redis"/);
  });
});
