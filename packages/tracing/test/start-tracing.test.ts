import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { TraceContext } from "../src/core/trace-context.ts";
import { tracedSpan } from "../src/core/traced-span.ts";
import type { TraceRecord } from "../src/record/record.ts";
import { startTracing, type Tracing } from "../src/start-tracing.ts";
import type { StartTracingOptions } from "../src/tracing-options.ts";

afterEach(() => {
  trace.disable();
  context.disable();
  propagation.disable();
});

function scratchDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "start-tracing-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A client as a service may pass one, in front of a store in memory. */
function memoryStore() {
  const records: TraceRecord[] = [];
  const client = {
    rpc(fn: string, args: Record<string, unknown>): unknown {
      if (fn === "schema_version") return 1;
      if (fn !== "ingest") return {};
      records.push(...(args.batch as TraceRecord[]));
      return { inserted: records.length, duplicates: 0 };
    },
  };
  const names = (type: TraceRecord["type"] = "span") =>
    records.filter((record) => record.type === type).map((record) => record.name);
  return { client, records, names };
}

async function start(options: StartTracingOptions = {}) {
  const store = memoryStore();
  const lines: string[] = [];
  const tracing = await startTracing({
    serviceName: "bot",
    insforge: { client: store.client },
    dataDir: scratchDir(),
    logger: { info: (line) => lines.push(`info ${line}`), warn: (line) => lines.push(`warn ${line}`) },
    collector: { lingerMs: 1, shutdownTimeoutMs: 500 },
    ...options,
  });
  onTestFinished(() => tracing.shutdown());
  return { tracing, lines, ...store };
}

const step = tracedSpan("step:a")(async () => 1);

describe("startTracing", () => {
  it("records runs under the service's name, and says nothing when all is well", async () => {
    const { tracing, records, names, lines } = await start();
    await TraceContext.run({ pipelineName: "learn" }, () => step());
    await tracing.forceFlush();
    expect(names()).toEqual(["step:a", "learn"]);
    expect(new Set(records.map((record) => record.service))).toEqual(new Set(["bot"]));
    expect(tracing.stats()).toEqual(tracing.collector.stats());
    expect(tracing.stats()).toMatchObject({ ended: 2, delivered: 2, pending: 0, state: "ok" });
    expect(lines).toEqual([]);
  });

  it("records runs from the call on, before it resolves", async () => {
    const starting = start();
    TraceContext.run({ pipelineName: "early" }, () => undefined);
    const { tracing, names } = await starting;
    await tracing.forceFlush();
    expect(names()).toEqual(["early"]);
  });

  it("refuses a wrong option as a rejection, before it makes or opens anything", async () => {
    const dataDir = join(scratchDir(), "data");
    for (const wrong of [{ capture: { maxBytes: 1 } }, { collector: { lingerMs: -1 } }, { colour: 1 }]) {
      const starting = startTracing({ dataDir, ...wrong } as StartTracingOptions);
      await expect(starting).rejects.toMatchObject({ name: "TracingError", code: "invalid-option" });
    }
    expect(existsSync(dataDir)).toBe(false);
    await start();
  });

  it("rejects for a client that is none, and can be called again", async () => {
    await expect(start({ insforge: { client: {} as never } })).rejects.toMatchObject({
      code: "invalid-option",
    });
    const { tracing, names } = await start();
    TraceContext.run({ pipelineName: "learn" }, () => undefined);
    await tracing.forceFlush();
    expect(names()).toEqual(["learn"]);
  });

  it("is refused while an earlier one runs, which goes on as before", async () => {
    const { tracing, names } = await start();
    await expect(start()).rejects.toMatchObject({
      code: "already-started",
      hint: expect.stringContaining("shut that down"),
    });
    TraceContext.run({ pipelineName: "learn" }, () => undefined);
    await tracing.forceFlush();
    expect(names()).toEqual(["learn"]);
  });

  it("works again after a shutdown, and one that is under way does not disturb it", async () => {
    const first = await start();
    const stopping = first.tracing.shutdown();
    const second = await start();
    await stopping;
    TraceContext.run({ pipelineName: "learn" }, () => undefined);
    await second.tracing.forceFlush();
    expect([first.names(), second.names()]).toEqual([[], ["learn"]]);
  });

  it("keeps traces in the spool while the store cannot be reached, and delivers them after the next start", async () => {
    const dataDir = scratchDir();
    const databaseUrl = "postgres://nobody@127.0.0.1:1/none";
    const away = await startTracing({
      dataDir,
      databaseUrl,
      logger: { info: () => undefined, warn: () => undefined },
      collector: { shutdownTimeoutMs: 50 },
    });
    await TraceContext.run({ pipelineName: "learn" }, () => step());
    await away.shutdown();
    expect(away.stats()).toMatchObject({ ended: 2, pending: 2, dropped: {} });
    const { tracing, names } = await start({ dataDir });
    await tracing.forceFlush();
    expect(names()).toEqual(["step:a", "learn"]);
  });
});

describe("shutdown", () => {
  it("stores what waits, once however often it is called", async () => {
    const { tracing, names } = await start({ collector: { lingerMs: 60_000 } });
    TraceContext.run({ pipelineName: "learn" }, () => undefined);
    const stopped = tracing.shutdown();
    expect(tracing.shutdown()).toBe(stopped);
    await stopped;
    expect(names()).toEqual(["learn"]);
    expect(tracing.stats().state).toBe("stopped");
  });

  it("leaves later runs alone, which still run", async () => {
    const { tracing, names } = await start();
    await tracing.shutdown();
    const traceId = await TraceContext.run({ pipelineName: "late" }, async (run) => {
      run.score("x", 1);
      expect(await step()).toBe(1);
      return run.traceId;
    });
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(names()).toEqual([]);
    expect(tracing.stats()).toMatchObject({ ended: 0, dropped: {} });
  });

  it("marks a run that goes on as interrupted, and counts and says that its end was lost", async () => {
    const { tracing, lines, names } = await start();
    const { promise, resolve } = Promise.withResolvers<void>();
    const run = TraceContext.run({ pipelineName: "long" }, () => promise);
    await tracing.shutdown();
    resolve();
    await run;
    expect(names("interrupted")).toEqual(["long"]);
    expect(tracing.stats()).toMatchObject({ ended: 1, dropped: { stopped: 1 } });
    expect(lines).toEqual([expect.stringMatching(/^warn .*after the collector had stopped/)]);
  });

  it("ends reads too, with an error that says so", async () => {
    const { tracing } = await start();
    await tracing.shutdown();
    await expect(tracing.repo.listTraces()).rejects.toMatchObject({ kind: "unreachable" });
  });
});

describe("beside another OpenTelemetry SDK", () => {
  function otherSdk() {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    expect(trace.setGlobalTracerProvider(provider)).toBe(true);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    return () => exporter.getFinishedSpans();
  }

  it("neither adopts the other's spans nor lends it parents", async () => {
    const theirs = otherSdk();
    const { tracing, records } = await start();
    trace.getTracer("http").startActiveSpan("GET /", (span) => {
      TraceContext.run({ pipelineName: "learn" }, () => trace.getTracer("pg").startSpan("SELECT").end());
      span.end();
    });
    await tracing.forceFlush();
    expect(records.filter((record) => record.type === "span")).toEqual([
      expect.objectContaining({ name: "learn", parent_span_id: null, root: 3 }),
    ]);
    const [select, get] = theirs();
    expect(select?.parentSpanContext?.spanId).toBe(get?.spanContext().spanId);
  });

  it("with global: true takes in other instrumentation, and lets go of it at shutdown", async () => {
    const { tracing, names, records } = await start({ global: true });
    const headers: Record<string, string> = {};
    const traceId = TraceContext.run({ pipelineName: "learn" }, (run) => {
      trace.getTracer("pg").startSpan("SELECT").end();
      propagation.inject(context.active(), headers);
      return run.traceId;
    });
    await tracing.forceFlush();
    expect(names()).toEqual(["SELECT", "learn"]);
    expect(new Set(records.map((record) => record.trace_id))).toEqual(new Set([traceId]));
    expect(headers.traceparent).toContain(traceId);
    await tracing.shutdown();
    const theirs = otherSdk();
    trace.getTracer("pg").startSpan("SELECT 2").end();
    expect(theirs().map((span) => span.name)).toEqual(["SELECT 2"]);
  });

  it("with global: true leaves what another has registered, says so, and takes nothing away at shutdown", async () => {
    const theirs = otherSdk();
    const { tracing, lines } = await start({ global: true });
    expect(lines).toEqual([expect.stringMatching(/^warn global: true .*tracer provider, context manager/)]);
    await tracing.shutdown();
    trace.getTracer("pg").startSpan("SELECT").end();
    expect(theirs().map((span) => span.name)).toEqual(["SELECT"]);
  });

  it("registers nothing without it", async () => {
    await start();
    expect(trace.setGlobalTracerProvider(new BasicTracerProvider())).toBe(true);
  });
});

describe("with nothing configured", () => {
  async function startEmbedded(dataDir: string) {
    const lines: string[] = [];
    const tracing: Tracing = await startTracing({
      dataDir,
      logger: { info: (line) => lines.push(`info ${line}`), warn: (line) => lines.push(`warn ${line}`) },
    });
    onTestFinished(() => tracing.shutdown());
    return { tracing, lines };
  }

  it("an embedded store in the data directory keeps the traces, which is said in one line", async () => {
    const dataDir = scratchDir();
    const { tracing, lines } = await startEmbedded(dataDir);
    expect(lines).toEqual([
      `info No store is configured: traces go to a Postgres embedded in ${dataDir}/embedded.`,
    ]);
    const traceId = await TraceContext.run({ pipelineName: "learn", input: "why?" }, async (run) => {
      await step();
      run.score("rubric", 0.72, "clear");
      run.setOutput({ verdict: "good" });
      return run.traceId;
    });
    await tracing.forceFlush();
    expect(await tracing.repo.getTrace(traceId)).toMatchObject({
      pipelineName: "learn",
      status: "ok",
      spanCount: 2,
      input: "why?",
      output: { verdict: "good" },
      scores: [expect.objectContaining({ name: "rubric", value: 0.72, comment: "clear" })],
    });
    await tracing.shutdown();
    vi.stubEnv("NODE_ENV", "production");
    onTestFinished(() => void vi.unstubAllEnvs());
    const again = await startEmbedded(dataDir);
    expect(again.lines).toEqual([
      expect.stringMatching(/^warn .*not safe against power loss; set INSFORGE_BASE_URL/),
    ]);
    expect((await again.tracing.repo.getTrace(traceId))?.spanCount).toBe(2);
  }, 120_000);
});
