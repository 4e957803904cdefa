import { toSafeText } from "../capture/redaction/safe-text.ts";
import { peekRecord } from "../record/peek.ts";
import type { EncodedRecord } from "../record/record.ts";
import type { Circuit } from "./circuit.ts";
import type { Settlement } from "./ledger.ts";
import type { Outcome, RecordExporter } from "./record-exporter.ts";
import { shrinkRecord } from "./shrink-record.ts";

/** After so many server failures of one batch, while the backend otherwise answers, the batch itself is to blame. */
const SERVER_FAILURES_OF_POISON = 5;
/** A reason is kept with every dead letter and shown to people. */
const MAX_REASON_CHARS = 1_000;

export interface BatchDeliveryOptions {
  exporter: RecordExporter;
  circuit: Circuit;
  signal: AbortSignal;
  /** Keeps a record that the backend will never take. */
  deadLetter: (record: EncodedRecord, reason: string) => void;
  /** Traces that have been erased since the batch was taken; asked when it could not be sent at once. */
  findErased: () => Promise<ReadonlySet<string>>;
}

interface Part {
  records: readonly EncodedRecord[];
  serverFailures: number;
  /** Whether it has been sent before, in vain. */
  sent?: boolean;
}

/**
 * Delivers one batch to its end: retries while the backend is away, halves what is too large, and bisects what is
 * refused until the poison record stands alone.
 *
 * Resolves to what became of its spans, or to undefined when it was aborted; then nothing of it counts as settled, and
 * parts that were stored are sent again later, which is harmless.
 */
export async function deliverBatch(
  records: readonly EncodedRecord[],
  options: BatchDeliveryOptions,
): Promise<Settlement | undefined> {
  const { circuit, signal } = options;
  const settlement: Settlement = { delivered: 0, deadLettered: 0, erased: 0 };
  const parts: Part[] = [{ records, serverFailures: 0 }];

  while (parts.length > 0) {
    const part = parts[parts.length - 1] as Part;
    const waits = part.sent || !circuit.open;
    await circuit.pass(signal);
    if (signal.aborted) {
      circuit.withdraw();
      return undefined;
    }
    if (waits) leaveOut(part, await options.findErased(), settlement);
    if (part.records.length === 0) {
      circuit.withdraw();
      parts.pop();
      continue;
    }
    part.sent = true;
    const outcome = await send(part.records, options);
    if (signal.aborted && outcome.status === "retry") {
      circuit.withdraw();
      return undefined;
    }
    switch (outcome.status) {
      case "stored":
        circuit.succeed();
        settlement.delivered += countSpans(part.records);
        parts.pop();
        break;
      case "retry":
        if (outcome.server) part.serverFailures += 1;
        if (part.serverFailures >= SERVER_FAILURES_OF_POISON && (await isReady(options))) {
          circuit.succeed();
          split(parts, outcome.reason, settlement, options);
        } else {
          circuit.fail({ state: "retrying", reason: outcome.reason, afterMs: outcome.afterMs });
        }
        break;
      case "unauthorized":
        circuit.fail({ state: "paused", reason: outcome.reason });
        break;
      case "schema-missing":
        circuit.fail({ state: "schema-missing", reason: outcome.reason });
        break;
      case "too-large":
        circuit.succeed();
        if (part.records.length > 1 || !shrinkLast(parts)) split(parts, outcome.reason, settlement, options);
        break;
      case "rejected":
        circuit.succeed();
        split(parts, outcome.reason, settlement, options);
        break;
    }
  }
  return settlement;
}

function leaveOut(part: Part, erased: ReadonlySet<string>, settlement: Settlement): void {
  if (erased.size === 0) return;
  const kept = part.records.filter((record) => !erased.has(peekRecord(record)?.traceId ?? ""));
  settlement.erased += countSpans(part.records) - countSpans(kept);
  part.records = kept;
}

async function send(records: readonly EncodedRecord[], options: BatchDeliveryOptions): Promise<Outcome> {
  try {
    const outcome = await options.exporter.send(records, { signal: options.signal });
    return outcome.status === "stored"
      ? outcome
      : { ...outcome, reason: toSafeText(outcome.reason, MAX_REASON_CHARS) };
  } catch (error) {
    // An exporter that throws has a fault of its own; the records are not to blame and wait.
    const reason = String(error instanceof Error ? error.message : error);
    return { status: "retry", reason: toSafeText(reason, MAX_REASON_CHARS) };
  }
}

async function isReady({ exporter, signal }: BatchDeliveryOptions): Promise<boolean> {
  if (!exporter.ready) return true;
  return exporter.ready({ signal }).catch(() => false);
}

/** Replaces the last part by its halves, first half on top; a single record is dead-lettered. */
function split(
  parts: Part[],
  reason: string,
  settlement: Settlement,
  { deadLetter }: BatchDeliveryOptions,
): void {
  const { records } = parts.pop() as Part;
  if (records.length === 1) {
    const record = records[0] as EncodedRecord;
    deadLetter(record, reason);
    settlement.deadLettered += countSpans(records);
    return;
  }
  const middle = Math.ceil(records.length / 2);
  parts.push({ records: records.slice(middle), serverFailures: 0 });
  parts.push({ records: records.slice(0, middle), serverFailures: 0 });
}

/** Cuts the content of the last part's only record; false when there was nothing left to cut. */
function shrinkLast(parts: Part[]): boolean {
  const part = parts[parts.length - 1] as Part;
  const shrunk = shrinkRecord(part.records[0] as EncodedRecord);
  if (shrunk === undefined) return false;
  parts[parts.length - 1] = { records: [shrunk], serverFailures: 0 };
  return true;
}

/** How many of the records are spans; `started` and `interrupted` records are no entries of the ledger. */
function countSpans(records: readonly EncodedRecord[]): number {
  return records.reduce((count, record) => count + (peekRecord(record)?.type === "span" ? 1 : 0), 0);
}
