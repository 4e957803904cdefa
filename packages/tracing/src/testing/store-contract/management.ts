import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { LATEST_SCHEMA_VERSION } from "../../store/migrator.ts";
import type { DeleteFilter } from "../../store/trace-repo.ts";
import type { ContractRunner } from "../contract-runner.ts";
import { sampleModelCall, sampleRecord } from "../sample-record.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

export function describeManagement({ describe, it }: ContractRunner, store: StoreUnderTest): void {
  describe("management", () => {
    it("has the newest schema", async () => {
      assert.equal(await store.repo.schemaVersion(), LATEST_SCHEMA_VERSION);
    });

    it("erases by trace, user, Telegram id and age, and takes what it erased out of the statistics", async () => {
      const id = randomUUID();
      const before = "1999-01-02T00:00:00.000000Z";
      const run = (overrides: object) => sampleRecord({ pipeline: id, ...overrides });
      const gone = {
        traceId: run({}),
        userId: run({ user_id: id }),
        telegramId: run({ telegram_id: id }),
        before: run({ start: "1999-01-01T00:00:00.000000Z" }),
      };
      const kept = run({});
      await store.repo.ingest(
        [...Object.values(gone), kept].flatMap((root) => [root, sampleModelCall(root)]),
      );

      const filters: DeleteFilter[] = [
        { traceId: gone.traceId.trace_id },
        { userId: id },
        { telegramId: id },
        { before },
      ];
      for (const filter of filters) {
        assert.deepEqual(await store.repo.deleteTraces({ ...filter, dryRun: true }), { traces: 1, spans: 2 });
        assert.deepEqual(
          await store.repo.deleteTraces(filter),
          { traces: 1, spans: 2 },
          JSON.stringify(filter),
        );
        assert.deepEqual(await store.repo.deleteTraces(filter), { traces: 0, spans: 0 });
      }
      for (const root of Object.values(gone)) assert.equal(await store.repo.getTrace(root.trace_id), null);
      assert.equal((await store.repo.getTrace(kept.trace_id))?.spanCount, 2);
      const { count, spanCount, costUsd } = await store.repo.stats({ pipelineName: id });
      assert.deepEqual([count, spanCount, costUsd], [1, 2, "0.001"]);
    });

    it("erases more than fits one call", async () => {
      const userId = randomUUID();
      const roots = Array.from({ length: 2_100 }, () => sampleRecord({ user_id: userId }));
      for (let at = 0; at < roots.length; at += 500) await store.repo.ingest(roots.slice(at, at + 500));
      assert.deepEqual(await store.repo.deleteTraces({ userId }), { traces: 2_100, spans: 2_100 });
      assert.deepEqual((await store.repo.listTraces({ userId })).traces, []);
    });

    it("erases nothing without a condition", async () => {
      await assert.rejects(store.repo.deleteTraces({}), /name what to delete/);
      await assert.rejects(
        store.repo.deleteTraces({ traceId: "*" }),
        /filter\.traceId is "\*"; accepted: 32/,
      );
    });

    it("drops days past retention, with their traces, and folds the figures of the rest", async () => {
      const pipelineName = randomUUID();
      const old = sampleRecord({ pipeline: pipelineName, start: "1998-01-02T00:00:00.000000Z" });
      await store.repo.ingest([old]);
      const recent = new Date(Date.now() - 26 * 3_600_000).toISOString().replace("Z", "000Z");
      for (let turn = 0; turn < 3; turn += 1) {
        const root = sampleRecord({ pipeline: pipelineName, start: recent });
        await store.repo.ingest([root, sampleModelCall(root)]);
      }
      const stats = await store.repo.stats({ pipelineName, since: recent });
      assert.equal(stats.count, 3);

      const report = await store.repo.maintain({ retentionDays: 3_650 });
      assert.ok(report.droppedDays.includes("spans_19980102"), JSON.stringify(report));
      assert.ok(report.deletedTraces >= 1);
      assert.equal(await store.repo.getTrace(old.trace_id), null);
      assert.deepEqual(await store.repo.stats({ pipelineName, since: recent }), stats);
      await store.repo.maintain();
      assert.deepEqual(await store.repo.stats({ pipelineName }), {
        ...stats,
        bucket: "day",
        byTime: (await store.repo.stats({ pipelineName, bucket: "day" })).byTime,
      });
      await assert.rejects(store.client.rpc("maintain", { options: { retentionDays: 0 } }), /at least 1/);
    });
  });
}
