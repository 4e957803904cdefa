import { setImmediate as nextTurn } from "node:timers/promises";
import { eraseFromSpool } from "./collector/spool/erasure.ts";
import { type RootHeader, type SurveyedTrace, surveySpool } from "./collector/spool/survey.ts";
import type { TraceCollector } from "./collector/trace-collector.ts";
import { requireKnownOptions, TracingError } from "./core/errors.ts";
import { eraseSpooled } from "./store/erase-spooled.ts";
import { DELETE_CONDITIONS, toConditions } from "./store/filters.ts";
import type { StoreClient } from "./store/store-client.ts";
import { type DeleteFilter, TraceRepo } from "./store/trace-repo.ts";

/** Whose traces, or which one; exactly one of these. */
export type ErasureTarget =
  | { userId: string | number | bigint }
  | { telegramId: string | number | bigint }
  | { traceId: string };

/** How an erasure is remembered. */
export interface ErasureOptions {
  /** Days for which the store takes nothing that comes late of what was erased; longer than any spool takes to drain. @default 30 */
  rememberDays?: number;
}

/** What was erased. */
export interface Erased {
  /** In the store. */
  traces: number;
  /** Of these traces, in the store. */
  spans: number;
  /** In the spools of this machine: those that waited, and those delivered a moment ago whose file was still there. */
  spoolRecords: number;
  /** Records that the store had refused, in the spools of this machine. */
  deadLetters: number;
}

/** Where to erase. */
export interface ErasurePlaces {
  /** None when traces are only sent on. */
  client: StoreClient | undefined;
  /** Roots. */
  spoolDirs: readonly string[];
  /** Of this process, which keep things in memory. */
  collectors?: readonly Pick<TraceCollector, "forget">[];
  /** Told what is gone from the store. */
  onProgress?(deleted: Readonly<{ traces: number; spans: number }>): void;
}

const TARGETS = ["userId", "telegramId", "traceId"];

/** The first schema that remembers what was erased. */
const SCHEMA_VERSION = 6;

/**
 * Erases whose or which traces a filter names, everywhere: in the store, which from then on takes nothing of them any
 * more; then in the spools, live ones included, with all that belongs to these traces.
 *
 * Nothing is done when the store does not answer; cut short later on, it may be done again.
 *
 * @throws {StoreError} when the store refuses or cannot be reached.
 * @throws {TracingError} `invalid-option`, or `schema-missing` when the schema is too old to remember erasures.
 */
export async function eraseEverywhere(filter: DeleteFilter, places: ErasurePlaces): Promise<Erased> {
  const { client, spoolDirs, collectors = [], onProgress } = places;
  toConditions(filter, DELETE_CONDITIONS);
  // What has ended in this turn of the event loop is in the spool in the next one.
  await nextTurn();
  const erased: Erased = { traces: 0, spans: 0, spoolRecords: 0, deadLetters: 0 };
  const add = ({ traces, spans }: Pick<Erased, "traces" | "spans">) => {
    erased.traces += traces;
    erased.spans += spans;
  };
  if (client) {
    const repo = new TraceRepo(client);
    await requireSchema(repo);
    add(await repo.deleteTraces(filter, onProgress));
  }
  const surveyed = await surveySpools(filter, spoolDirs);
  const claimed = [...surveyed].filter(([, { owned }]) => owned);
  let traceIds = new Set(claimed.map(([traceId]) => traceId));
  if (client) {
    const claims = claimed.map(([traceId, { root }]) => ({ traceId, root }));
    const found = await eraseSpooled(client, claims, [...surveyed.keys()], filter.rememberDays);
    add(found);
    traceIds = found.erased;
  }
  for (const dir of spoolDirs) {
    const { records, deadLetters } = await eraseFromSpool(dir, traceIds);
    erased.spoolRecords += records;
    erased.deadLetters += deadLetters;
  }
  for (const collector of collectors) collector.forget(traceIds);
  return erased;
}

/** @throws {TracingError} `invalid-option` unless it names exactly one. */
export function toErasureFilter(target: ErasureTarget, options: ErasureOptions = {}): DeleteFilter {
  requireKnownOptions("erase.", target, TARGETS);
  requireKnownOptions("erase.", options, ["rememberDays"]);
  const named = Object.entries(target).filter(([, id]) => id !== undefined);
  if (named.length !== 1) {
    const received = named.length === 0 ? "none" : `${named.length}`;
    throw new TracingError(
      "invalid-option",
      `erase() was given ${received} of ${TARGETS.join(", ")}; accepted: one.`,
    );
  }
  return { ...Object.fromEntries(named), ...options };
}

/** The traces of which records stand in spools; `owned` are those that a filter names. */
export async function surveySpools(
  filter: DeleteFilter,
  spoolDirs: readonly string[],
): Promise<Map<string, SurveyedTrace>> {
  const traces = new Map<string, SurveyedTrace>();
  const isMeant = toOwnership(filter);
  for (const dir of spoolDirs) await surveySpool(dir, isMeant, traces);
  const { traceId, userId, telegramId, before } = filter;
  const named = traceId === undefined ? undefined : traces.get(traceId);
  // Whatever there is of it, with or without its root.
  if (named && [userId, telegramId, before].every((condition) => condition === undefined)) named.owned = true;
  return traces;
}

function toOwnership({ traceId, userId, telegramId, before }: DeleteFilter): (header: RootHeader) => boolean {
  const end = before === undefined ? undefined : new Date(before).getTime();
  return ({ trace_id, user_id, telegram_id, start }) =>
    (traceId === undefined || trace_id === traceId) &&
    (userId === undefined || user_id === String(userId)) &&
    (telegramId === undefined || telegram_id === String(telegramId)) &&
    (end === undefined || Date.parse(start) < end);
}

async function requireSchema(repo: TraceRepo): Promise<void> {
  const version = await repo.schemaVersion();
  if (version >= SCHEMA_VERSION) return;
  throw new TracingError(
    "schema-missing",
    `The schema has version ${version}; to erase for good it needs version ${SCHEMA_VERSION}.`,
    { hint: "Run `tracing migrate`." },
  );
}
