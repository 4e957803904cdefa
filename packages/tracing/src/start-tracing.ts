import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOnSampler, BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { type Logger, stderrLogger } from "./collector/logger.ts";
import type { CollectorStats } from "./collector/stats.ts";
import { TraceCollector } from "./collector/trace-collector.ts";
import { GENERAL, SCOPE_NAME } from "./conventions/attributes.ts";
import { TracingError } from "./core/errors.ts";
import { installRuntime } from "./core/runtime.ts";
import { LazyStore } from "./lazy-store.ts";
import { createStoreExporter } from "./store/store-exporter.ts";
import { TraceRepo } from "./store/trace-repo.ts";
import {
  type ResolvedStoreOptions,
  resolveCaptureSettings,
  resolveServiceName,
  resolveStoreOptions,
  type StartTracingOptions,
} from "./tracing-options.ts";

/** A running set-up: what to read traces with, and how to stop. */
export interface Tracing {
  readonly repo: TraceRepo;
  readonly collector: TraceCollector;
  /** What became of every span so far. */
  stats(): CollectorStats;
  /** Resolves when all that was pending is stored, or after 5 s; never rejects. */
  forceFlush(): Promise<void>;
  /** Flushes, then closes what `startTracing` opened. Idempotent, never rejects. */
  shutdown(): Promise<void>;
}

/** The SDK's own bounds would drop attributes and events silently; values are bounded by capture instead. */
const SPAN_LIMITS = { attributeCountLimit: 1_024, eventCountLimit: 1_024, linkCountLimit: 1_024 };

/**
 * Starts tracing for this process: spans made by `TraceContext` and `tracedSpan` go to the spool and from there to the
 * configured store. Without configuration that is an embedded Postgres in `./.data`.
 *
 * A store that cannot be reached is no error: the spool holds everything until it can.
 *
 * @throws {TracingError} `invalid-option` or `missing-dependency`.
 * @example
 * const tracing = await startTracing({ serviceName: "bot" });
 * process.once("SIGTERM", () => tracing.shutdown());
 */
export async function startTracing(options: StartTracingOptions = {}): Promise<Tracing> {
  const resolved = resolveStoreOptions(options);
  const serviceName = resolveServiceName(options);
  const capture = resolveCaptureSettings(options.capture);
  const logger = options.logger ?? stderrLogger;

  const store = new LazyStore(resolved);
  const repo = new TraceRepo(store);
  const collector = new TraceCollector({
    ...options.collector,
    exporter: createStoreExporter(store, { retentionDays: resolved.retentionDays }),
    spoolDir: resolved.spoolDir,
    capture,
    logger,
  });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ [GENERAL.SERVICE_NAME]: serviceName }),
    sampler: new AlwaysOnSampler(),
    spanLimits: SPAN_LIMITS,
    spanProcessors: [collector],
  });
  const contextManager = new AsyncLocalStorageContextManager().enable();
  const uninstall = installRuntime({
    tracer: provider.getTracer(SCOPE_NAME),
    capture,
    active: () => contextManager.active(),
    with: (ctx, fn) => contextManager.with(ctx, fn),
  });
  const unregister = options.global ? registerGlobally(provider, contextManager) : () => undefined;

  try {
    announce(resolved, logger);
    await collector.start();
    await openFirst(store, logger);
  } catch (error) {
    uninstall();
    unregister();
    await collector.stop();
    throw error;
  }

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    await collector.stop();
    uninstall();
    unregister();
    contextManager.disable();
    await store.close();
  };
  return {
    repo,
    collector,
    stats: () => collector.stats(),
    forceFlush: () => collector.forceFlush(),
    shutdown: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

function announce({ store, embeddedDir }: ResolvedStoreOptions, logger: Logger): void {
  if (store.kind !== "embedded") return;
  const message = `No store is configured: traces go to an embedded Postgres in ${embeddedDir}.`;
  if (process.env.NODE_ENV === "production") {
    logger.warn(
      `${message} It is not safe against power loss; set INSFORGE_BASE_URL or DATABASE_URL in production.`,
    );
  } else {
    logger.info(message);
  }
}

/** A wrong set-up is told at once and loudly; a store that is only away is told once, and waited for. */
async function openFirst(store: LazyStore, logger: Logger): Promise<void> {
  try {
    await store.open();
  } catch (error) {
    if (error instanceof TracingError && error.code === "missing-dependency") throw error;
    logger.warn(`The trace store cannot be opened yet; traces wait in the spool. ${reasonOf(error)}`);
    return;
  }
  store
    .rpc("schema_version", {}, { background: true })
    .catch((error: unknown) => logger.warn(`Traces wait in the spool. ${reasonOf(error)}`));
}

function registerGlobally(
  provider: BasicTracerProvider,
  contextManager: AsyncLocalStorageContextManager,
): () => void {
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(contextManager);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  return () => {
    trace.disable();
    context.disable();
    propagation.disable();
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
