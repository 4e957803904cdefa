import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { resolveCaptureSettings } from "../../src/capture/settings.ts";
import { createPrivateRuntime } from "../../src/core/private-runtime.ts";
import { installRuntime } from "../../src/core/runtime.ts";
import { recordGeneration, TraceContext, TraceRepo, tracedSpan } from "../../src/index.ts";
import { createPostgresClient, createPostgresMigrationTarget } from "../../src/postgres/index.ts";
import { migrate } from "../../src/store/migrator.ts";
import type { StoreClient } from "../../src/store/store-client.ts";
import { MemoryCollector } from "../../src/testing/memory-collector.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

let postgres: PostgresServer;
let client: StoreClient;
let repo: TraceRepo;
beforeAll(async () => {
  postgres = await startPostgres();
  const connectionString = await postgres.createDatabase();
  const target = await createPostgresMigrationTarget({ connectionString });
  await migrate(target);
  await target.close?.();
  client = await createPostgresClient({ connectionString });
  repo = new TraceRepo(client);
});
afterAll(async () => {
  await client?.close?.();
  await postgres?.stop();
});

let collector: MemoryCollector;
beforeEach(() => {
  const capture = resolveCaptureSettings({}, {});
  collector = new MemoryCollector(capture);
  const { runtime, contextManager } = createPrivateRuntime({
    serviceName: "bot",
    capture,
    spanProcessors: [collector],
  });
  const uninstall = installRuntime(runtime);
  return () => {
    uninstall();
    contextManager.disable();
  };
});

/** The trace as the store has it, from the very records, in as many batches as there are records. */
async function stored(traceId: string) {
  for (const record of collector.records(traceId) ?? []) await repo.ingest([record]);
  return repo.getTrace(traceId);
}

const complete = tracedSpan("llm:openai")(async (prompt: string, model = "gpt-4o-mini") => {
  recordGeneration({
    provider: "openai",
    model,
    inputMessages: [{ role: "user", content: prompt }],
    usage: { inputTokens: 1_203, outputTokens: 57 },
    costUsd: model === "dear" ? "0.123456789012" : undefined,
  });
  if (prompt === "fail") throw new RangeError("Too much was asked.", { cause: new Error("429") });
  return { text: `You asked: ${prompt}`, at: new Date(0) };
});
const train = tracedSpan("agent:trainer", { attributes: { "lesson.id": "l-1" } })(async (answer: string) => {
  await complete("fail").catch(() => undefined);
  await complete(answer, "dear");
  return tracedSpan("tool:notes")(() => ["one", 2, null])();
});

describe("a trace in memory is what the repository returns of it", () => {
  it("with agents, failed attempts, cost, tags and scores", async () => {
    const traceId = await TraceContext.run(
      {
        pipelineName: "learn",
        telegramId: 42,
        userId: 7n,
        sessionId: "s-1",
        tags: ["b", "a"],
        metadata: { build: 3 },
        input: { text: "hello" },
      },
      async (trace) => {
        trace.score("quality", 0.5, "so-so");
        trace.score("accuracy", 1);
        trace.addTag("late");
        await Promise.all([train("one"), train("two")]);
        await TraceContext.run({ pipelineName: "inner", tags: ["nested"] }, () => complete("three"));
        trace.setOutput({ score: 72 });
        return trace.traceId;
      },
    );
    const trace = collector.trace(traceId);
    expect(trace).toMatchObject({ spanCount: 11, errorCount: 2, models: ["dear", "gpt-4o-mini"] });
    expect(trace).toEqual(await stored(traceId));
  });

  it("when the run fails", async () => {
    let traceId = "";
    await expect(
      TraceContext.run({ pipelineName: "support" }, async (trace) => {
        traceId = trace.traceId;
        await complete("fail");
      }),
    ).rejects.toThrow("Too much");
    const trace = collector.trace(traceId);
    expect(trace).toMatchObject({ status: "error", error: { type: "RangeError" } });
    expect(trace).toEqual(await stored(traceId));
  });

  it("while the run goes on, and when work outlives it", async () => {
    const later = Promise.withResolvers<void>();
    let background: Promise<unknown> = Promise.resolve();
    const traceId = await TraceContext.run({ pipelineName: "learn", input: "hello" }, async (trace) => {
      await complete("one");
      const running = collector.trace(trace.traceId);
      expect(running).toMatchObject({ status: "running", durationMs: null, spanCount: 1 });
      expect(running).toEqual(await stored(trace.traceId));
      background = tracedSpan("agent:memory")(async () => {
        await later.promise;
        await complete("two");
      })();
      return trace.traceId;
    });
    later.resolve();
    await background;
    expect(collector.trace(traceId)).toEqual(await stored(traceId));
  });

  it("below a caller in another service, and linked from another trace", async () => {
    const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const other = await TraceContext.run({ pipelineName: "learn", parent }, async () => {
      await complete("one");
      return TraceContext.run({ pipelineName: "aside", newTrace: true }, ({ traceId }) => traceId);
    });
    for (const traceId of ["4bf92f3577b34da6a3ce929d0e0e4736", other]) {
      const trace = collector.trace(traceId);
      expect(trace?.spanCount).toBe(traceId === other ? 1 : 2);
      expect(trace).toEqual(await stored(traceId));
    }
  });
});
