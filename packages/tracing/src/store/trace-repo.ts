import type { EncodedRecord, TraceRecord } from "../record/record.ts";
import {
  DELETE_CONDITIONS,
  ERRORS_CONDITIONS,
  LIST_CONDITIONS,
  requireHex,
  STATS_CONDITIONS,
  toConditions,
} from "./filters.ts";
import type {
  DeleteFilter,
  ErrorFilter,
  ErrorGroup,
  ListFilter,
  Score,
  Span,
  StatsFilter,
  TraceDetail,
  TracePage,
  TraceStats,
} from "./shapes.ts";
import { RawJson, type RpcArgs, type StoreClient } from "./store-client.ts";
import { type StoredTrace, toDetail, toErrorGroup, toSpan, toStats, toSummary } from "./stored-shapes.ts";

export type {
  DeleteFilter,
  ErrorFilter,
  ErrorGroup,
  Figures,
  ListFilter,
  Score,
  Span,
  SpanEvent,
  SpanLink,
  StatsFilter,
  TraceDetail,
  TracePage,
  TraceStats,
  TraceStatus,
  TraceSummary,
} from "./shapes.ts";

/**
 * Reads traces back and manages them.
 *
 * Every method rejects with {@link StoreError} when the store refuses or cannot be reached, and with
 * {@link TracingError} `invalid-option` for arguments that cannot be meant.
 */
export class TraceRepo {
  readonly #client: StoreClient;

  constructor(client: StoreClient) {
    this.#client = client;
  }

  /**
   * Stores records, each once; sending them again is harmless. Those of a user or trace that has been erased since are
   * left out, and counted as `erased` where there are any.
   */
  async ingest(
    records: readonly (TraceRecord | EncodedRecord)[],
  ): Promise<
    { inserted: number; duplicates: number; erased?: number } | { unsupported: true; format: number }
  > {
    const lines = records.map((record) => (typeof record === "string" ? record : JSON.stringify(record)));
    return this.#call("ingest", { batch: RawJson.arrayOf(lines) });
  }

  /** Newest first. */
  async listTraces(filter: ListFilter = {}): Promise<TracePage> {
    const page = await this.#call<TracePage>("list_traces", {
      filter: toConditions(filter, LIST_CONDITIONS),
    });
    return { traces: page.traces.map(toSummary), nextCursor: page.nextCursor };
  }

  /** The whole trace, or null when there is none; `skeleton` leaves out content. */
  async getTrace(traceId: string, options: { skeleton?: boolean } = {}): Promise<TraceDetail | null> {
    requireHex("traceId", traceId, 32);
    const found = await this.#call<StoredTrace | null>("get_trace", { trace_id: traceId, options });
    return found && toDetail(found);
  }

  /** One whole span, or null when there is none. */
  async getSpan(traceId: string, spanId: string): Promise<Span | null> {
    requireHex("traceId", traceId, 32);
    requireHex("spanId", spanId, 16);
    const span = await this.#call<Span | null>("get_span", { trace_id: traceId, span_id: spanId });
    return span && toSpan(span);
  }

  /** Attaches a score, replacing one of the same name; false when there is no such trace. */
  async score(traceId: string, score: Score): Promise<boolean> {
    requireHex("traceId", traceId, 32);
    return this.#call("score", { trace_id: traceId, score });
  }

  /** Figures of a period; percentiles say whether they are exact or within 5 %. */
  async stats(filter: StatsFilter = {}): Promise<TraceStats> {
    const stats = await this.#call<TraceStats>("stats", { filter: toConditions(filter, STATS_CONDITIONS) });
    return toStats(stats);
  }

  /** Failures of one cause together, the latest first. */
  async errors(filter: ErrorFilter = {}): Promise<ErrorGroup[]> {
    const groups = await this.#call<ErrorGroup[]>("errors", {
      filter: toConditions(filter, ERRORS_CONDITIONS),
    });
    return groups.map(toErrorGroup);
  }

  /**
   * Erases for good; at least one condition is needed, and all given ones hold together. It goes by parts of up to 2,000
   * traces, each of which is final; `onProgress` is told what is gone after each.
   *
   * What comes late of a user, Telegram id or trace that was erased is not stored, for `rememberDays`; what they start
   * after the call is. It reaches the store alone: `tracing.erase()` reaches the spools too.
   */
  async deleteTraces(
    filter: DeleteFilter,
    onProgress: (deleted: Readonly<{ traces: number; spans: number }>) => void = () => undefined,
  ): Promise<{ traces: number; spans: number }> {
    // By the clock that dates the spans, which is not the database's.
    const conditions = { ...toConditions(filter, DELETE_CONDITIONS), at: new Date().toISOString() };
    const deleted = { traces: 0, spans: 0 };
    let more = true;
    while (more) {
      const part = await this.#call<{ traces: number; spans: number; more: boolean }>("delete_traces", {
        filter: conditions,
      });
      deleted.traces += part.traces;
      deleted.spans += part.spans;
      onProgress({ ...deleted });
      more = part.more;
    }
    return deleted;
  }

  /** Makes coming partitions, folds statistics, drops what is past retention. The collector does so every 6 h. */
  async maintain(
    options: { retentionDays?: number } = {},
  ): Promise<{ droppedDays: string[]; deletedTraces: number }> {
    return this.#call("maintain", { options });
  }

  /** The number of the newest migration that has been applied. */
  async schemaVersion(): Promise<number> {
    return this.#call("schema_version", {});
  }

  // The functions' answers are part of the schema, whose version is checked; they are taken at their word.
  async #call<T>(fn: string, args: RpcArgs): Promise<T> {
    return (await this.#client.rpc(fn, args)) as T;
  }
}
