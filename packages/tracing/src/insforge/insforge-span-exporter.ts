import { type CaptureSettings, defaultCaptureSettings } from "../capture/settings.ts";
import type { Outcome, RecordExporter, SendOptions } from "../collector/record-exporter.ts";
import { invalidOption, TracingError } from "../core/errors.ts";
import type { ReadableSpanLike } from "../record/readable-span.ts";
import type { EncodedRecord } from "../record/record.ts";
import { encodeRecord, toRecord } from "../record/to-record.ts";
import { createStoreExporter } from "../store/store-exporter.ts";
import { exportRecords } from "./export-records.ts";
import { type InsForgeClientLike, toStoreClient } from "./insforge-client.ts";

/** What the exporter needs and can be told. */
export interface InsForgeSpanExporterOptions {
  /** What `createAdminClient()` of `@insforge/sdk` returns, or anything with `rpc(fn, args)`. */
  client: InsForgeClientLike;
  /** Days after which traces are dropped. @default kept for ever */
  retentionDays?: number;
  /** How the content of exported spans is bounded and redacted; a collector has done so itself. @default 50 KB a value */
  capture?: CaptureSettings;
  /** Milliseconds after which `export()` gives a batch up. @default 20_000 */
  exportTimeoutMs?: number;
}

/** OpenTelemetry's `ExportResult`; code 0 is success, 1 is failure. */
export interface SpanExportResult {
  code: 0 | 1;
  error?: Error;
}

/**
 * Stores spans in InsForge's Postgres: behind a `TraceCollector`, which keeps them safe on disk until they are stored, or
 * as the `SpanExporter` of a stock `BatchSpanProcessor`, which gives up on them after a while.
 *
 * It never closes the client.
 *
 * @example
 * new TraceCollector({ exporter: new InsForgeSpanExporter({ client: createAdminClient({ baseUrl, apiKey }) }), spoolDir })
 */
export class InsForgeSpanExporter implements RecordExporter {
  readonly #exporter: Required<RecordExporter>;
  /** For spans that are on no disk. */
  readonly #direct: Required<RecordExporter>;
  readonly #capture: CaptureSettings;
  readonly #exportTimeoutMs: number;
  readonly #exports = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #stopped = false;

  /** @throws {TracingError} `invalid-option` */
  constructor(options: InsForgeSpanExporterOptions) {
    const { client, retentionDays, capture, exportTimeoutMs = 20_000 } = options ?? {};
    if (retentionDays !== undefined && !(Number.isSafeInteger(retentionDays) && retentionDays >= 1)) {
      throw invalidOption("retentionDays", retentionDays, "a whole number of days, at least 1");
    }
    if (!Number.isSafeInteger(exportTimeoutMs) || exportTimeoutMs < 1) {
      throw invalidOption("exportTimeoutMs", exportTimeoutMs, "a whole number of milliseconds, at least 1");
    }
    const store = toStoreClient(client);
    this.#exporter = createStoreExporter(store, { retentionDays });
    this.#direct = createStoreExporter(store, { background: false });
    this.#capture = capture ?? defaultCaptureSettings();
    this.#exportTimeoutMs = exportTimeoutMs;
  }

  /** Stores a batch, for a collector; never rejects for what the backend answers. */
  send(records: readonly EncodedRecord[], options?: SendOptions): Promise<Outcome> {
    return this.#exporter.send(records, options);
  }

  /** Whether the backend answers and has the schema. */
  ready(options?: SendOptions): Promise<boolean> {
    return this.#exporter.ready(options);
  }

  /** Makes coming partitions, drops what is past retention. */
  maintain(options?: SendOptions): Promise<void> {
    return this.#exporter.maintain(options);
  }

  /**
   * Stores spans within `exportTimeoutMs`, with retries, and reports failure when any of them is not stored. Never throws.
   */
  export(spans: readonly ReadableSpanLike[], resultCallback: (result: SpanExportResult) => void): void {
    if (this.#stopped) {
      resultCallback(failed("The exporter has been shut down."));
      return;
    }
    const run = this.#export(spans)
      .catch((cause: unknown) => failed("The spans could not be exported.", cause))
      .then((result) => {
        this.#exports.delete(run);
        resultCallback(result);
      });
    this.#exports.add(run);
  }

  /** Resolves when the exports under way have come to their end. */
  async forceFlush(): Promise<void> {
    await Promise.allSettled([...this.#exports]);
  }

  /** Takes no more spans, and gives those under way a last try. Idempotent. */
  async shutdown(): Promise<void> {
    this.#stopped = true;
    this.#abort.abort();
    await this.forceFlush();
  }

  async #export(spans: readonly ReadableSpanLike[]): Promise<SpanExportResult> {
    let unreadable: unknown;
    const records = spans.flatMap((span) => {
      try {
        return [encodeRecord(toRecord(span, { settings: this.#capture }))];
      } catch (error) {
        unreadable ??= error;
        return [];
      }
    });
    const { stored, reason } = await exportRecords(records, {
      exporter: this.#direct,
      timeoutMs: this.#exportTimeoutMs,
      lastTry: this.#abort.signal,
    });
    if (stored === spans.length) return { code: 0 };
    const why =
      reason ?? `They could not be read: ${unreadable instanceof Error ? unreadable.message : unreadable}.`;
    return failed(`${spans.length - stored} of ${spans.length} spans are not stored. ${why}`, unreadable);
  }
}

function failed(message: string, cause?: unknown): SpanExportResult {
  return { code: 1, error: new TracingError("store-failed", message, { cause }) };
}
