import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { TraceCollectorOptions } from "../../src/collector/collector-options.ts";
import type { CollectorStats } from "../../src/collector/stats.ts";
import { TraceCollector } from "../../src/collector/trace-collector.ts";
import type { TraceRecord } from "../../src/record/record.ts";
import { MemoryBackend } from "../support/memory-backend.ts";
import { installTestRuntime } from "../support/private-runtime.ts";

export interface Service {
  collector: TraceCollector;
  backend: MemoryBackend;
  spoolDir: string;
  warnings: string[];
  /** A span that has started, and ends with `end()`. */
  span(name: string): { end(): void };
  /** Every record that stands in a file of the spool at this moment. */
  spooled(): TraceRecord[];
}

/** A directory that goes with the test. */
export function scratchDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "trace-collector-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A service whose runs and spans go through a collector, with its waits short enough to see several of them. */
export function startService(options: Partial<TraceCollectorOptions> = {}): Service {
  const spoolDir = options.spoolDir ?? scratchDir();
  const backend = new MemoryBackend();
  const warnings: string[] = [];
  const collector = new TraceCollector({
    exporter: backend,
    spoolDir,
    lingerMs: 1,
    minBackoffMs: 1,
    maxBackoffMs: 5,
    shutdownTimeoutMs: 500,
    flushTimeoutMs: 5_000,
    logger: { info: () => undefined, warn: (message) => warnings.push(message) },
    ...options,
  });
  const runtime = installTestRuntime({ processors: [collector] });
  onTestFinished(async () => {
    runtime.undo();
    await collector.stop();
  });
  return {
    collector,
    backend,
    spoolDir,
    warnings,
    span: (name) => runtime.provider.getTracer("test").startSpan(name),
    spooled: () => readSpool(spoolDir),
  };
}

/** Makes a backend that cannot be reached. */
export function takeAway(backend: MemoryBackend): void {
  backend.answer = () => ({ status: "retry", reason: "connection refused" });
}

/** What stands in the files of a spool, as a person with `cut` and `jq` sees it. */
export function readSpool(dir: string): TraceRecord[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8").split("\n"))
    .flatMap((line) => (/^[0-9a-f]{8} \{"v":\d+,"type":/.test(line) ? [JSON.parse(line.slice(9))] : []));
}

export function named(records: readonly TraceRecord[], type: TraceRecord["type"] = "span"): string[] {
  return records.filter((record) => record.type === type).map((record) => record.name);
}

/** `ended` less everything that is known to have become of spans: 0, or a span is unaccounted for. */
export function imbalance({
  ended,
  delivered,
  pending,
  deadLettered,
  sampledOut,
  dropped,
}: CollectorStats): number {
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return ended - delivered - pending - deadLettered - sampledOut - lost;
}

/** The end of this turn of the event loop. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
