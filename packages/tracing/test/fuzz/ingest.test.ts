import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeRecord } from "../../src/record/to-record.ts";
import { RawJson } from "../../src/store/store-client.ts";
import { PROPERTY_TIMEOUT_MS, runs } from "../support/property-runs.ts";
import { useJudge } from "./database.ts";
import { recordSet, toBatches } from "./record-sets.ts";
import { storedTables, tablesOf } from "./reference-store.ts";

const judge = useJudge();

async function ingest(batch: readonly string[]): Promise<{ inserted: number; duplicates: number }> {
  const answer = await judge().client.rpc("ingest", { batch: RawJson.arrayOf(batch) });
  return answer as { inserted: number; duplicates: number };
}

describe("ingest of any records", () => {
  it("leaves the same tables whatever comes first, comes twice, or comes together", {
    timeout: PROPERTY_TIMEOUT_MS,
  }, async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(recordSet, fc.constantFrom(1, 4), async ({ records, arrivals }, inFlight) => {
        for (const arrival of arrivals) {
          run += 1;
          const prefix = `run ${run} of `;
          const traceIds = Array.from({ length: 3 }, () => randomBytes(16).toString("hex"));
          const all = records(traceIds, prefix);
          const expected = tablesOf(all);
          const inserted = await send(
            toBatches(all, arrival).map((batch) => batch.map(encodeRecord)),
            inFlight,
          );
          expect(inserted).toBe(expected.spans.length);
          expect(await storedTables(judge(), traceIds, prefix)).toEqual(expected);
        }
      }),
      runs(120),
    );
  });
});

/** Sends batches, so many at a time; resolves to how many spans were new. */
async function send(batches: readonly string[][], inFlight: number): Promise<number> {
  let inserted = 0;
  for (let at = 0; at < batches.length; at += inFlight) {
    const answers = await Promise.all(batches.slice(at, at + inFlight).map(ingest));
    for (const answer of answers) inserted += answer.inserted;
  }
  return inserted;
}
