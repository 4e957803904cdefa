import assert from "node:assert/strict";
import { RawJson, StoreError } from "../../store/store-client.ts";
import type { ContractRunner } from "../contract-runner.ts";
import { sampleModelCall, sampleRecord, unfinished } from "../sample-record.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

export function describeIngest({ describe, it }: ContractRunner, store: StoreUnderTest): void {
  describe("ingest", () => {
    it("gives a trace back as it was stored", async () => {
      const root = sampleRecord({
        user_id: "7",
        telegram_id: "42",
        session_id: "s-1",
        tags: ["vip", "beta"],
        metadata: '{"plan":"pro"}',
        input: '{"q":1}',
        output: '"done"',
        scores: '[{"name":"helpful","value":0.5,"comment":"so so"}]',
      });
      const failed = sampleModelCall(root, {
        agent: "trainer",
        status: "error",
        start: "2026-11-24T10:00:00.250000Z",
        duration_us: 1_234,
        input_tokens: null,
        output_tokens: null,
        cost_usd: null,
        counts_usage: false,
        error_type: "TimeoutError",
        error_message: "no answer",
        error_stack: "TimeoutError: no answer\n    at call",
        fingerprint: "0123456789abcdef",
        attributes: '{"attempt":1}',
        events: '[{"name":"exception","time":"2026-11-24T10:00:00.251234Z","attributes":{}}]',
        links: `[{"traceId":"${"1".repeat(32)}","spanId":"${"2".repeat(16)}","attributes":{}}]`,
      });
      assert.deepEqual(await store.repo.ingest([root, failed]), { inserted: 2, duplicates: 0 });

      const none = {
        provider: null,
        model: null,
        inputTokens: null,
        outputTokens: null,
        costUsd: null,
        costSource: null,
      };
      assert.deepEqual(await store.repo.getTrace(root.trace_id), {
        traceId: root.trace_id,
        pipelineName: "learn",
        status: "ok",
        startTime: "2026-11-24T10:00:00.000001Z",
        durationMs: 1500,
        telegramId: "42",
        userId: "7",
        sessionId: "s-1",
        tags: ["vip", "beta"],
        metadata: { plan: "pro" },
        serviceName: "bot",
        spanCount: 2,
        errorCount: 1,
        models: ["small"],
        inputTokens: null,
        outputTokens: null,
        costUsd: null,
        error: null,
        scores: [{ name: "helpful", value: 0.5, comment: "so so" }],
        input: { q: 1 },
        output: "done",
        spans: [
          {
            ...none,
            spanId: root.span_id,
            parentSpanId: null,
            name: "learn",
            kind: "pipeline",
            status: "ok",
            startTime: "2026-11-24T10:00:00.000001Z",
            durationMs: 1500,
            agent: null,
            error: null,
            input: { q: 1 },
            output: "done",
            attributes: {},
            events: [],
            links: [],
          },
          {
            ...none,
            spanId: failed.span_id,
            parentSpanId: root.span_id,
            name: "llm:local",
            kind: "llm",
            status: "error",
            startTime: "2026-11-24T10:00:00.250000Z",
            durationMs: 1.234,
            agent: "trainer",
            provider: "local",
            model: "small",
            error: {
              type: "TimeoutError",
              message: "no answer",
              stack: "TimeoutError: no answer\n    at call",
            },
            input: null,
            output: null,
            attributes: { attempt: 1 },
            events: [{ name: "exception", time: "2026-11-24T10:00:00.251234Z", attributes: {} }],
            links: [{ traceId: "1".repeat(32), spanId: "2".repeat(16), attributes: {} }],
          },
        ],
      });
    });

    it("stores a span once, however often and in whatever company it is sent", async () => {
      const root = sampleRecord();
      const call = sampleModelCall(root);
      assert.deepEqual(await store.repo.ingest([call, root, call]), { inserted: 2, duplicates: 1 });
      assert.deepEqual(await store.repo.ingest([root, call]), { inserted: 0, duplicates: 2 });
      const trace = await store.repo.getTrace(root.trace_id);
      assert.equal(trace?.spans.length, 2);
      assert.deepEqual([trace?.spanCount, trace?.inputTokens, trace?.costUsd], [2, 10, "0.001"]);
    });

    it("counts exactly when overlapping batches arrive at once, children before their root", async () => {
      const root = sampleRecord({ status: "error", error_type: "Error", error_message: "no" });
      const calls = Array.from({ length: 40 }, (_, index) =>
        sampleModelCall(root, { model: `m${index % 3}`, status: index % 10 === 0 ? "error" : "ok" }),
      );
      const records = [...calls, root];
      const rotated = (by: number) => [...records.slice(by), ...records.slice(0, by)];
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, turn) => store.repo.ingest(rotated(turn * 5))),
      );
      const inserted = answers.map((answer) => ("inserted" in answer ? answer.inserted : Number.NaN));
      assert.equal(
        inserted.reduce((sum, count) => sum + count),
        41,
      );
      const trace = await store.repo.getTrace(root.trace_id);
      assert.deepEqual(
        [
          trace?.status,
          trace?.spanCount,
          trace?.errorCount,
          trace?.inputTokens,
          trace?.outputTokens,
          trace?.costUsd,
        ],
        ["error", 41, 5, 400, 80, "0.04"],
      );
      assert.deepEqual(trace?.models, ["m0", "m1", "m2"]);
      assert.equal(trace?.spans.length, 41);
    });

    it("tells a trace's end in whatever order its records arrive", async () => {
      for (const order of permutations(["started", "interrupted", "ended"] as const)) {
        const root = sampleRecord({ input: '"question"', output: '"answer"' });
        const records = { ...unfinished(root), ended: root };
        const statuses: unknown[] = [];
        for (const which of order) {
          await store.repo.ingest([records[which]]);
          statuses.push((await store.repo.getTrace(root.trace_id))?.status);
        }
        const ranks = { started: "running", interrupted: "interrupted", ended: "ok" };
        const expected = order.map((_, index) => {
          const so = order.slice(0, index + 1);
          return so.includes("ended")
            ? ranks.ended
            : so.includes("interrupted")
              ? ranks.interrupted
              : ranks.started;
        });
        assert.deepEqual(statuses, expected, order.join(", "));
        const trace = await store.repo.getTrace(root.trace_id);
        assert.deepEqual([trace?.spanCount, trace?.spans.length], [1, 1], order.join(", "));
      }
    });

    it("shows a run while it runs, and what it was given after its process died", async () => {
      const root = sampleRecord({ input: '{"q":1}', attributes: '{"a":1}' });
      const { started, interrupted } = unfinished(root);
      await store.repo.ingest([started, sampleModelCall(root)]);
      const running = await store.repo.getTrace(root.trace_id);
      assert.deepEqual([running?.status, running?.durationMs, running?.input], ["running", null, { q: 1 }]);
      assert.deepEqual(
        running?.spans.map((span) => [span.name, span.status, span.durationMs]),
        [
          ["learn", "running", null],
          ["llm:local", "ok", 1500],
        ],
      );
      assert.equal((await store.repo.getSpan(root.trace_id, root.span_id))?.status, "running");

      await store.repo.ingest([interrupted]);
      const dead = await store.repo.getTrace(root.trace_id);
      assert.deepEqual([dead?.status, dead?.durationMs, dead?.input], ["interrupted", 1500, { q: 1 }]);
      assert.equal(dead?.spans.length, 2);
      assert.deepEqual((await store.repo.getSpan(root.trace_id, root.span_id))?.input, { q: 1 });
    });

    it("gives a trace the header of its strongest root, and takes children that come long after it", async () => {
      const remote = sampleRecord({
        root: 2,
        parent_span_id: "c".repeat(16),
        pipeline: "inner",
        name: "inner",
      });
      const root = sampleRecord({
        trace_id: remote.trace_id,
        pipeline: "outer",
        name: "outer",
        user_id: "1",
      });
      const late = sampleModelCall(root, { start: "2026-11-26T00:00:00.000000Z" });
      await store.repo.ingest([late]);
      assert.equal((await store.repo.getTrace(root.trace_id))?.status, "running");
      await store.repo.ingest([remote]);
      await store.repo.ingest([root]);
      await store.repo.ingest([unfinished(remote).started]);
      const trace = await store.repo.getTrace(root.trace_id);
      assert.deepEqual(
        [trace?.pipelineName, trace?.status, trace?.userId, trace?.spanCount],
        ["outer", "ok", "1", 3],
      );
      assert.deepEqual(trace?.spans.at(-1)?.startTime, "2026-11-26T00:00:00.000000Z");
    });

    it("keeps what parsers on the way would break", async () => {
      const input =
        '{"nul":"\\u0000","half":"\\ud800","id":18446744073709551616,"quote":"\\"\\\\ \u2028 é 🙂"}';
      const root = sampleRecord({
        input,
        telegram_id: "9007199254740993",
        cost_usd: "0.123456789012345678901",
        start: "2026-11-24T23:59:59.999999Z",
      });
      await store.repo.ingest([root]);
      const trace = await store.repo.getTrace(root.trace_id);
      assert.deepEqual(trace?.input, JSON.parse(input));
      assert.equal(trace?.telegramId, "9007199254740993");
      assert.equal(trace?.spans[0]?.costUsd, "0.123456789012345678901");
      assert.equal(trace?.startTime, "2026-11-24T23:59:59.999999Z");
    });

    it("stores nothing of a format it does not know, and says so", async () => {
      const [known, newer] = [sampleRecord(), sampleRecord()];
      const answer = await store.repo.ingest([
        known,
        JSON.stringify({ ...newer, v: 2, start: "in a form to come" }),
      ]);
      assert.deepEqual(answer, { unsupported: true, format: 1 });
      assert.equal(await store.repo.getTrace(known.trace_id), null);
    });

    it("refuses a batch for its data as a whole", async () => {
      const good = sampleRecord();
      for (const poison of [{ start: "not a time" }, { span_id: "xyz" }, { input_tokens: 1.5 }]) {
        const batch = [JSON.stringify(good), JSON.stringify({ ...sampleRecord(), ...poison })];
        await assert.rejects(store.repo.ingest(batch), isRejection, JSON.stringify(poison));
      }
      await assert.rejects(store.client.rpc("ingest", { batch: new RawJson('{"v":1}') }), isRejection);
      assert.equal(await store.repo.getTrace(good.trace_id), null);
    });

    it("takes a trace of thousands of spans", async () => {
      const root = sampleRecord();
      const calls = Array.from({ length: 2_000 }, () => sampleModelCall(root));
      for (let at = 0; at < calls.length; at += 500) await store.repo.ingest(calls.slice(at, at + 500));
      await store.repo.ingest([root]);
      const trace = await store.repo.getTrace(root.trace_id);
      assert.deepEqual([trace?.spanCount, trace?.spans.length, trace?.inputTokens], [2_001, 2_001, 20_000]);
    });
  });
}

function isRejection(error: unknown): boolean {
  return error instanceof StoreError && error.kind === "rejected";
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}
