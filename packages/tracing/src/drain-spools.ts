import type { Logger } from "./collector/logger.ts";
import type { RecordExporter } from "./collector/record-exporter.ts";
import { readSpoolStatus } from "./collector/spool/spool.ts";
import type { CollectorStats } from "./collector/stats.ts";
import { TraceCollector } from "./collector/trace-collector.ts";
import type { OpenStore } from "./open-store.ts";
import { createStoreExporter } from "./store/store-exporter.ts";

export interface DeliverOptions {
  exporter: RecordExporter;
  spoolDir: string;
  logger?: Logger;
  /** Milliseconds after which the rest is left for later. @default 30_000 */
  timeoutMs?: number;
  /** Told several times a second how far it is. */
  onProgress?(stats: CollectorStats): void;
}

const PROGRESS_MS = 200;

/** Takes over what dead processes left in a spool and delivers it; resolves to the counts of what was done and left. */
export async function deliverSpools({
  exporter,
  spoolDir,
  logger,
  timeoutMs = 30_000,
  onProgress = () => undefined,
}: DeliverOptions): Promise<CollectorStats> {
  const collector = new TraceCollector({
    exporter,
    spoolDir,
    flushTimeoutMs: timeoutMs,
    ...(logger && { logger }),
  });
  const timer = setInterval(() => onProgress(collector.stats()), PROGRESS_MS);
  try {
    await collector.start();
    await collector.forceFlush();
    await collector.stop();
  } finally {
    clearInterval(timer);
  }
  return collector.stats();
}

export interface DrainOptions extends Omit<DeliverOptions, "exporter"> {
  store: OpenStore;
}

/**
 * Stores what dead processes left in the spool; what waits to be sent over OTLP is left to the service's next start, since
 * nobody who reads traces expects them to be sent. Resolves to the counts of what was done and left.
 */
export async function drainSpools({
  store,
  spoolDir,
  ...options
}: DrainOptions): Promise<{ delivered: number; pending: number }> {
  const abandoned = readSpoolStatus(spoolDir).some((status) => !status.alive);
  if (!abandoned) return { delivered: 0, pending: 0 };
  const exporter = createStoreExporter(store.client, {});
  const { delivered, pending } = await deliverSpools({ ...options, exporter, spoolDir });
  return { delivered, pending };
}
