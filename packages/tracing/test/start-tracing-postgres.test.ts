import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { recordGeneration } from "../src/core/generation.ts";
import { TraceContext } from "../src/core/trace-context.ts";
import { tracedSpan } from "../src/core/traced-span.ts";
import { openStore } from "../src/open-store.ts";
import { startTracing } from "../src/start-tracing.ts";
import { migrate } from "../src/store/migrator.ts";
import type { StartTracingOptions } from "../src/tracing-options.ts";
import { type PostgresServer, startPostgres } from "./support/postgres-server.ts";

let server: PostgresServer;
let databaseUrl: string;

beforeAll(async () => {
  server = await startPostgres();
  databaseUrl = await server.createDatabase();
  await migrateDatabase(databaseUrl);
});
afterAll(() => server?.stop());

async function migrateDatabase(url: string): Promise<void> {
  const store = await openStore({ databaseUrl: url }, {});
  await migrate(store.migrations);
  await store.close();
}

async function start(options: StartTracingOptions = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), "start-tracing-"));
  const lines: string[] = [];
  const tracing = await startTracing({
    serviceName: "bot",
    databaseUrl,
    dataDir,
    logger: { info: (line) => lines.push(line), warn: (line) => lines.push(line) },
    collector: { lingerMs: 1, minBackoffMs: 10, maxBackoffMs: 50 },
    ...options,
  });
  onTestFinished(async () => {
    await tracing.shutdown();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return { tracing, lines };
}

describe("what a run says about itself is stored:", () => {
  it("who, what, labels, scores, input and output", async () => {
    const { tracing } = await start();
    const options = {
      pipelineName: "learn",
      telegramId: 42,
      userId: 9_007_199_254_740_993n,
      sessionId: "s-1",
      tags: ["beta"],
      metadata: { attempt: 2 },
    };
    const traceId = await TraceContext.run(options, async (run) => {
      run.setInput({ question: "why?" });
      run.setAttribute("rubric.version", 3);
      run.addTag("ru");
      run.score("rubric", 0.5, "first look");
      run.score("rubric", 0.72, "on reflection");
      run.score("tone", 1);
      await TraceContext.run({ pipelineName: "nested" }, async (nested) => {
        nested.score("depth", 0.3);
        nested.addTag("nested");
        nested.setOutput("inner");
      });
      run.setOutput({ verdict: "good" });
      return run.traceId;
    });
    await tracing.forceFlush();

    const stored = await tracing.repo.getTrace(traceId);
    expect(stored).toMatchObject({
      pipelineName: "learn",
      status: "ok",
      telegramId: "42",
      userId: "9007199254740993",
      sessionId: "s-1",
      serviceName: "bot",
      metadata: { attempt: 2 },
      input: { question: "why?" },
      output: { verdict: "good" },
      spanCount: 2,
    });
    expect(stored?.tags.toSorted()).toEqual(["beta", "nested", "ru"]);
    const scores = stored?.scores.map(({ name, value, comment }) => [name, value, comment ?? null]);
    expect(scores?.toSorted()).toEqual([
      ["depth", 0.3, null],
      ["rubric", 0.72, "on reflection"],
      ["tone", 1, null],
    ]);
    const root = stored?.spans.find((span) => span.parentSpanId === null);
    expect(root?.attributes).toMatchObject({ "rubric.version": 3 });
    expect(stored?.spans.find((span) => span.name === "nested")?.output).toBe("inner");
  });

  it("what its model calls used and cost, once, though the agent around them restates it", async () => {
    const { tracing } = await start();
    const usage = { inputTokens: 1_000, outputTokens: 100 };
    const generation = { provider: "openai", model: "gpt-4o", usage };
    const call = tracedSpan("llm:openai")(async () => recordGeneration(generation));
    const agent = tracedSpan("agent:trainer")(async () => {
      recordGeneration({ ...generation, operation: "invoke_agent" });
      await call();
      await call();
    });
    const traceId = await TraceContext.run({ pipelineName: "train" }, async (run) => {
      await agent();
      return run.traceId;
    });
    await tracing.forceFlush();
    expect(await tracing.repo.getTrace(traceId)).toMatchObject({
      inputTokens: 2_000,
      outputTokens: 200,
      costUsd: expect.stringMatching(/^0\.0070*$/),
      models: ["gpt-4o"],
    });
  });

  it("an error that a child recovered from, which is counted and leaves the trace well", async () => {
    const { tracing } = await start();
    const attempt = tracedSpan("llm:first")(async () => {
      throw new RangeError("overloaded");
    });
    const traceId = await TraceContext.run({ pipelineName: "support" }, async (run) => {
      await attempt().catch(() => undefined);
      return run.traceId;
    });
    await tracing.forceFlush();
    expect(await tracing.repo.getTrace(traceId)).toMatchObject({
      status: "ok",
      error: null,
      errorCount: 1,
      spanCount: 2,
    });
  });

  it("that it is running, and with what, as long as it is", async () => {
    const { tracing } = await start();
    const { promise, resolve } = Promise.withResolvers<void>();
    let traceId = "";
    const run = TraceContext.run({ pipelineName: "slow", userId: 8, input: "why?" }, (current) => {
      traceId = current.traceId;
      return promise;
    });
    await tracing.forceFlush();
    expect(await tracing.repo.getTrace(traceId)).toMatchObject({
      status: "running",
      userId: "8",
      durationMs: null,
    });
    resolve();
    await run;
    await tracing.forceFlush();
    expect(await tracing.repo.getTrace(traceId)).toMatchObject({ status: "ok", input: "why?" });
  });
});

it("until the schema is there traces wait, one line says which command to run, and then they flow", async () => {
  const empty = await server.createDatabase();
  const { tracing, lines } = await start({ databaseUrl: empty });
  TraceContext.run({ pipelineName: "learn" }, () => undefined);
  await expect.poll(() => tracing.stats().state, { timeout: 10_000 }).toBe("schema-missing");
  expect(tracing.stats()).toMatchObject({ ended: 1, pending: 1 });
  await migrateDatabase(empty);
  await expect.poll(() => tracing.stats().delivered, { timeout: 10_000 }).toBe(1);
  expect((await tracing.repo.listTraces()).traces).toHaveLength(1);
  expect(lines).toEqual([
    expect.stringMatching(/\(schema-missing\): .*Run `tracing migrate`\.$/),
    "Traces are being stored again.",
  ]);
});
