import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSpoolStatus } from "../../../src/collector/spool/spool.ts";
import { drain, encoded, idOf, openSpool, scratch } from "./records.ts";

describe("readSpoolStatus", () => {
  it("tells living from dead, what waits in each, and what its owner counted", async () => {
    const root = scratch();
    const { spool: dead } = openSpool(root);
    dead.append([encoded("span", 1), encoded("started", 2)]);
    dead.deadLetter([{ record: encoded("span", 3), reason: "poison" }]);
    dead.close();
    const { spool } = openSpool(root);
    spool.setLedger(() => ({ ended: 7 }));
    for (let id = 10; id < 15; id++) spool.append([encoded("span", id)]);
    const batch = await spool.take({ maxRecords: 2, maxBytes: 1e6 });
    if (batch) spool.settle(batch);
    spool.flushSync();

    const statuses = readSpoolStatus(root);
    expect(statuses).toHaveLength(2);
    expect(statuses.find((status) => status.directory === dead.dir)).toMatchObject({
      pid: process.pid,
      alive: false,
      pendingRecords: 2,
      pendingSpans: 1,
      deadLetters: 1,
      damagedSpans: 0,
      ledger: {},
    });
    const own = statuses.find((status) => status.directory === spool.dir);
    expect(own).toMatchObject({ alive: true, pendingRecords: 3, deadLetters: 0, ledger: { ended: 7 } });
    expect(own?.checkpointAgeMs).toBeGreaterThanOrEqual(0);
    expect(own?.bytes).toBeGreaterThan(1000);
    // Looking has not changed anything.
    expect((await drain(spool)).map(idOf)).toEqual([12, 13, 14]);
    expect((await spool.adopt()).directories).toBe(1);
  });

  it("finds nothing where nothing is", () => {
    expect(readSpoolStatus(join(scratch(), "nowhere"))).toEqual([]);
    expect(readSpoolStatus(scratch())).toEqual([]);
  });
});
