import { TraceCollector } from "./collector/trace-collector.ts";
import { exporterFor } from "./otlp/otlp-exporter.ts";
import type { ResolvedOtlpOptions } from "./otlp/otlp-options.ts";
import { otlpSpoolDir } from "./otlp-spool.ts";
import type { ResolvedTracingOptions } from "./tracing-options.ts";

/** A second destination of every span, with a spool and a ledger of its own. */
export interface OtlpCopy {
  readonly collector: TraceCollector;
  /** Tells a wrong set-up. @throws {TracingError} `missing-dependency` */
  open(): Promise<void>;
}

/** Encoding a batch is one step that nothing interrupts; these bounds keep it to a few milliseconds. */
const BATCH = { maxBatchRecords: 128, maxBatchBytes: 512 * 1024 };

export function createOtlpCopy(
  otlp: ResolvedOtlpOptions,
  { store, collector, sampling, capture, logger }: ResolvedTracingOptions,
): OtlpCopy {
  const prefixed = {
    info: (message: string) => logger.info(`OTLP: ${message}`),
    warn: (message: string) => logger.warn(`OTLP: ${message}`),
  };
  const exporter = exporterFor(otlp, prefixed);
  return {
    collector: new TraceCollector({
      ...BATCH,
      ...collector,
      exporter,
      spoolDir: otlpSpoolDir(store.dataDir),
      ...(sampling && { sampling }),
      capture,
      logger: prefixed,
    }),
    open: () => exporter.open(),
  };
}
