import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { TraceRecord } from "../../record/record.ts";
import { StoreError } from "../../store/store-client.ts";
import type { ListFilter } from "../../store/trace-repo.ts";
import type { ContractRunner } from "../contract-runner.ts";
import { sampleModelCall, sampleRecord } from "../sample-record.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

export function describeReading({ describe, it }: ContractRunner, store: StoreUnderTest): void {
  const idsOf = async (filter: ListFilter) =>
    (await store.repo.listTraces(filter)).traces.map((trace) => trace.traceId);

  describe("reading", () => {
    it("finds no trace and no span that is not there", async () => {
      const root = sampleRecord();
      assert.equal(await store.repo.getTrace(root.trace_id), null);
      assert.equal(await store.repo.getSpan(root.trace_id, root.span_id), null);
      await store.repo.ingest([root]);
      assert.equal(await store.repo.getSpan(root.trace_id, "f".repeat(16)), null);
    });

    it("leaves content out of a skeleton", async () => {
      const root = sampleRecord({ input: '"long"', output: '"long"', attributes: '{"a":1}', events: "[]" });
      await store.repo.ingest([root]);
      const skeleton = await store.repo.getTrace(root.trace_id, { skeleton: true });
      assert.deepEqual([skeleton?.input, skeleton?.output, skeleton?.spans[0]?.attributes], [null, null, {}]);
      assert.equal(skeleton?.spans[0]?.name, "learn");
    });

    it("lists by every condition, alone and together", async () => {
      const pipeline = `filters-${randomUUID()}`;
      const common = { pipeline, start: "2026-11-20T08:00:00.000000Z", duration_us: 2_000_000 };
      const wanted = sampleRecord({
        ...common,
        status: "error",
        telegram_id: `t-${pipeline}`,
        user_id: `u-${pipeline}`,
        session_id: `s-${pipeline}`,
        service: `bot-${pipeline}`,
        tags: ["vip", "beta"],
        error_type: "Error",
        error_message: "boom",
      });
      const cheap = sampleModelCall(wanted, { model: `model-${pipeline}`, cost_usd: "0.05" });
      const other = sampleRecord({ ...common, start: "2026-11-21T08:00:00.000000Z", duration_us: 3_000_000 });
      await store.repo.ingest([wanted, cheap, other]);

      const conditions: ListFilter[] = [
        { status: "error" },
        { telegramId: `t-${pipeline}` },
        { userId: `u-${pipeline}` },
        { sessionId: `s-${pipeline}` },
        { serviceName: `bot-${pipeline}` },
        { model: `model-${pipeline}` },
        { tag: "beta" },
        { until: "2026-11-21T08:00:00Z" },
        { maxDurationMs: 2_999.9 },
        { minCostUsd: 0.05 },
        { minCostUsd: "0.0499999" },
        { text: "BOOM" },
      ];
      for (const condition of conditions) {
        assert.deepEqual(
          await idsOf({ pipelineName: pipeline, ...condition }),
          [wanted.trace_id],
          JSON.stringify(condition),
        );
      }
      assert.deepEqual(await idsOf(Object.assign({ pipelineName: pipeline }, ...conditions)), [
        wanted.trace_id,
      ]);
      for (const condition of [
        { since: new Date("2026-11-21T08:00:00Z") },
        { minDurationMs: 2_000.1 },
        { status: "ok" as const },
      ]) {
        assert.deepEqual(
          await idsOf({ pipelineName: pipeline, ...condition }),
          [other.trace_id],
          JSON.stringify(condition),
        );
      }
      assert.deepEqual(await idsOf({ pipelineName: pipeline, model: "absent" }), []);
    });

    it("pages newest first, each trace once, also among equal times", async () => {
      const pipeline = `pages-${randomUUID()}`;
      const roots = Array.from({ length: 11 }, (_, index) =>
        sampleRecord({ pipeline, start: `2026-11-20T10:00:0${Math.floor(index / 4)}.000000Z` }),
      );
      await store.repo.ingest(roots);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.repo.listTraces({ pipelineName: pipeline, limit: 3, cursor });
        assert.ok(page.traces.length <= 3);
        seen.push(...page.traces.map((trace) => trace.traceId));
        cursor = page.nextCursor ?? undefined;
        // A trace that comes meanwhile is newer, and does not move the pages.
        if (seen.length === 3)
          await store.repo.ingest([sampleRecord({ pipeline, start: "2026-11-20T11:00:00.000000Z" })]);
      } while (cursor);
      const key = ({ start, trace_id }: TraceRecord) => `${start} ${trace_id}`;
      const expected = roots.toSorted((a, b) => (key(a) < key(b) ? 1 : -1)).map((root) => root.trace_id);
      assert.deepEqual(seen, expected);
    });

    it("refuses a cursor and a condition that it did not make, and names them", async () => {
      await assert.rejects(
        store.repo.listTraces({ cursor: "yesterday" }),
        /filter\.cursor is "yesterday"; accepted: the nextCursor/,
      );
      await assert.rejects(
        store.repo.listTraces({ nope: 1 } as ListFilter),
        /filter\.nope is 1; accepted: only pipelineName/,
      );
      await assert.rejects(
        store.client.rpc("list_traces", { filter: { cursor: "yesterday" } }),
        (error) => error instanceof StoreError && error.kind === "rejected" && /cursor/.test(error.message),
      );
    });

    it("finds text in names, errors, inputs and outputs, and takes it as it is written", async () => {
      const pipeline = `text-${randomUUID()}`;
      const places: Partial<TraceRecord>[] = [
        { name: "100%_needle\\" },
        { input: '"a 100%_needle\\\\ b"' },
        { output: '"a 100%_needle\\\\ b"' },
        { error_message: "100%_needle\\", error_type: "Error", status: "error" },
      ];
      const roots = places.map((place) => sampleRecord({ pipeline, ...place }));
      const inChild = sampleRecord({ pipeline });
      const decoy = sampleRecord({ pipeline, name: "100 and a needle" });
      await store.repo.ingest([
        ...roots,
        inChild,
        sampleModelCall(inChild, { name: "x100%_needle\\" }),
        decoy,
      ]);
      const found = await idsOf({ pipelineName: pipeline, text: "100%_NEEDLE\\" });
      assert.deepEqual(found.toSorted(), [...roots, inChild].map((root) => root.trace_id).toSorted());
    });

    it("attaches scores, one a name", async () => {
      const root = sampleRecord();
      assert.equal(await store.repo.score(root.trace_id, { name: "helpful", value: 1 }), false);
      await store.repo.ingest([root]);
      assert.equal(await store.repo.score(root.trace_id, { name: "helpful", value: 1 }), true);
      assert.equal(
        await store.repo.score(root.trace_id, { name: "accurate", value: "yes", comment: "checked" }),
        true,
      );
      assert.equal(await store.repo.score(root.trace_id, { name: "helpful", value: 0 }), true);
      // Sending the trace again leaves them alone.
      await store.repo.ingest([root]);
      assert.deepEqual((await store.repo.getTrace(root.trace_id))?.scores, [
        { name: "accurate", value: "yes", comment: "checked" },
        { name: "helpful", value: 0 },
      ]);
      await assert.rejects(
        store.client.rpc("score", { trace_id: root.trace_id, score: { name: "" } }),
        /name and a value/,
      );
    });
  });
}
