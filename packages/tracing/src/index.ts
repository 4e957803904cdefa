// Common: start tracing, make spans, read traces back.

export type { CaptureOptions } from "./capture/settings.ts";
export { type ContextTrouble, checkContext } from "./core/check-context.ts";
export { TracingError, type TracingErrorCode } from "./core/errors.ts";
export { type Generation, type GenerationUsage, recordGeneration } from "./core/generation.ts";
export {
  type ChunkOf,
  type RecordStreamOptions,
  recordStream,
  type StreamEnd,
  type StreamOutcome,
} from "./core/record-stream.ts";
export { TraceContext, type TraceContextOptions } from "./core/trace-context.ts";
export { type TracedSpanKind, type TracedSpanOptions, tracedSpan } from "./core/traced-span.ts";
export type { Erased, ErasureOptions, ErasureTarget } from "./erase.ts";
export { type OpenStore, openStore } from "./open-store.ts";
export type { OtlpOptions } from "./otlp/otlp-options.ts";
export { startTracing, type Tracing } from "./start-tracing.ts";
export {
  type DeleteFilter,
  type ErrorFilter,
  type ErrorGroup,
  type Figures,
  type ListFilter,
  type Score,
  type Span,
  type SpanEvent,
  type SpanLink,
  type StatsFilter,
  type TraceDetail,
  type TracePage,
  TraceRepo,
  type TraceStats,
  type TraceStatus,
  type TraceSummary,
} from "./store/trace-repo.ts";
export type { StartTracingOptions, StoreOptions } from "./tracing-options.ts";

// Common: traces as text.

export {
  type RenderOptions,
  type RenderTraceOptions,
  renderSpan,
  renderTrace,
  renderTraceList,
} from "./render/index.ts";

// Advanced: inside an OpenTelemetry set-up of your own, or with a backend of your own.

export {
  createRedactor,
  type RedactContext,
  type RedactOptions,
  type Redactor,
} from "./capture/redaction/redact.ts";
export type { CaptureLimits, CaptureSettings } from "./capture/settings.ts";
export type { TraceCollectorOptions } from "./collector/collector-options.ts";
export type { Logger } from "./collector/logger.ts";
export type { Outcome, RecordExporter, SendOptions } from "./collector/record-exporter.ts";
export type { SamplingOptions, SamplingRule } from "./collector/sampling.ts";
export type { CollectorState, CollectorStats, DropReason } from "./collector/stats.ts";
export { TraceCollector } from "./collector/trace-collector.ts";
export { CONVENTIONS_VERSION, GEN_AI, TRACING } from "./conventions/attributes.ts";
export { InsForgeSpanExporter } from "./insforge/insforge-span-exporter.ts";
export type { ReadableSpanLike } from "./record/readable-span.ts";
export type { EncodedRecord, TraceRecord } from "./record/record.ts";
export { type Migration, type MigrationTarget, migrate, readMigrations } from "./store/migrator.ts";
export {
  RawJson,
  type RpcArgs,
  type RpcOptions,
  type StoreClient,
  StoreError,
} from "./store/store-client.ts";
