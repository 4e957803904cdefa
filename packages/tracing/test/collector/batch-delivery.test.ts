import { describe, expect, it } from "vitest";
import { deliverBatch } from "../../src/collector/batch-delivery.ts";
import { Circuit } from "../../src/collector/circuit.ts";
import type { TraceRecord } from "../../src/record/record.ts";
import { MemoryBackend } from "../support/memory-backend.ts";
import { sampleRecord } from "../support/sample-record.ts";

function setUp(records: TraceRecord[]) {
  const backend = new MemoryBackend();
  const deadLetters: { name: string; reason: string }[] = [];
  const abort = new AbortController();
  const erased = new Set<string>();
  const deliver = () =>
    deliverBatch(
      records.map((record) => JSON.stringify(record)),
      {
        exporter: backend,
        circuit: new Circuit({ minDelayMs: 1, maxDelayMs: 2 }),
        signal: abort.signal,
        deadLetter: (record, reason) =>
          deadLetters.push({ name: (JSON.parse(record) as TraceRecord).name, reason }),
        findErased: async () => erased,
      },
    );
  return { backend, deadLetters, deliver, abort, erased };
}

const many = (count: number) => Array.from({ length: count }, () => sampleRecord());

describe("deliverBatch", () => {
  it("counts only ended spans as delivered", async () => {
    const { backend, deliver } = setUp([
      sampleRecord(),
      sampleRecord({ type: "started", status: "running" }),
    ]);

    expect(await deliver()).toEqual({ delivered: 1, deadLettered: 0, erased: 0 });
    expect(backend.stored.size).toBe(2);
  });

  it("stores 511 neighbours of one poison record and keeps it with the backend's reason", async () => {
    const { backend, deadLetters, deliver } = setUp([
      ...many(300),
      sampleRecord({ name: "poison" }),
      ...many(211),
    ]);
    backend.answer = (records) =>
      records.some((record) => record.name === "poison")
        ? { status: "rejected", reason: "22P05: no" }
        : undefined;

    expect(await deliver()).toEqual({ delivered: 511, deadLettered: 1, erased: 0 });
    expect(deadLetters).toEqual([{ name: "poison", reason: "22P05: no" }]);
    expect(backend.stored.size).toBe(511);
  });

  it("halves a batch that is too large until its parts fit", async () => {
    const { backend, deliver } = setUp(many(100));
    backend.answer = (records) => (records.length > 30 ? { status: "too-large", reason: "413" } : undefined);

    expect(await deliver()).toEqual({ delivered: 100, deadLettered: 0, erased: 0 });
    expect(backend.batches).toEqual([100, 50, 25, 25, 50, 25, 25]);
  });

  it("cuts the content of a single record that is too large, and dead-letters it when that is not enough", async () => {
    const { backend, deadLetters, deliver } = setUp([
      sampleRecord({ name: "content", input: JSON.stringify("x".repeat(3_000)) }),
      sampleRecord({ name: "hopeless", service: "x".repeat(3_000) }),
    ]);
    backend.answer = (records) =>
      JSON.stringify(records).length > 2_000 ? { status: "too-large", reason: "413" } : undefined;

    expect(await deliver()).toEqual({ delivered: 1, deadLettered: 1, erased: 0 });
    expect(deadLetters).toEqual([{ name: "hopeless", reason: "413" }]);
    expect([...backend.stored.values()]).toMatchObject([{ name: "content", input: null }]);
  });

  it("retries for as long as the backend fails", async () => {
    const { backend, deliver } = setUp(many(3));
    let failures = 20;
    backend.answer = () => (failures-- > 0 ? { status: "retry", reason: "connection refused" } : undefined);

    expect(await deliver()).toEqual({ delivered: 3, deadLettered: 0, erased: 0 });
    expect(backend.batches).toHaveLength(21);
  });

  it("blames the batch when the backend fails on it five times and is otherwise well", async () => {
    const { backend, deadLetters, deliver } = setUp([...many(7), sampleRecord({ name: "poison" })]);
    backend.answer = (records) =>
      records.some((record) => record.name === "poison")
        ? { status: "retry", reason: "500: index row size", server: true }
        : undefined;

    expect(await deliver()).toEqual({ delivered: 7, deadLettered: 1, erased: 0 });
    expect(deadLetters).toEqual([{ name: "poison", reason: "500: index row size" }]);
  });

  it("blames nothing while the backend as a whole is down", async () => {
    const { backend, deadLetters, deliver } = setUp(many(2));
    backend.healthy = false;
    let failures = 12;
    backend.answer = () => (failures-- > 0 ? { status: "retry", reason: "503", server: true } : undefined);

    expect(await deliver()).toEqual({ delivered: 2, deadLettered: 0, erased: 0 });
    expect(deadLetters).toEqual([]);
  });

  it.each(["unauthorized", "schema-missing"] as const)(
    "holds and looks again when the answer is %s",
    async (status) => {
      const { backend, deliver } = setUp(many(2));
      let refusals = 3;
      backend.answer = () => (refusals-- > 0 ? { status, reason: "not yet" } : undefined);

      expect(await deliver()).toEqual({ delivered: 2, deadLettered: 0, erased: 0 });
    },
  );

  it("keeps the backend's reason without the secrets in it, and no longer than a person reads", async () => {
    const { backend, deadLetters, deliver } = setUp([sampleRecord({ name: "poison" })]);
    const secret = "sk-proj-0123456789abcdefghijklmnopqrstuv";
    backend.answer = () => ({
      status: "rejected",
      reason: `22P02: ${secret} is no number; ${"x".repeat(50_000)}`,
    });

    expect(await deliver()).toEqual({ delivered: 0, deadLettered: 1, erased: 0 });
    expect(deadLetters[0]?.reason).toMatch(/^22P02: .* is no number/);
    expect(deadLetters[0]?.reason).not.toContain(secret);
    expect(deadLetters[0]?.reason.length).toBeLessThan(1_100);
  });

  it("settles nothing when it is aborted", async () => {
    const { backend, deliver, abort } = setUp(many(2));
    backend.answer = () => {
      abort.abort();
      return { status: "retry", reason: "aborted" };
    };

    expect(await deliver()).toBeUndefined();
  });

  it("leaves out what is erased while it waits for the backend, and sends nothing when that is all", async () => {
    for (const others of [3, 0]) {
      const gone = sampleRecord();
      const { backend, deliver, erased } = setUp([...many(others), gone]);
      backend.answer = () => {
        if (erased.size > 0) return undefined;
        erased.add(gone.trace_id);
        return { status: "retry", reason: "503" };
      };
      expect(await deliver()).toEqual({ delivered: others, deadLettered: 0, erased: 1 });
      expect(backend.batches).toEqual(others > 0 ? [4, 3] : [1]);
      expect([...backend.stored.values()].map(({ trace_id }) => trace_id)).not.toContain(gone.trace_id);
    }
  });
});
