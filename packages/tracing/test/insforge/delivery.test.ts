import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAdminClient } from "@insforge/sdk";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { CollectorStats } from "../../src/collector/stats.ts";
import { TraceCollector } from "../../src/collector/trace-collector.ts";
import { createInsForgeMigrationTarget, InsForgeSpanExporter } from "../../src/insforge/index.ts";
import { migrate } from "../../src/store/migrator.ts";
import type { Fault, InsForgeServer } from "../support/insforge-server.ts";
import { query } from "../support/postgres-server.ts";
import { addressOf, TestBackend } from "./backend.ts";

const PATIENTLY = { timeout: 20_000 };

let backend: TestBackend;

beforeAll(async () => {
  backend = await TestBackend.start();
});
afterAll(() => backend?.stop());

/** A service that makes spans and ships them, with its waits short enough to see several of them. */
async function startService(server: InsForgeServer, client = createAdminClient(addressOf(server))) {
  const spoolDir = mkdtempSync(join(tmpdir(), "tracing-insforge-"));
  const collector = new TraceCollector({
    exporter: new InsForgeSpanExporter({ client }),
    spoolDir,
    maxBatchRecords: 20,
    lingerMs: 5,
    minBackoffMs: 10,
    maxBackoffMs: 100,
    logger: { info: () => undefined, warn: () => undefined },
  });
  const provider = new BasicTracerProvider({ spanProcessors: [collector] });
  onTestFinished(async () => {
    await collector.stop();
    rmSync(spoolDir, { recursive: true, force: true });
  });
  const tracer = provider.getTracer("test");
  return {
    collector,
    makeSpans(count: number) {
      for (let n = 0; n < count; n++) tracer.startSpan(`span ${n}`).end();
    },
    settled: () => expect.poll(() => collector.stats().pending, PATIENTLY).toBe(0),
  };
}

async function countSpans(server: InsForgeServer): Promise<number> {
  const [row] = await query(server.databaseUrl, "SELECT count(*)::int AS spans FROM tracing.spans");
  return Number(row?.spans);
}

function accountedFor({ delivered, pending, deadLettered, sampledOut, dropped }: CollectorStats): number {
  return (
    delivered + pending + deadLettered + sampledOut + Object.values(dropped).reduce((sum, n) => sum + n, 0)
  );
}

async function migratedForTest(): Promise<InsForgeServer> {
  const server = await backend.migrated();
  onTestFinished(() => server.stop());
  return server;
}

describe("delivery to InsForge", () => {
  it("stores every span once through all that can go wrong on the way", async () => {
    const server = await migratedForTest();
    const faults: Fault[] = [
      { kind: "answer", status: 503, headers: { "retry-after": "0" } },
      { kind: "lost-acknowledgement" },
      { kind: "answer", status: 429, headers: { "retry-after": "junk" } },
      { kind: "reset" },
      { kind: "truncated" },
      { kind: "answer", status: 502, body: "<html>Bad Gateway</html>" },
      { kind: "huge" },
      { kind: "answer", status: 413 },
      { kind: "answer", status: 408 },
      { kind: "lost-acknowledgement" },
    ];
    for (const fault of faults) server.fault(fault, { path: "/rpc/ingest" });
    const { collector, makeSpans, settled } = await startService(server);
    makeSpans(100);
    await expect.poll(() => collector.stats().delivered, PATIENTLY).toBeGreaterThan(0);
    await server.down();
    makeSpans(100);
    await expect.poll(() => collector.stats().state, PATIENTLY).toBe("retrying");
    expect(accountedFor(collector.stats())).toBe(200);
    await server.up();
    await settled();
    expect(collector.stats()).toMatchObject({
      ended: 200,
      delivered: 200,
      deadLettered: 0,
      dropped: {},
      state: "ok",
    });
    expect(await countSpans(server)).toBe(200);
  });

  it("dead-letters the one span that the database refuses", async () => {
    const server = await migratedForTest();
    server.fault(
      (_, body) =>
        body.includes('"span 37"')
          ? {
              kind: "answer",
              status: 400,
              body: '{"code":"22P05","message":"unsupported Unicode escape sequence"}',
            }
          : undefined,
      { path: "/rpc/ingest" },
    );
    const { collector, makeSpans, settled } = await startService(server);
    makeSpans(60);
    await settled();
    expect(collector.stats()).toMatchObject({ ended: 60, delivered: 59, deadLettered: 1, state: "ok" });
    expect(await countSpans(server)).toBe(59);
  });

  it("pauses while the key is refused, and goes on with the new one", async () => {
    const server = await migratedForTest();
    const client = createAdminClient(addressOf(server));
    const { collector, makeSpans, settled } = await startService(server, client);
    const newKey = server.rotateKey();
    makeSpans(10);
    await expect.poll(() => collector.stats().state, PATIENTLY).toBe("paused");
    expect(collector.stats()).toMatchObject({
      pending: 10,
      lastError: expect.stringContaining("INSFORGE_API_KEY"),
    });
    client.getHttpClient().setAuthToken(newKey);
    await settled();
    expect(collector.stats()).toMatchObject({ delivered: 10, state: "ok" });
    expect(await countSpans(server)).toBe(10);
  });

  it("waits for the schema, and flows once it is there", async () => {
    const server = await backend.emptyForTest();
    const { collector, makeSpans, settled } = await startService(server);
    makeSpans(10);
    await expect.poll(() => collector.stats().state, PATIENTLY).toBe("schema-missing");
    expect(collector.stats().lastError).toContain("`tracing migrate`");
    await migrate(await createInsForgeMigrationTarget(addressOf(server)));
    await settled();
    expect(await countSpans(server)).toBe(10);
  });
});
