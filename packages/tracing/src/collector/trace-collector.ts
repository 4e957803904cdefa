import { type Context, TraceFlags } from "@opentelemetry/api";
import { TRACING } from "../conventions/attributes.ts";
import { traceOf } from "../core/trace-context.ts";
import type { ReadableSpanLike } from "../record/readable-span.ts";
import type { EncodedRecord, TraceRecord } from "../record/record.ts";
import { hrTimeNow } from "../record/time.ts";
import {
  encodeRecord,
  type ToRecordOptions,
  toInterruptedRecord,
  toRecord,
  toStartedRecord,
} from "../record/to-record.ts";
import {
  type ResolvedCollectorOptions,
  resolveCollectorOptions,
  type TraceCollectorOptions,
} from "./collector-options.ts";
import { Delivery } from "./delivery.ts";
import { Ledger } from "./ledger.ts";
import { Maintenance } from "./maintenance.ts";
import { OpenSpans } from "./open-spans.ts";
import { Spool } from "./spool/spool.ts";
import type { CollectorState, CollectorStats } from "./stats.ts";

/**
 * An OpenTelemetry span processor that loses nothing: spans go to a spool on disk as they end, and from there to the
 * exporter for as long as it takes.
 *
 * Structurally a `SpanProcessor` of the 2.x and 3.x SDKs. It starts with its first span, or earlier with {@link start};
 * the owner of the database client stops it first. It installs no signal handlers and keeps no process alive.
 *
 * @example
 * new NodeSDK({ spanProcessors: [new TraceCollector({ exporter: new InsForgeSpanExporter({ client }), spoolDir })] });
 */
export class TraceCollector {
  readonly #options: ResolvedCollectorOptions;
  readonly #ledger = new Ledger();
  readonly #spool: Spool;
  readonly #delivery: Delivery;
  readonly #maintenance: Maintenance;
  readonly #open = new OpenSpans<ReadableSpanLike>();
  readonly #pipelines = new WeakMap<object, string>();
  readonly #onExit = () => this.#leave();
  #buffer: EncodedRecord[] = [];
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  /** @throws {TracingError} `invalid-option` */
  constructor(options: TraceCollectorOptions) {
    this.#options = resolveCollectorOptions(options);
    const { exporter, logger } = this.#options;
    this.#spool = new Spool({
      dir: this.#options.spoolDir,
      maxBytes: this.#options.maxSpoolBytes,
      fsync: this.#options.fsync,
      onDrop: (reason, spans) => this.#ledger.drop(reason, spans),
      onWarn: (message) => logger.warn(message),
    });
    this.#spool.setLedger(() => ({ ...this.#ledger.counts() }));
    this.#delivery = new Delivery({
      ...this.#options,
      spool: this.#spool,
      ledger: this.#ledger,
      onChange: (state, reason) => this.#report(state, reason),
    });
    this.#maintenance = new Maintenance(exporter, logger);
    process.on("exit", this.#onExit);
  }

  /**
   * Takes over what dead processes left in the spool and begins to deliver; resolves when the taking over is done, and
   * does not wait for the backend. Never rejects.
   */
  start(): Promise<void> {
    this.#started ??= this.#begin();
    return this.#started;
  }

  onStart(span: ReadableSpanLike, parentContext: Context): void {
    if (this.#stopped) return;
    this.start();
    this.#open.add(span);
    const pipeline = traceOf(parentContext)?.pipelineName;
    if (pipeline !== undefined) this.#pipelines.set(span, pipeline);
    if (span.attributes[TRACING.ROOT] !== true) return;
    // The caller runs its function only after this, so a run in progress is always known on disk.
    const record = this.#convert(() => toStartedRecord(span, this.#recordOptions(span)));
    if (record) this.#spoolNow([record]);
  }

  onEnd(span: ReadableSpanLike): void {
    this.#ledger.end(1);
    this.#open.remove(span);
    if (this.#stopped) return this.#ledger.drop("stopped", 1);
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return this.#ledger.sampleOut();
    const record = this.#convert(() => toRecord(span, this.#recordOptions(span)));
    if (record === undefined) return this.#ledger.drop("unserializable", 1);
    this.#buffer.push(record);
    // A settled run is on disk before its caller sees it settle; other spans are by the end of this turn, which is
    // when Node runs tick callbacks: after the current callback or, from a promise, after the last of its microtasks.
    if (span.attributes[TRACING.ROOT] === true) this.#flushBuffer();
    else if (this.#buffer.length === 1) process.nextTick(() => this.#flushBuffer());
  }

  /** Resolves when all that was pending is stored, or after `flushTimeoutMs`; never rejects. */
  async forceFlush(): Promise<void> {
    if (this.#stopped) return;
    await this.start();
    this.#flushBuffer();
    await this.#delivery.flush(this.#options.flushTimeoutMs);
  }

  /** The same as {@link stop}, under the name that OpenTelemetry uses. */
  shutdown(): Promise<void> {
    return this.stop();
  }

  /**
   * Tries to deliver within `shutdownTimeoutMs`, leaves the rest in the spool for the next start, and marks spans that are
   * still open as interrupted. Idempotent, never rejects. Spans that end later are counted as dropped.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#finish();
    return this.#stopped;
  }

  stats(): CollectorStats {
    const { state, lastError } = this.#delivery;
    return this.#ledger.stats(
      this.#spool.pendingSpans + this.#bufferedSpans,
      this.#spool.oldestPendingMs,
      this.#stopped ? "stopped" : state,
      lastError,
    );
  }

  get #bufferedSpans(): number {
    return this.#buffer.length;
  }

  async #begin(): Promise<void> {
    this.#delivery.start();
    this.#maintenance.start();
    try {
      const { spans, interrupted } = await this.#spool.adopt();
      this.#ledger.end(spans);
      this.#ledger.interrupt(interrupted.length);
    } catch (error) {
      this.#options.logger.warn(
        `What an earlier process left in the spool could not be taken over: ${reasonOf(error)}.`,
      );
    }
  }

  async #finish(): Promise<void> {
    this.#flushBuffer();
    this.#interruptOpen();
    this.#maintenance.stop();
    await this.#started;
    await this.#delivery.flush(this.#options.shutdownTimeoutMs);
    await this.#delivery.stop();
    this.#spool.close();
    process.off("exit", this.#onExit);
  }

  /** The process is about to end: everything it knows goes to disk, synchronously. */
  #leave(): void {
    this.#flushBuffer();
    this.#interruptOpen();
    this.#spool.flushSync();
  }

  #interruptOpen(): void {
    const now = hrTimeNow();
    const records = this.#open
      .drain()
      .flatMap(
        (span) => this.#convert(() => toInterruptedRecord(span, now, this.#recordOptions(span))) ?? [],
      );
    if (records.length === 0) return;
    this.#ledger.interrupt(records.length);
    this.#spool.append(records);
  }

  #flushBuffer(): void {
    if (this.#buffer.length === 0) return;
    const records = this.#buffer;
    this.#buffer = [];
    this.#spool.append(records);
  }

  #spoolNow(records: EncodedRecord[]): void {
    this.#flushBuffer();
    this.#spool.append(records);
  }

  // Tracing never throws into the traced code, whatever a span holds.
  #convert(toRecordOf: () => TraceRecord): EncodedRecord | undefined {
    try {
      return encodeRecord(toRecordOf());
    } catch (error) {
      this.#options.logger.warn(`A span could not be recorded: ${reasonOf(error)}.`);
      return undefined;
    }
  }

  #recordOptions(span: ReadableSpanLike): ToRecordOptions {
    return { settings: this.#options.capture, pipeline: this.#pipelines.get(span) };
  }

  #report(state: CollectorState, reason: string | undefined): void {
    const { logger } = this.#options;
    if (state === "ok") logger.info("Traces are being stored again.");
    else logger.warn(`Traces wait in the spool (${state}): ${reason ?? "unknown"}`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
