import type { Context } from "@opentelemetry/api";
import { answerProbe } from "../core/context-probe.ts";
import type { ReadableSpanLike } from "../record/readable-span.ts";
import {
  type ResolvedCollectorOptions,
  resolveCollectorOptions,
  type TraceCollectorOptions,
} from "./collector-options.ts";
import { Delivery } from "./delivery.ts";
import { Ledger } from "./ledger.ts";
import { Maintenance } from "./maintenance.ts";
import { SpanRecorder } from "./span-recorder.ts";
import { Spool } from "./spool/spool.ts";
import type { CollectorState, CollectorStats } from "./stats.ts";
import { TailSampler } from "./tail-sampler.ts";
import { TurnBuffer } from "./turn-buffer.ts";
import { untraced } from "./untraced.ts";
import { within } from "./within.ts";

/** How long `stop()` waits for an exporter that does not let itself be aborted. */
const ABORT_GRACE_MS = 500;

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
  readonly #recorder: SpanRecorder;
  readonly #spool: Spool;
  readonly #buffer: TurnBuffer;
  /** Undefined when every trace is kept. */
  readonly #sampler: TailSampler | undefined;
  readonly #delivery: Delivery;
  readonly #maintenance: Maintenance;
  readonly #onExit = () => this.#leave();
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  /** Whether the open spans have been given up, and nothing that ends is taken any more. */
  #closed = false;
  #warnedOfLateSpans = false;
  #reported: CollectorState = "ok";

  /** @throws {TracingError} `invalid-option` */
  constructor(options: TraceCollectorOptions) {
    this.#options = resolveCollectorOptions(options);
    const { capture, logger } = this.#options;
    const exporter = untraced(this.#options.exporter);
    this.#recorder = new SpanRecorder(capture, logger);
    this.#spool = new Spool({
      dir: this.#options.spoolDir,
      maxBytes: this.#options.maxSpoolBytes,
      fsync: this.#options.fsync,
      onAdopt: (spans) => this.#ledger.end(spans),
      onDrop: (reason, spans) => this.#ledger.drop(reason, spans),
      onWarn: (message) => logger.warn(message),
    });
    this.#spool.setLedger(() => ({ ...this.#ledger.counts() }));
    this.#buffer = new TurnBuffer((records) => this.#spool.append(records));
    const { sampling } = this.#options;
    this.#sampler =
      sampling &&
      new TailSampler({
        sampling,
        write: (records) => {
          for (const record of records) this.#buffer.add(record);
        },
        drop: (spans) => this.#ledger.sampleOut(spans),
      });
    this.#delivery = new Delivery({
      ...this.#options,
      exporter,
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
    if (this.#stopped) return this.#stopped;
    this.#started ??= this.#begin();
    return this.#started;
  }

  /** Called by the SDK. */
  onStart(span: ReadableSpanLike, parentContext: Context): void {
    if (this.#closed || answerProbe(parentContext)) return;
    void this.start();
    const started = this.#recorder.start(span, parentContext);
    if (started === undefined) return;
    if (this.#sampler && !this.#sampler.start(started.sampled)) return;
    // The caller runs its function only after this, so a run in progress is always known on disk.
    this.#buffer.flush();
    this.#spool.append([started.record]);
  }

  /** Called by the SDK. */
  onEnd(span: ReadableSpanLike): void {
    if (this.#closed) return this.#refuse();
    const ended = this.#recorder.end(span);
    this.#ledger.end(1);
    if (ended.status === "sampled-out") return this.#ledger.sampleOut(1);
    if (ended.status === "unserializable") return this.#ledger.drop("unserializable", 1);
    if (this.#sampler) this.#sampler.end(ended.sampled, ended.record);
    else this.#buffer.add(ended.record);
    // A settled run is on disk before its caller sees it settle.
    if (ended.opensTrace) this.#buffer.flush();
  }

  /** Resolves when all that was pending is stored, or after `flushTimeoutMs`; never rejects. */
  async forceFlush(): Promise<void> {
    const deadline = performance.now() + this.#options.flushTimeoutMs;
    const left = () => Math.max(0, deadline - performance.now());
    this.#buffer.flush();
    const taken = await within(this.start(), left());
    if (taken && !this.#stopped) await this.#delivery.flush(left());
  }

  /**
   * Forgets what it keeps in memory of traces that have been erased from its files; a part of `tracing.erase()`, which
   * does the rest. What is being sent is not called back.
   */
  forget(traceIds: ReadonlySet<string>): void {
    this.#spool.forget(traceIds);
  }

  /** The same as {@link stop}, under the name that OpenTelemetry uses. */
  shutdown(): Promise<void> {
    return this.stop();
  }

  /**
   * Tries to deliver within `shutdownTimeoutMs`, then marks the spans that are still open as interrupted and leaves the
   * rest in the spool for the next start. Idempotent, never rejects.
   *
   * Spans that end while it delivers are still kept. Those that end once it is through are lost, which is counted as
   * dropped for the reason `stopped` and said once; so stop what makes spans before.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#finish();
    return this.#stopped;
  }

  /** What became of every span so far. */
  stats(): CollectorStats {
    const { state, lastError } = this.#delivery;
    return this.#ledger.stats(
      this.#spool.pendingSpans + this.#buffer.size + (this.#sampler?.held ?? 0),
      this.#spool.oldestPendingMs,
      this.#stopped ? "stopped" : state,
      lastError,
    );
  }

  async #begin(): Promise<void> {
    this.#delivery.start();
    this.#maintenance.start();
    try {
      const { interrupted } = await this.#spool.adopt();
      this.#ledger.interrupt(interrupted.length);
    } catch (error) {
      this.#options.logger.warn(
        `What an earlier process left in the spool could not be taken over: ${reasonOf(error)}.`,
      );
    }
  }

  async #finish(): Promise<void> {
    const deadline = performance.now() + this.#options.shutdownTimeoutMs;
    const left = () => Math.max(0, deadline - performance.now());
    this.#buffer.flush();
    await within(Promise.resolve(this.#started), left());
    const delivered = await this.#delivery.flush(left());
    this.#closed = true;
    this.#giveUpOpenSpans();
    if (delivered) await this.#delivery.flush(left());
    this.#maintenance.stop();
    await within(this.#delivery.stop(), ABORT_GRACE_MS);
    this.#spool.close();
    process.off("exit", this.#onExit);
  }

  /** The process is about to end: everything it knows goes to disk, synchronously. */
  #leave(): void {
    this.#giveUpOpenSpans();
    this.#spool.flushSync();
  }

  #giveUpOpenSpans(): void {
    this.#buffer.flush();
    const open = this.#recorder.interrupt();
    const records = this.#sampler?.keepInterrupted(open) ?? open;
    this.#sampler?.close();
    this.#buffer.flush();
    this.#ledger.interrupt(records.length);
    this.#spool.append(records);
  }

  #refuse(): void {
    this.#ledger.end(1);
    this.#ledger.drop("stopped", 1);
    if (this.#warnedOfLateSpans) return;
    this.#warnedOfLateSpans = true;
    this.#options.logger.warn("A span ended after the collector had stopped; it and later ones are lost.");
  }

  /** One line for each change of state; of its reasons, which may differ from attempt to attempt, `stats()` has the last. */
  #report(state: CollectorState, reason: string | undefined): void {
    if (state === this.#reported) return;
    this.#reported = state;
    const { logger } = this.#options;
    if (state === "ok") logger.info("Traces are being stored again.");
    else logger.warn(waitingMessage(state, reason ?? "unknown"));
  }
}

/** What an operator is told of a store that takes nothing; a reason that names no command gets the one that finds it. */
export function waitingMessage(state: CollectorState, reason: string): string {
  const cure = reason.includes("`tracing ") ? "" : " `tracing doctor` says how to mend it.";
  return `Traces wait in the spool (${state}): ${reason.replace(/[.\s]+$/, "")}.${cure}`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
