import type { ListFilter, TraceRepo, TraceSummary } from "../../store/trace-repo.ts";

/** What is told of a trace: that it runs, or how it ended. */
export interface TraceEvent {
  event: "running" | "ended";
  trace: TraceSummary;
}

export interface TraceFeedOptions {
  repo: TraceRepo;
  /** Which traces are told of; neither period nor page. */
  filter: ListFilter;
  /** Traces that started from here on are told of even when they have ended already. @default those not yet stored */
  since: string | undefined;
  now(): Date;
}

/** Traces reach the store late: after an outage of the service's, or with its clock behind. */
const LOOKBACK_MS = 15 * 60_000;
/** Runs that have been going on for longer have most likely lost their process. */
const LONGEST_RUN_MS = 24 * 3_600_000;
const PAGE = 200;
const MAX_PAGES = 50;
const MAX_RUNNING = 500;

/**
 * What is new in the store since it was last asked.
 *
 * A store can only be asked what has started, so two lists are compared with what was told before: what started lately,
 * and what runs. A trace of which neither says anything any more has ended, and is asked for by its start.
 */
export class TraceFeed {
  readonly #options: TraceFeedOptions;
  readonly #told = new Map<string, { status: TraceSummary["status"]; startTime: string }>();
  /** Runs by their start, also those that the filter does not show before they have ended. */
  #running = new Map<string, string>();
  #lastMs: number | undefined;

  constructor(options: TraceFeedOptions) {
    this.#options = options;
  }

  /** Whether the store has answered at least once. */
  get primed(): boolean {
    return this.#lastMs !== undefined;
  }

  /** What there is to tell, oldest first. When it rejects, nothing is lost: the next call tells it. */
  async poll(): Promise<TraceEvent[]> {
    const { filter, since, now } = this.#options;
    const atMs = now().getTime();
    const first = !this.primed;
    const from = (this.#lastMs ?? atMs) - LOOKBACK_MS;
    const lately = new Date(from).toISOString();
    const windowStart = since !== undefined && (first || since > lately) ? since : lately;

    const running = await this.#listRunning(atMs);
    const recent = await this.#listRecent({ ...filter, since: windowStart });
    const gone = await this.#listGone(running, recent);

    if (first && since === undefined) {
      const past = recent.filter(({ status }) => status !== "running");
      for (const trace of past) this.#note(trace);
    }
    const shown = filter.status === undefined || filter.status === "running" ? running : [];
    const matching = hasOutcome(filter) ? [] : shown;
    const events = [...matching, ...recent, ...gone].flatMap((trace) => this.#toEvent(trace));
    this.#running = new Map(
      [...running, ...[...recent, ...gone].filter(({ status }) => status === "running")].map(
        ({ traceId, startTime }) => [traceId, startTime],
      ),
    );
    this.#forget(from);
    this.#lastMs = atMs;
    return events.sort((a, b) => timeOf(a) - timeOf(b));
  }

  /** Whatever runs and may come to fit the filter. */
  async #listRunning(atMs: number): Promise<TraceSummary[]> {
    const { filter, since, repo } = this.#options;
    const lately = new Date(atMs - LONGEST_RUN_MS).toISOString();
    const { traces } = await repo.listTraces({
      ...withoutOutcome(filter),
      status: "running",
      since: since !== undefined && since < lately ? since : lately,
      limit: MAX_RUNNING,
    });
    return traces;
  }

  /** Back from the newest until a page has nothing that is new. */
  async #listRecent(filter: ListFilter): Promise<TraceSummary[]> {
    const found: TraceSummary[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const { traces, nextCursor } = await this.#options.repo.listTraces({ ...filter, limit: PAGE, cursor });
      found.push(...traces);
      if (nextCursor === null || !traces.some((trace) => this.#isNews(trace))) break;
      cursor = nextCursor;
    }
    return found;
  }

  /** Runs of the last time that neither list has now, as far as the filter shows how they ended. */
  async #listGone(
    running: readonly TraceSummary[],
    recent: readonly TraceSummary[],
  ): Promise<TraceSummary[]> {
    const known = new Set([...running, ...recent].map(({ traceId }) => traceId));
    const gone = [...this.#running].filter(([traceId]) => !known.has(traceId));
    if (gone.length === 0) return [];
    const starts = gone.map(([, startTime]) => startTime).sort();
    const ids = new Set(gone.map(([traceId]) => traceId));
    const found: TraceSummary[] = [];
    const until = new Date(Date.parse(starts.at(-1) ?? "") + 1).toISOString();
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES && ids.size > 0; page++) {
      const { traces, nextCursor } = await this.#options.repo.listTraces({
        ...this.#options.filter,
        since: starts[0],
        until,
        limit: PAGE,
        cursor,
      });
      found.push(...traces.filter(({ traceId }) => ids.delete(traceId)));
      if (nextCursor === null) break;
      cursor = nextCursor;
    }
    return found;
  }

  #isNews({ traceId, status }: TraceSummary): boolean {
    return this.#told.get(traceId)?.status !== status;
  }

  #note({ traceId, status, startTime }: TraceSummary): void {
    this.#told.set(traceId, { status, startTime });
  }

  #toEvent(trace: TraceSummary): TraceEvent[] {
    if (!this.#isNews(trace)) return [];
    // The lists are made one after the other, and what is in the older one may be over in the newer.
    if (trace.status === "running" && this.#told.has(trace.traceId)) return [];
    this.#note(trace);
    return [{ event: trace.status === "running" ? "running" : "ended", trace }];
  }

  #forget(beforeMs: number): void {
    for (const [traceId, { startTime }] of this.#told) {
      if (Date.parse(startTime) < beforeMs && !this.#running.has(traceId)) this.#told.delete(traceId);
    }
  }
}

/** When it happened, in milliseconds since the epoch. */
export function timeOf({ event, trace }: TraceEvent): number {
  return Date.parse(trace.startTime) + (event === "ended" ? (trace.durationMs ?? 0) : 0);
}

/** The part of a filter that does not depend on how far a trace has come. */
function withoutOutcome({
  pipelineName,
  userId,
  telegramId,
  sessionId,
  serviceName,
}: ListFilter): ListFilter {
  return { pipelineName, userId, telegramId, sessionId, serviceName };
}

/** Whether a filter asks for what a run may have only later. */
function hasOutcome(filter: ListFilter): boolean {
  const { model, tag, minDurationMs, maxDurationMs, minCostUsd, text } = filter;
  return [model, tag, minDurationMs, maxDurationMs, minCostUsd, text].some((value) => value !== undefined);
}
