import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { TraceRecord } from "../../record/record.ts";
import { eraseSpooled } from "../../store/erase-spooled.ts";
import type { ContractRunner } from "../contract-runner.ts";
import { sampleModelCall, sampleRecord, unfinished } from "../sample-record.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

/** Later than any erasure that a test makes. */
const afterwards = () => new Date(Date.now() + 60_000).toISOString().replace("Z", "000Z");

export function describeErasure({ describe, it }: ContractRunner, store: StoreUnderTest): void {
  const ingest = (...records: TraceRecord[]) => store.repo.ingest(records);
  const figures = async (pipelineName: string) => {
    const { count, spanCount, inputTokens, costUsd } = await store.repo.stats({ pipelineName });
    return { count, spanCount, inputTokens, costUsd };
  };

  describe("erasure", () => {
    it("stores nothing that comes late of whoever is erased, and everything they do afterwards", async () => {
      for (const owner of ["user_id", "telegram_id"] as const) {
        const id = randomUUID();
        const root = sampleRecord({ [owner]: id, pipeline: id });
        const { started, interrupted } = unfinished(root);
        await ingest(started);
        const filter = owner === "user_id" ? { userId: id } : { telegramId: id };
        assert.deepEqual(await store.repo.deleteTraces(filter), { traces: 1, spans: 0 });

        const other = sampleRecord({ pipeline: id });
        const late = sampleRecord({ [owner]: id, pipeline: id });
        assert.deepEqual(await ingest(sampleModelCall(root), root, interrupted, late, other), {
          inserted: 1,
          duplicates: 0,
          erased: 4,
        });
        for (const { trace_id } of [root, late]) assert.equal(await store.repo.getTrace(trace_id), null);
        const next = sampleRecord({ [owner]: id, pipeline: id, start: afterwards() });
        assert.deepEqual(await ingest(next, sampleModelCall(next)), { inserted: 2, duplicates: 0 });
        assert.equal((await store.repo.getTrace(next.trace_id))?.spanCount, 2);
        assert.deepEqual(await figures(id), { count: 2, spanCount: 3, inputTokens: 10, costUsd: "0.001" });
      }
    });

    it("removes a trace whose spans came first once its root says whose it is", async () => {
      const id = randomUUID();
      const root = sampleRecord({ user_id: id, pipeline: id });
      await store.repo.deleteTraces({ userId: id });
      await ingest(sampleModelCall(root), sampleModelCall(root));
      assert.equal((await store.repo.getTrace(root.trace_id))?.spanCount, 2);
      assert.deepEqual(await ingest(root), { inserted: 0, duplicates: 0, erased: 1 });
      assert.equal(await store.repo.getTrace(root.trace_id), null);
      assert.deepEqual(await ingest(sampleModelCall(root)), { inserted: 0, duplicates: 0, erased: 1 });
      assert.deepEqual(await figures(id), { count: 0, spanCount: 0, inputTokens: null, costUsd: null });
    });

    it("stores nothing that comes late of an erased trace, stored or not", async () => {
      const roots = [sampleRecord(), sampleRecord()] as const;
      await ingest(roots[0]);
      for (const { trace_id: traceId } of roots) await store.repo.deleteTraces({ traceId });
      for (const root of roots) {
        assert.deepEqual(await ingest(root, sampleModelCall(root)), {
          inserted: 0,
          duplicates: 0,
          erased: 2,
        });
      }
    });

    it("takes several conditions together, and an age for what it is", async () => {
      const id = randomUUID();
      const [user_id, telegram_id] = [id, `${id}-t`];
      const both = () => sampleRecord({ user_id, telegram_id });
      const early = sampleRecord({ user_id, start: "2026-11-23T00:00:00.000000Z" });
      await store.repo.deleteTraces({ userId: user_id, telegramId: telegram_id });
      await store.repo.deleteTraces({ userId: user_id, before: "2026-11-24T00:00:00Z" });
      assert.deepEqual(
        await ingest(both(), sampleRecord({ user_id }), sampleRecord({ telegram_id }), early),
        {
          inserted: 2,
          duplicates: 0,
          erased: 2,
        },
      );

      const old = sampleRecord({ start: "1997-01-01T00:00:00.000000Z" });
      await ingest(old);
      assert.deepEqual(await store.repo.deleteTraces({ before: "1997-01-02T00:00:00Z" }), {
        traces: 1,
        spans: 1,
      });
      assert.deepEqual(await ingest(old), { inserted: 1, duplicates: 0 });
    });

    it("goes by the strongest root: a run of the erased within another's trace leaves that whole", async () => {
      const [owner, guest] = [randomUUID(), randomUUID()];
      const root = sampleRecord({ user_id: owner });
      const nested = sampleModelCall(root, { root: 2, user_id: guest });
      await store.repo.deleteTraces({ userId: guest });
      await ingest(unfinished(root).started);
      assert.deepEqual(await ingest(nested), { inserted: 1, duplicates: 0 });
      assert.deepEqual(await ingest(root), { inserted: 1, duplicates: 0 });
      await store.repo.deleteTraces({ userId: owner });
      assert.deepEqual(await ingest(nested, root), { inserted: 0, duplicates: 0, erased: 2 });
    });

    it("tells whoever erases in spools which traces are erased, and erases those found there", async () => {
      const known = sampleRecord();
      await store.repo.deleteTraces({ traceId: known.trace_id });
      const [orphaned, absent, foreign, other] = [
        sampleRecord(),
        sampleRecord(),
        sampleRecord({ user_id: randomUUID() }),
        sampleRecord(),
      ] as const;
      await ingest(sampleModelCall(orphaned), foreign, other);
      const claim = ({ trace_id: traceId }: TraceRecord, root: number) => ({ traceId, root });
      const found = await eraseSpooled(
        store.client,
        [claim(orphaned, 3), claim(absent, 3), claim(foreign, 2)],
        [known, orphaned, absent, foreign, other].map(({ trace_id }) => trace_id),
      );
      assert.deepEqual(found, {
        traces: 1,
        spans: 1,
        erased: new Set([known.trace_id, orphaned.trace_id, absent.trace_id]),
      });
      assert.equal(await store.repo.getTrace(orphaned.trace_id), null);
      assert.deepEqual(await ingest(absent), { inserted: 0, duplicates: 0, erased: 1 });
    });

    it("refuses a batch for its data as before", async () => {
      await store.repo.deleteTraces({ userId: randomUUID() });
      await assert.rejects(ingest(sampleRecord({ start: "no time" })), { kind: "rejected" });
      await assert.rejects(store.client.rpc("ingest", { batch: {} }), /must be an array/);
      await assert.rejects(
        store.repo.deleteTraces({ userId: randomUUID(), rememberDays: 0 }),
        /filter\.rememberDays is 0/,
      );
    });
  });
}
