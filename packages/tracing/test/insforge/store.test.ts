import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TraceRepo } from "../../src/store/trace-repo.ts";
import type { InsForgeServer } from "../support/insforge-server.ts";
import { encoded, openExporter, openRepo, sampleTrace, TestBackend } from "./backend.ts";

let backend: TestBackend;
let server: InsForgeServer;
let repo: TraceRepo;

beforeAll(async () => {
  backend = await TestBackend.start();
  server = await backend.migrated();
  repo = await openRepo(server);
});
afterAll(async () => {
  await server?.stop();
  await backend?.stop();
});

describe("the store behind InsForge", () => {
  it("gives back what it was given", async () => {
    const [root, child] = sampleTrace(1, { user_id: "7", tags: ["vip"], input: '{"q":1}', output: '"done"' });
    if (!root || !child) throw new Error("no records");
    expect(await repo.ingest([root, child])).toEqual({ inserted: 2, duplicates: 0 });
    expect(await repo.ingest([root, child])).toEqual({ inserted: 0, duplicates: 2 });
    expect(await repo.getTrace(root.trace_id)).toMatchObject({
      traceId: root.trace_id,
      startTime: "2026-11-24T10:00:00.000001Z",
      userId: "7",
      tags: ["vip"],
      input: { q: 1 },
      output: "done",
      spans: [{ spanId: root.span_id }, { spanId: child.span_id, parentSpanId: root.span_id }],
    });
    expect(await repo.getSpan(root.trace_id, child.span_id)).toMatchObject({ name: child.name });
    expect(await repo.score(root.trace_id, { name: "quality", value: 0.5, comment: "so so" })).toBe(true);
    expect((await repo.listTraces({ tag: "vip" })).traces).toMatchObject([
      { scores: [{ name: "quality", value: 0.5 }] },
    ]);
    expect(await repo.deleteTraces({ userId: 7 })).toEqual({ traces: 1, spans: 2 });
    expect(await repo.getTrace(root.trace_id)).toBeNull();
    expect(await repo.getSpan(root.trace_id, child.span_id)).toBeNull();
  });

  it("keeps what JSON parsers on the way would break", async () => {
    const input =
      '{"nul":"\\u0000","half":"\\ud800","id":18446744073709551616,"quote":"\\"\\\\ \u2028 é 🙂"}';
    const [root] = sampleTrace(0, {
      input,
      telegram_id: "9007199254740993",
      cost_usd: "0.123456789012345678901",
    });
    if (!root) throw new Error("no record");
    await (await openExporter(server)).send(encoded([root]));
    const trace = await repo.getTrace(root.trace_id);
    expect(trace?.input).toEqual(JSON.parse(input));
    expect(trace?.telegramId).toBe("9007199254740993");
    expect(trace?.spans[0]?.costUsd).toBe("0.123456789012345678901");
  });

  it("reads a trace of thousands of spans as one answer", async () => {
    const exporter = await openExporter(server);
    const records = sampleTrace(3_000).map((record) => ({
      ...record,
      input: JSON.stringify("x".repeat(500)),
    }));
    for (let at = 0; at < records.length; at += 512) {
      expect(await exporter.send(encoded(records.slice(at, at + 512)))).toEqual({ status: "stored" });
    }
    const trace = await repo.getTrace(records[0]?.trace_id ?? "");
    expect(trace).toMatchObject({ spanCount: 3_001 });
    expect(trace?.spans).toHaveLength(3_001);
  });

  it("takes four batches at a time", async () => {
    const exporter = await openExporter(server);
    const records = sampleTrace(400);
    const parts = [0, 100, 200, 300].map((at) => encoded(records.slice(at, at + 150)));
    const outcomes = await Promise.all(parts.map((part) => exporter.send(part)));
    expect(outcomes).toEqual(Array(4).fill({ status: "stored" }));
    expect(await repo.getTrace(records[0]?.trace_id ?? "")).toMatchObject({ spanCount: 401 });
  });

  it("has its housekeeping done", async () => {
    const exporter = await openExporter(server, { retentionDays: 36_000 });
    await exporter.maintain();
    expect(await repo.maintain()).toEqual({ droppedDays: [], deletedTraces: 0 });
  });
});
