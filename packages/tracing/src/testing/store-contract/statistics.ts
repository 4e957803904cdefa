import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ContractRunner } from "../contract-runner.ts";
import { sampleModelCall, sampleRecord } from "../sample-record.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

export function describeStatistics({ describe, it }: ContractRunner, store: StoreUnderTest): void {
  describe("statistics", () => {
    it("counts runs, agents and models, with their durations and usage, by time", async () => {
      const pipelineName = `stats-${randomUUID()}`;
      const times = [
        "2026-11-19T10:59:59.999999Z",
        "2026-11-19T11:00:00.000000Z",
        "2026-11-19T11:59:59.000000Z",
      ];
      const runs = times.map((start, index) =>
        sampleRecord({
          pipeline: pipelineName,
          start,
          duration_us: (index + 1) * 1_000_000,
          status: index === 2 ? "error" : "ok",
        }),
      );
      const children = runs.flatMap((run) => [
        sampleModelCall(run, {
          kind: "agent",
          agent: "trainer",
          name: "agent:trainer",
          counts_usage: false,
          duration_us: 500_000,
        }),
        sampleModelCall(run, { agent: "trainer", model: "small", duration_us: 400_000 }),
        sampleModelCall(run, { agent: null, model: "large", duration_us: 300_000, cost_usd: null }),
      ]);
      await store.repo.ingest([...runs, ...children]);

      const stats = await store.repo.stats({ pipelineName, bucket: "hour" });
      const usage = { inputTokens: 60, outputTokens: 12, costUsd: "0.003" };
      const total = {
        count: 3,
        errors: 1,
        errorRate: 0.3333,
        p50Ms: 2000,
        p95Ms: 3000,
        p99Ms: 3000,
        spanCount: 12,
        ...usage,
      };
      assert.deepEqual(Object.keys(stats).slice(0, 3), ["count", "errors", "errorRate"]);
      const { byTime, byPipeline, byAgent, byModel, ...figures } = stats;
      assert.deepEqual(figures, { ...total, percentiles: "exact", bucket: "hour" });
      assert.deepEqual(byPipeline, [{ pipelineName, ...total }]);
      assert.deepEqual(
        byTime.map((step) => [
          step.time,
          step.count,
          step.errors,
          step.p50Ms,
          step.spanCount,
          step.inputTokens,
        ]),
        [
          ["2026-11-19T10:00:00.000000Z", 1, 0, 1000, 4, 20],
          ["2026-11-19T11:00:00.000000Z", 2, 1, 2000, 8, 40],
        ],
      );
      assert.deepEqual(
        byAgent.map((agent) => [agent.agent, agent.count, agent.p50Ms, agent.inputTokens, agent.costUsd]),
        [["trainer", 3, 500, 30, "0.003"]],
      );
      assert.deepEqual(
        byModel.map((model) => [model.model, model.count, model.p50Ms, model.inputTokens, model.costUsd]),
        [
          ["large", 3, 300, 30, null],
          ["small", 3, 400, 30, "0.003"],
        ],
      );

      const late = await store.repo.stats({
        pipelineName,
        since: "2026-11-19T11:00:00Z",
        until: "2026-11-19T11:59:59Z",
      });
      assert.deepEqual([late.count, late.errors, late.p50Ms, late.spanCount], [1, 0, 2000, 4]);
    });

    it("answers for a time in which nothing happened", async () => {
      const stats = await store.repo.stats({ pipelineName: `none-${randomUUID()}` });
      const { byTime, byPipeline, byAgent, byModel, ...figures } = stats;
      assert.deepEqual([byTime, byPipeline, byAgent, byModel], [[], [], [], []]);
      assert.deepEqual(
        [figures.count, figures.errorRate, figures.p50Ms, figures.costUsd],
        [0, 0, null, null],
      );
    });

    it("groups failures by what caused them, the latest first", async () => {
      const pipeline = `errors-${randomUUID()}`;
      const failure = (fingerprint: string, second: number, message: string) =>
        sampleRecord({
          pipeline,
          status: "error",
          start: `2026-11-19T10:00:0${second}.000000Z`,
          error_type: "TimeoutError",
          error_message: message,
          fingerprint,
        });
      const failures = [
        failure("a".repeat(16), 1, "first"),
        failure("b".repeat(16), 2, "other"),
        failure("a".repeat(16), 3, "last"),
      ];
      await store.repo.ingest(failures);
      assert.deepEqual(await store.repo.errors({ pipelineName: pipeline }), [
        {
          fingerprint: "a".repeat(16),
          count: 2,
          lastSeen: "2026-11-19T10:00:03.000000Z",
          name: "learn",
          type: "TimeoutError",
          message: "last",
          traceId: failures[2]?.trace_id,
        },
        {
          fingerprint: "b".repeat(16),
          count: 1,
          lastSeen: "2026-11-19T10:00:02.000000Z",
          name: "learn",
          type: "TimeoutError",
          message: "other",
          traceId: failures[1]?.trace_id,
        },
      ]);
      assert.equal((await store.repo.errors({ pipelineName: pipeline, limit: 1 })).length, 1);
      assert.equal(
        (await store.repo.errors({ pipelineName: pipeline, until: "2026-11-19T10:00:02Z" })).length,
        1,
      );
    });
  });
}
