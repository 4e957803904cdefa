import { invalidOption } from "../core/errors.ts";
import type { EncodedRecord, TraceRecord } from "../record/record.ts";
import type {
  ErrorGroup,
  ListFilter,
  Score,
  Span,
  TraceDetail,
  TracePage,
  TraceStats,
  TraceSummary,
} from "./shapes.ts";
import { RawJson, type RpcArgs, type StoreClient } from "./store-client.ts";

export type {
  ErrorGroup,
  Figures,
  ListFilter,
  Score,
  Span,
  SpanEvent,
  SpanLink,
  TraceDetail,
  TracePage,
  TraceStats,
  TraceStatus,
  TraceSummary,
} from "./shapes.ts";

export interface DeleteFilter {
  traceId?: string;
  userId?: string | number | bigint;
  telegramId?: string | number | bigint;
  before?: string | Date;
  /** Counts what would go. */
  dryRun?: boolean;
}

type Conditions = Readonly<Record<string, unknown>>;

const LIST_KEYS = [
  "pipelineName",
  "status",
  "telegramId",
  "userId",
  "sessionId",
  "serviceName",
  "model",
  "tag",
  "since",
  "until",
  "minDurationMs",
  "maxDurationMs",
  "minCostUsd",
  "text",
  "limit",
  "cursor",
];
const PERIOD_KEYS = ["pipelineName", "since", "until", "limit"];
const DELETE_KEYS = ["traceId", "userId", "telegramId", "before", "dryRun"];

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

  /** Stores records, each once; sending them again is harmless. */
  async ingest(
    records: readonly (TraceRecord | EncodedRecord)[],
  ): Promise<{ inserted: number; duplicates: number } | { unsupported: true; format: number }> {
    const lines = records.map((record) => (typeof record === "string" ? record : JSON.stringify(record)));
    return this.#call("ingest", { batch: new RawJson(`[${lines.join(",")}]`) });
  }

  /** Newest first. */
  async listTraces(filter: ListFilter = {}): Promise<TracePage> {
    const page = await this.#call<TracePage>("list_traces", {
      filter: toConditions({ ...filter }, LIST_KEYS),
    });
    return { ...page, traces: page.traces.map(toSummary) };
  }

  /** The whole trace, or null when there is none; `skeleton` leaves out content. */
  async getTrace(traceId: string, options: { skeleton?: boolean } = {}): Promise<TraceDetail | null> {
    requireHex("traceId", traceId, 32);
    const found = await this.#call<(TraceSummary & { rootSpanId: string; spans: Span[] }) | null>(
      "get_trace",
      {
        trace_id: traceId,
        options,
      },
    );
    if (found === null) return null;
    const { rootSpanId, spans: stored, ...summary } = found;
    const spans = stored.map(toSpan);
    const root = spans.find((span) => span.spanId === rootSpanId);
    return { ...toSummary(summary), input: root?.input ?? null, output: root?.output ?? null, spans };
  }

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

  async stats(filter: Pick<ListFilter, "pipelineName" | "since" | "until"> = {}): Promise<TraceStats> {
    return this.#call("stats", { filter: toConditions({ ...filter }, PERIOD_KEYS) });
  }

  /** Failures of one cause together, the latest first. */
  async errors(
    filter: Pick<ListFilter, "pipelineName" | "since" | "until" | "limit"> = {},
  ): Promise<ErrorGroup[]> {
    return this.#call("errors", { filter: toConditions({ ...filter }, PERIOD_KEYS) });
  }

  /** Erases for good; at least one condition is needed, and all given ones hold together. */
  async deleteTraces(filter: DeleteFilter): Promise<{ traces: number; spans: number }> {
    return this.#call("delete_traces", { filter: toConditions({ ...filter }, DELETE_KEYS) });
  }

  async maintain(
    options: { retentionDays?: number } = {},
  ): Promise<{ droppedDays: string[]; deletedTraces: number }> {
    return this.#call("maintain", { options });
  }

  async schemaVersion(): Promise<number> {
    return this.#call("schema_version", {});
  }

  // The functions' answers are part of the schema, whose version is checked; they are taken at their word.
  async #call<T>(fn: string, args: RpcArgs): Promise<T> {
    return (await this.#client.rpc(fn, args)) as T;
  }
}

function toConditions(filter: Conditions, accepted: readonly string[]): Conditions {
  const conditions: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(filter)) {
    if (!accepted.includes(key)) throw invalidOption(`filter.${key}`, value, accepted.join(", "));
    if (value !== undefined) conditions[key] = toCondition(key, value);
  }
  return conditions;
}

function toCondition(key: string, value: unknown): unknown {
  if (key === "traceId") requireHex(key, value, 32);
  if (value instanceof Date || key === "since" || key === "until" || key === "before") {
    const time = new Date(value as string | Date);
    if (Number.isNaN(time.getTime()))
      throw invalidOption(`filter.${key}`, value, "a Date or an ISO 8601 time");
    return time.toISOString();
  }
  return typeof value === "bigint" || key.endsWith("Id") ? String(value) : value;
}

function requireHex(name: string, value: unknown, digits: number): void {
  if (typeof value !== "string" || value.length !== digits || !/^[0-9a-f]+$/.test(value)) {
    throw invalidOption(name, value, `${digits} lower-case hex digits`);
  }
}

function toSummary<S extends TraceSummary>(stored: S): S {
  return { ...stored, metadata: parsed(stored.metadata) as TraceSummary["metadata"] };
}

function toSpan(stored: Span): Span {
  return {
    ...stored,
    input: parsed(stored.input),
    output: parsed(stored.output),
    attributes: (parsed(stored.attributes) ?? {}) as Span["attributes"],
    events: (parsed(stored.events) ?? []) as Span["events"],
    links: (parsed(stored.links) ?? []) as Span["links"],
  };
}

/** Content is text that holds JSON; what another writer stored otherwise is shown as it stands. */
function parsed(content: unknown): unknown {
  if (typeof content !== "string") return content ?? null;
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}
