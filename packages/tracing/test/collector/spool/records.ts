import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Spool, type SpoolBatch, type SpoolOptions } from "../../../src/collector/spool/spool.ts";
import type { EncodedRecord } from "../../../src/record/record.ts";

export { encoded, idOf, typeOf } from "./encoded.ts";

/** Everything, in one go. */
export const NO_LIMITS = { maxRecords: 1_000_000, maxBytes: 1_000_000_000 };

/** A directory of its own for one test, gone when the test has ended and its spools are closed. */
export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), "spool-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10 }));
  return dir;
}

export interface OpenedSpool {
  spool: Spool;
  drops: { reason: string; spans: number }[];
  warnings: string[];
}

/** A spool that is closed when the test ends. */
export function openSpool(dir: string, options: Partial<SpoolOptions> = {}): OpenedSpool {
  const drops: OpenedSpool["drops"] = [];
  const warnings: string[] = [];
  const spool = new Spool({
    dir,
    onDrop: (reason, spans) => drops.push({ reason, spans }),
    onWarn: (message) => warnings.push(message),
    ...options,
  });
  onTestFinished(() => spool.close());
  return { spool, drops, warnings };
}

/** Takes batches until nothing is unread. */
export async function takeAll(spool: Spool, limits = NO_LIMITS): Promise<SpoolBatch[]> {
  const batches: SpoolBatch[] = [];
  for (;;) {
    const batch = await spool.take(limits);
    if (!batch) return batches;
    batches.push(batch);
  }
}

/** Takes everything and returns the records. */
export async function drain(spool: Spool): Promise<EncodedRecord[]> {
  return (await takeAll(spool)).flatMap((batch) => batch.records);
}

/** Number of dropped spans by reason. */
export function dropped(drops: OpenedSpool["drops"]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason, spans } of drops) counts[reason] = (counts[reason] ?? 0) + spans;
  return counts;
}

/** Polls until something holds. */
export async function until(condition: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`still waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Names of the segments in a directory, in order. */
export function segmentsIn(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => name.startsWith("segment-"))
    .sort();
}
