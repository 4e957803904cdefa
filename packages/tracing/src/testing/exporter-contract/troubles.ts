import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Outcome, RecordExporter } from "../../collector/record-exporter.ts";
import type { Suite } from "./exporter-under-test.ts";
import { assertReason, inTime, sampleTrace, send } from "./sending.ts";

const LIMIT_BYTES = 64 * 1024;

export function describeTroubles({
  runner: { describe, it },
  unreachable,
  hanging,
  unauthorized,
  schemaMissing,
  limited,
}: Suite): void {
  const behaves = (what: string, status: Outcome["status"], open: () => Promise<RecordExporter>) =>
    it(`answers ${status} to every batch, and is not ready, when ${what}`, async () => {
      const exporter = await open();
      const secret = randomUUID();
      const batches = Array.from({ length: 4 }, () => sampleTrace(1, { input: JSON.stringify(secret) }));
      for (const outcome of await inTime(Promise.all(batches.map((batch) => send(exporter, batch))))) {
        assert.equal(outcome.status, status);
        assertReason(outcome, secret);
      }
      assert.equal((await exporter.ready?.()) ?? false, false);
    });

  describe("in trouble", () => {
    if (unreachable) behaves("nobody answers", "retry", unreachable);
    if (unauthorized) behaves("its key is refused", "unauthorized", unauthorized);
    if (schemaMissing) behaves("the schema is missing", "schema-missing", schemaMissing);
    if (limited) {
      it("answers too-large to a batch that is too large, and stores halves that are not", async () => {
        const exporter = await limited(LIMIT_BYTES);
        const trace = sampleTrace(3, { input: JSON.stringify("x".repeat(LIMIT_BYTES / 3)) });
        const outcome = await send(exporter, trace);
        assert.equal(outcome.status, "too-large");
        assertReason(outcome);
        assert.deepEqual(await send(exporter, trace.slice(0, 2)), { status: "stored" });
      });
    }
    if (hanging) {
      it("gives a request up when it is aborted, and says retry", async () => {
        const exporter = await hanging();
        const abort = new AbortController();
        const sending = send(exporter, sampleTrace(1), abort.signal);
        const asking = exporter.ready?.({ signal: abort.signal });
        setTimeout(() => abort.abort(), 100);
        const outcome = await inTime(sending);
        assert.equal(outcome.status, "retry");
        assertReason(outcome);
        assert.equal((await inTime(Promise.resolve(asking))) ?? false, false);
      });
    }
  });
}
