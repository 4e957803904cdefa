import type { Logger } from "./collector/logger.ts";
import { readSpoolStatus } from "./collector/spool/spool.ts";
import { TraceCollector } from "./collector/trace-collector.ts";
import type { OpenStore } from "./open-store.ts";
import { createStoreExporter } from "./store/store-exporter.ts";

export interface DrainOptions {
  store: OpenStore;
  spoolDir: string;
  logger?: Logger;
  /** Milliseconds after which the rest is left for later. @default 30_000 */
  timeoutMs?: number;
}

/**
 * Takes over what dead processes left in the spool and stores it; what waits to be sent over OTLP is left to the service's
 * next start, since nobody who reads traces expects them to be sent. Resolves to the counts of what was done and left.
 */
export async function drainSpools({
  store,
  spoolDir,
  logger,
  timeoutMs = 30_000,
}: DrainOptions): Promise<{ delivered: number; pending: number }> {
  const abandoned = readSpoolStatus(spoolDir).some((status) => !status.alive);
  if (!abandoned) return { delivered: 0, pending: 0 };
  const collector = new TraceCollector({
    exporter: createStoreExporter(store.client, {}),
    spoolDir,
    flushTimeoutMs: timeoutMs,
    ...(logger && { logger }),
  });
  await collector.start();
  await collector.forceFlush();
  await collector.stop();
  const { delivered, pending } = collector.stats();
  return { delivered, pending };
}
