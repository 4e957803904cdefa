import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Delivery } from "../../src/collector/delivery.ts";
import { Ledger } from "../../src/collector/ledger.ts";
import { Spool } from "../../src/collector/spool/spool.ts";
import { MemoryBackend } from "../support/memory-backend.ts";
import { sampleRecord } from "../support/sample-record.ts";

const cleanUps: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function setUp(options: { maxBatchRecords?: number } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "delivery-"));
  const ledger = new Ledger();
  const spool = new Spool({
    dir,
    onDrop: (reason, spans) => ledger.drop(reason, spans),
    onWarn: () => undefined,
  });
  const backend = new MemoryBackend();
  const delivery = new Delivery({
    spool,
    ledger,
    exporter: backend,
    maxBatchRecords: options.maxBatchRecords ?? 512,
    maxBatchBytes: 4 * 1024 * 1024,
    maxInFlight: 4,
    lingerMs: 5,
    minBackoffMs: 1,
    maxBackoffMs: 5,
    onChange: () => undefined,
  });
  cleanUps.push(async () => {
    await delivery.stop();
    spool.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const append = (count: number) => {
    ledger.end(count);
    spool.append(Array.from({ length: count }, () => JSON.stringify(sampleRecord())));
  };
  const balance = () => {
    const { ended, delivered, pending, deadLettered, sampledOut, dropped } = ledger.stats(
      spool.pendingSpans,
      0,
      "ok",
      undefined,
    );
    return (
      ended -
      delivered -
      pending -
      deadLettered -
      sampledOut -
      Object.values(dropped).reduce((a, b) => a + b, 0)
    );
  };
  return { spool, ledger, backend, delivery, append, balance };
}

describe("Delivery", () => {
  it("stores what is appended, without being asked", async () => {
    const { backend, delivery, append, spool } = setUp();
    delivery.start();
    append(3);
    await expect.poll(() => backend.stored.size).toBe(3);
    await expect.poll(() => spool.pendingRecords).toBe(0);
  });

  it("keeps at most four batches in flight and balances its ledger throughout", async () => {
    const { backend, delivery, append, balance, ledger } = setUp({ maxBatchRecords: 10 });
    const unbalanced: number[] = [];
    backend.answer = () => {
      if (balance() !== 0) unbalanced.push(balance());
      return undefined;
    };
    append(1_000);
    delivery.start();

    expect(await delivery.flush(10_000)).toBe(true);
    expect(ledger.counts().delivered).toBe(1_000);
    expect(backend.maxInFlight).toBe(4);
    expect(unbalanced).toEqual([]);
  });

  it("makes up for an outage in steps, and hurries for a flush", async () => {
    const { backend, delivery, append, spool } = setUp({ maxBatchRecords: 10 });
    let away = true;
    const storedAt: number[] = [];
    backend.answer = () => {
      if (away) return { status: "retry", reason: "away" };
      storedAt.push(performance.now());
      return undefined;
    };
    append(200);
    delivery.start();
    await expect.poll(() => delivery.state).toBe("retrying");
    away = false;
    // Four were under way when the backend went.
    await expect.poll(() => storedAt.length, { timeout: 5_000 }).toBeGreaterThan(8);
    const steps = storedAt.slice(4);
    const gaps = steps.slice(1).map((at, index) => at - (steps[index] ?? at));
    // A timer may be a millisecond early by the finer clock.
    expect(Math.min(...gaps)).toBeGreaterThan(90);

    const before = storedAt.length;
    expect(await delivery.flush(10_000)).toBe(true);
    expect(spool.pendingRecords).toBe(0);
    const rushed = storedAt.slice(before);
    expect((rushed.at(-1) ?? 0) - (rushed[0] ?? 0)).toBeLessThan(rushed.length * 90);
  });

  it("makes up for an outage however much comes in meanwhile, and then rests no more", async () => {
    const { backend, delivery, append, spool, ledger } = setUp({ maxBatchRecords: 10 });
    let away = true;
    backend.answer = () => (away ? { status: "retry", reason: "away" } : undefined);
    append(500);
    delivery.start();
    await expect.poll(() => delivery.state).toBe("retrying");
    away = false;
    // More in every 100 ms than one batch holds.
    const busy = setInterval(() => append(10), 20);
    cleanUps.push(() => clearInterval(busy));
    await expect.poll(() => ledger.counts().delivered, { timeout: 15_000 }).toBeGreaterThan(600);
    await expect.poll(() => spool.pendingRecords, { timeout: 15_000 }).toBeLessThan(50);
  }, 40_000);

  it("flushes past a backend that has just come back, without waiting for its back-off", async () => {
    const { backend, delivery, append } = setUp();
    backend.healthy = false;
    backend.answer = () => ({ status: "retry", reason: "down", afterMs: 3_600_000 });
    delivery.start();
    append(2);
    await expect.poll(() => delivery.state).toBe("retrying");

    backend.answer = () => undefined;
    expect(await delivery.flush(5_000)).toBe(true);
    expect(backend.stored.size).toBe(2);
  });

  it("gives up a flush after its time and says so", async () => {
    const { backend, delivery, append } = setUp();
    backend.answer = () => ({ status: "unauthorized", reason: "401" });
    delivery.start();
    append(1);
    expect(await delivery.flush(50)).toBe(false);
    expect(delivery.state).toBe("paused");
  });

  it("leaves what it could not deliver in the spool when it stops", async () => {
    const { backend, delivery, append, spool, balance } = setUp();
    backend.answer = () => ({ status: "retry", reason: "down" });
    delivery.start();
    append(5);
    await delivery.flush(20);
    await delivery.stop();
    expect(spool.pendingSpans).toBe(5);
    expect(balance()).toBe(0);
  });
});
