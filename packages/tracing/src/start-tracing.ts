import type { Logger } from "./collector/logger.ts";
import type { CollectorState, CollectorStats } from "./collector/stats.ts";
import { TraceCollector, waitingMessage } from "./collector/trace-collector.ts";
import { TracingError } from "./core/errors.ts";
import { createPrivateRuntime } from "./core/private-runtime.ts";
import { installRuntime } from "./core/runtime.ts";
import {
  type Erased,
  type ErasureOptions,
  type ErasureTarget,
  eraseEverywhere,
  toErasureFilter,
} from "./erase.ts";
import { registerGlobally } from "./global-registration.ts";
import { LazyStore } from "./lazy-store.ts";
import { noStore } from "./no-store.ts";
import { createOtlpCopy } from "./otlp-copy.ts";
import { otlpSpoolDir } from "./otlp-spool.ts";
import { StoreError } from "./store/store-client.ts";
import { createStoreExporter } from "./store/store-exporter.ts";
import { TraceRepo } from "./store/trace-repo.ts";
import {
  type ResolvedTracingOptions,
  resolveTracingOptions,
  type StartTracingOptions,
} from "./tracing-options.ts";

/** A running set-up: what to read traces with, and how to stop. */
export interface Tracing {
  /** Reads traces back. */
  readonly repo: TraceRepo;
  /** What takes the spans. */
  readonly collector: TraceCollector;
  /** The collector of what is sent over OTLP, with counts of its own; undefined when nothing is. */
  readonly otlp: TraceCollector | undefined;
  /** What became of every span so far: with a store, there; without one, over OTLP. */
  stats(): CollectorStats;
  /** Resolves when all that was pending is stored, or after 5 s; never rejects. */
  forceFlush(): Promise<void>;
  /**
   * Erases a person's traces, or one trace, for good: in the store, and in every spool of the data directory, those of
   * dead and of other live processes included. What of them comes late is not stored; what the person starts afterwards is.
   *
   * Out of reach are copies that were sent over OTLP, logs and backups; and a run that still goes on in another process
   * keeps its start in that process's checkpoint until it ends. When the store does not answer nothing is erased.
   *
   * @throws {StoreError} when the store refuses or cannot be reached.
   * @throws {TracingError} `invalid-option`, `schema-missing`.
   * @example
   * const { traces } = await tracing.erase({ userId: 7 });
   */
  erase(whose: ErasureTarget, options?: ErasureOptions): Promise<Erased>;
  /**
   * Flushes, then closes what `startTracing` opened. Idempotent, never rejects.
   *
   * Runs that begin afterwards are not recorded, unless the process has an OpenTelemetry SDK of its own for them to join;
   * spans of earlier runs that end afterwards are counted as dropped for the reason `stopped`, which is said once.
   */
  shutdown(): Promise<void>;
}

let running = false;

/**
 * Starts tracing for this process: spans made by `TraceContext` and `tracedSpan` go to the spool and from there to the
 * configured store. Without configuration that is an embedded Postgres in `./.data`.
 *
 * Runs are recorded from the call on, also before the promise resolves. A store that cannot be reached is no error: the
 * spool holds everything until it can. A process has one tracing at a time; after `shutdown` it may start again.
 *
 * @throws {TracingError} `invalid-option`, `missing-dependency`, or `already-started`.
 * @example
 * const tracing = await startTracing({ serviceName: "bot" });
 * process.once("SIGTERM", () => tracing.shutdown());
 */
export async function startTracing(options: StartTracingOptions = {}): Promise<Tracing> {
  const resolved = resolveTracingOptions(options);
  if (running) {
    throw new TracingError("already-started", "Tracing has been started in this process and still runs.", {
      hint: "Use what the first startTracing() returned, or shut that down before.",
    });
  }
  const { logger } = resolved;
  const store = new LazyStore(resolved.store, resolved.given);
  const otlp = resolved.otlp && createOtlpCopy(resolved.otlp, resolved);
  const collector = otlp && !resolved.keepsTraces ? otlp.collector : createCollector(store, resolved);
  const collectors = new Set([collector, otlp?.collector ?? collector]);
  const each = (act: (collector: TraceCollector) => Promise<void>) =>
    Promise.all([...collectors].map(act)).then(() => undefined);
  const uninstall = install([...collectors], resolved);
  running = true;

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    running = false;
    await each((one) => one.stop());
    uninstall();
    await store.close().catch((error: unknown) => {
      logger.warn(`The trace store could not be closed in order: ${reasonOf(error)}`);
    });
  };
  const shutdown = () => {
    stopped ??= stop();
    return stopped;
  };

  try {
    if (resolved.keepsTraces) announce(resolved, logger);
    await each((one) => one.start());
    await otlp?.open();
    if (resolved.keepsTraces) await openFirst(store, logger);
  } catch (error) {
    await shutdown();
    throw error;
  }
  return {
    repo: new TraceRepo(resolved.keepsTraces ? store : noStore),
    collector,
    otlp: otlp?.collector,
    stats: () => collector.stats(),
    forceFlush: () => each((one) => one.forceFlush()),
    erase: async (whose, options) =>
      eraseEverywhere(toErasureFilter(whose, options), {
        client: resolved.keepsTraces ? store : undefined,
        spoolDirs: [resolved.store.spoolDir, otlpSpoolDir(resolved.store.dataDir)],
        collectors: [...collectors],
      }),
    shutdown,
  };
}

function createCollector(store: LazyStore, resolved: ResolvedTracingOptions): TraceCollector {
  const { retentionDays, spoolDir } = resolved.store;
  return new TraceCollector({
    ...resolved.collector,
    exporter: createStoreExporter(store, { retentionDays }),
    spoolDir,
    ...(resolved.sampling && { sampling: resolved.sampling }),
    capture: resolved.capture,
    logger: resolved.logger,
  });
}

/** Makes a provider and context of our own current, and registers them with OpenTelemetry when asked to; returns the undoing. */
function install(collectors: TraceCollector[], resolved: ResolvedTracingOptions): () => void {
  const { serviceName, capture, logger } = resolved;
  const { runtime, provider, contextManager } = createPrivateRuntime({
    serviceName,
    capture,
    spanProcessors: collectors,
  });
  const uninstall = installRuntime(runtime);
  const unregister = resolved.global ? registerGlobally(provider, contextManager, logger) : () => undefined;
  return () => {
    uninstall();
    unregister();
    contextManager.disable();
  };
}

function announce({ store, given }: ResolvedTracingOptions, logger: Logger): void {
  if ((given?.kind ?? store.store.kind) !== "embedded") return;
  const where = given?.description ?? `embedded in ${store.embeddedDir}`;
  const message = `No store is configured: traces go to a Postgres ${where}.`;
  if (process.env.NODE_ENV === "production") {
    logger.warn(
      `${message} It is not safe against power loss; set INSFORGE_BASE_URL or DATABASE_URL in production.`,
    );
  } else {
    logger.info(message);
  }
}

const WRONG_SETUP: ReadonlySet<string> = new Set(["missing-dependency", "invalid-option"]);

/** A wrong set-up is told at once and loudly; a store that is only away is told once, and waited for. */
async function openFirst(store: LazyStore, logger: Logger): Promise<void> {
  try {
    await store.open();
  } catch (error) {
    if (error instanceof TracingError && WRONG_SETUP.has(error.code)) throw error;
    logger.warn(`The trace store cannot be opened yet; traces wait in the spool. ${reasonOf(error)}`);
    return;
  }
  // In the words of the collector, which finds the same out with the first spans it delivers.
  store
    .rpc("schema_version", {}, { background: true })
    .catch((error: unknown) => logger.warn(waitingMessage(stateBehind(error), reasonOf(error))));
}

function stateBehind(error: unknown): CollectorState {
  if (!(error instanceof StoreError)) return "retrying";
  if (error.kind === "unauthorized") return "paused";
  return error.kind === "schema-missing" ? "schema-missing" : "retrying";
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
