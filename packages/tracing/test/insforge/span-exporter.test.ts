import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { isTracingSuppressed } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it, onTestFinished } from "vitest";
import {
  createInsForgeStoreClient,
  InsForgeSpanExporter,
  type SpanExportResult,
} from "../../src/insforge/index.ts";
import type { InsForgeServer } from "../support/insforge-server.ts";
import { addressOf, openRepo, TestBackend } from "./backend.ts";

let backend: TestBackend;
let server: InsForgeServer;

beforeAll(async () => {
  backend = await TestBackend.start();
  server = await backend.migrated();
});
afterAll(async () => {
  await server?.stop();
  await backend?.stop();
});

async function openExporter(options: { exportTimeoutMs?: number } = {}): Promise<InsForgeSpanExporter> {
  return new InsForgeSpanExporter({ client: await createInsForgeStoreClient(addressOf(server)), ...options });
}

/** Spans of a real SDK, one trace each unless told otherwise. */
function makeSpans(names: string[], attributes: Record<string, string> = {}): ReadableSpan[] {
  const provider = new BasicTracerProvider({ resource: resourceFromAttributes({ "service.name": "shop" }) });
  const tracer = provider.getTracer("test");
  return names.map((name) => {
    const span = tracer.startSpan(name, { attributes });
    span.end();
    return span as unknown as ReadableSpan;
  });
}

function exportOf(exporter: InsForgeSpanExporter, spans: ReadableSpan[]): Promise<SpanExportResult> {
  return new Promise((resolve) => exporter.export(spans, resolve));
}

async function storedNames(spans: readonly ReadableSpan[]): Promise<string[]> {
  const repo = await openRepo(server);
  const found = await Promise.all(spans.map((span) => repo.getTrace(span.spanContext().traceId)));
  return found.flatMap((detail) => detail?.spans.map(({ name }) => name) ?? []);
}

describe("InsForgeSpanExporter behind a stock BatchSpanProcessor", () => {
  it("is a span exporter of the SDK", () => {
    expectTypeOf<InsForgeSpanExporter>().toExtend<SpanExporter>();
  });

  it("stores what foreign instrumentation records, content redacted", async () => {
    const exporter = await openExporter();
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ "service.name": "shop" }),
      spanProcessors: [new BatchSpanProcessor(exporter)],
    });
    const tracer = provider.getTracer("shop");
    const root = tracer.startSpan("checkout", {
      attributes: { "http.request.header.authorization": "Bearer s3cr3t" },
    });
    const child = tracer.startSpan("pay", {}, trace.setSpan(context.active(), root));
    child.recordException(new Error("declined"));
    child.end();
    root.end();
    await provider.forceFlush();
    await provider.shutdown();
    const stored = await (await openRepo(server)).getTrace(root.spanContext().traceId);
    expect(stored).toMatchObject({ serviceName: "shop", spanCount: 2, pipelineName: "checkout" });
    expect(stored?.spans.map(({ name }) => name).toSorted()).toEqual(["checkout", "pay"]);
    expect(JSON.stringify(stored)).not.toContain("s3cr3t");
  });

  it("tries again while the backend is away", async () => {
    const spans = makeSpans(["a", "b"]);
    server.fault(
      { kind: "answer", status: 503, headers: { "retry-after": "0" } },
      { path: "/rpc/ingest", times: 2 },
    );
    server.fault({ kind: "lost-acknowledgement" }, { path: "/rpc/ingest" });
    expect(await exportOf(await openExporter(), spans)).toEqual({ code: 0 });
    expect(await storedNames(spans)).toEqual(["a", "b"]);
  });

  it("gives up after its time, and says how many spans that cost", async () => {
    const clear = server.fault(() => ({ kind: "answer", status: 503 }), { path: "/rpc/ingest" });
    onTestFinished(clear);
    const result = await exportOf(await openExporter({ exportTimeoutMs: 300 }), makeSpans(["a", "b"]));
    expect(result).toMatchObject({ code: 1, error: { name: "TracingError", code: "store-failed" } });
    expect(result.error?.message).toMatch(/^2 of 2 spans are not stored\. InsForge answers 503/);
  });

  it("gives up at once where waiting does not help", async () => {
    const client = await createInsForgeStoreClient({ baseUrl: server.url, apiKey: server.anonKey });
    const result = await exportOf(new InsForgeSpanExporter({ client }), makeSpans(["a"]));
    expect(result.error?.message).toContain("42501");
  });

  it("stores the neighbours of a span that the database refuses", async () => {
    const names = ["a", "b", "c", "poison", "e", "f", "g"];
    const spans = makeSpans(names);
    const refuse = (_: string, body: string) =>
      body.includes('"poison"')
        ? ({ kind: "answer", status: 400, body: '{"code":"22P02","message":"no"}' } as const)
        : undefined;
    onTestFinished(server.fault(refuse, { path: "/rpc/ingest" }));
    const result = await exportOf(await openExporter(), spans);
    expect(result.error?.message).toMatch(/^1 of 7 spans are not stored/);
    expect(await storedNames(spans)).toEqual(names.filter((name) => name !== "poison"));
  });

  it("halves a batch that is too large", async () => {
    const spans = makeSpans(["a", "b", "c", "d"]);
    const refuse = (_: string, body: string) =>
      (body.match(/"span_id"/g)?.length ?? 0) > 1 ? ({ kind: "answer", status: 413 } as const) : undefined;
    onTestFinished(server.fault(refuse, { path: "/rpc/ingest" }));
    expect(await exportOf(await openExporter(), spans)).toEqual({ code: 0 });
    expect(await storedNames(spans)).toEqual(["a", "b", "c", "d"]);
  });

  it("waits for what is under way before it is flushed or shut down, and takes nothing afterwards", async () => {
    const exporter = await openExporter();
    const spans = makeSpans(["a"]);
    let result: SpanExportResult | undefined;
    exporter.export(spans, (given) => {
      result = given;
    });
    await exporter.forceFlush();
    expect(result).toEqual({ code: 0 });
    await exporter.shutdown();
    await exporter.shutdown();
    expect(await exportOf(exporter, makeSpans(["b"]))).toMatchObject({ code: 1 });
  });

  it("does not wait out its retries when it is shut down", async () => {
    const clear = server.fault(() => ({ kind: "answer", status: 429, headers: { "retry-after": "15" } }), {
      path: "/rpc/ingest",
    });
    const exporter = await openExporter();
    const seen = server.requests.length;
    const exporting = exportOf(exporter, makeSpans(["a"]));
    await expect
      .poll(() => server.requests.slice(seen).filter(({ status }) => status === 429).length, {
        timeout: 10_000,
      })
      .toBe(1);
    clear();
    await exporter.shutdown();
    expect(await exporting).toEqual({ code: 0 });
  });

  it("stores the neighbours of a span that cannot be read, and does not throw", async () => {
    const [span, ...others] = makeSpans(["a", "b", "c"]);
    const broken = Object.create(span ?? null, {
      attributes: {
        get() {
          throw new Error("no attributes");
        },
      },
    }) as ReadableSpan;
    const result = await exportOf(await openExporter(), [broken, ...others]);
    expect(result.error?.message).toBe("1 of 3 spans are not stored. They could not be read: no attributes.");
    expect(await storedNames(others)).toEqual(["b", "c"]);
  });

  it("is not seen by instrumentation of the process", async () => {
    const manager = new AsyncLocalStorageContextManager().enable();
    context.setGlobalContextManager(manager);
    onTestFinished(() => context.disable());
    const seen: boolean[] = [];
    const client = await createInsForgeStoreClient({
      ...addressOf(server),
      fetch: (input, init) => {
        seen.push(isTracingSuppressed(context.active()));
        return fetch(input, init);
      },
    });
    const exporter = new InsForgeSpanExporter({ client });
    await exportOf(exporter, makeSpans(["a"]));
    await exporter.ready();
    expect(seen).toEqual([true, true]);
    expect(isTracingSuppressed(context.active())).toBe(false);
  });
});
