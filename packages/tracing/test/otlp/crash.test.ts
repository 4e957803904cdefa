import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { TraceCollector } from "../../src/collector/trace-collector.ts";
import { createOtlpExporter } from "../../src/otlp/index.ts";
import { startReceiver } from "./receiver.ts";

it("delivers what a process had on disk when it was killed while the receiver was away", async () => {
  const receiver = await startReceiver();
  await receiver.down();
  const spoolDir = mkdtempSync(join(tmpdir(), "tracing-otlp-"));
  onTestFinished(() => rmSync(spoolDir, { recursive: true, force: true }));
  const path = fileURLToPath(new URL("children/service.ts", import.meta.url));
  const child = spawn(process.execPath, [path, receiver.url, spoolDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  onTestFinished(() => void child.kill("SIGKILL"));
  const settled: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    if (line === "ready") break;
    settled.push(line);
  }
  child.kill("SIGKILL");
  await exited;
  expect(settled).toHaveLength(20);
  expect(receiver.requests).toEqual([]);

  await receiver.up();
  const collector = new TraceCollector({ exporter: createOtlpExporter({ url: receiver.url }), spoolDir });
  onTestFinished(() => collector.stop());
  await collector.start();
  await collector.forceFlush();
  expect(collector.stats()).toMatchObject({ ended: 40, delivered: 40, pending: 0, interrupted: 1 });
  for (const traceId of settled) {
    const [step, run, ...more] = receiver.spans.filter((span) => span.traceId === traceId);
    expect([step?.name, more]).toEqual(["step:work", []]);
    expect(step?.parentSpanId).toBe(run?.spanId);
  }
  expect(receiver.spans.find(({ name }) => name === "open")?.attributes).toMatchObject({
    "tracing.interrupted": true,
  });
  expect(receiver.spans).toHaveLength(41);
});
