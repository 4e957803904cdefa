import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { TraceRecord } from "../../record/record.ts";
import { sampleRecord } from "../sample-record.ts";
import type { Suite } from "./exporter-under-test.ts";
import { assertNothingStored, assertReason, assertStored, sampleTrace, send } from "./sending.ts";

const POISONS: NonNullable<Suite["poisons"]> = {
  "a NUL": (record) => ({ ...record, telegram_id: "4\u00002" }),
  "text in place of a number": (record) => ({
    ...record,
    input_tokens: record.output as unknown as number,
  }),
};

export function describeRefusal(suite: Suite): void {
  const { healthy, poisons = POISONS, hasSchema = true } = suite;
  const { it } = suite.runner;
  for (const [what, poison] of Object.entries(poisons)) {
    it(`refuses a batch as rejected for ${what}, stores none of it, and repeats nothing of it`, async () => {
      const secret = randomUUID();
      const [root, ...children] = sampleTrace(3, { input: JSON.stringify(secret) });
      const poisoned = poison(sampleRecord({ ...belowOf(root), output: JSON.stringify(secret) }));
      const outcome = await send(healthy().exporter, [root, poisoned, ...children]);
      assert.equal(outcome.status, "rejected");
      assertReason(outcome, secret);
      await assertNothingStored(suite, root);
      assert.deepEqual(await send(healthy().exporter, [root, ...children]), { status: "stored" });
      await assertStored(suite, [root, ...children]);
    });
  }

  if (!hasSchema) return;
  it("holds records of a format that the schema does not know, and blames none of them", async () => {
    const future = { ...sampleRecord(), v: 1_000 } as unknown as TraceRecord;
    const outcome = await send(healthy().exporter, [future]);
    assert.equal(outcome.status, "schema-missing");
    assertReason(outcome);
    await assertNothingStored(suite, future);
  });
}

function belowOf(root: TraceRecord): Partial<TraceRecord> {
  return { trace_id: root.trace_id, parent_span_id: root.span_id, root: 0, kind: "step" };
}
