import type { RecordExporter } from "../collector/record-exporter.ts";
import type { EncodedRecord } from "../record/record.ts";

export interface ExportOptions {
  exporter: RecordExporter;
  /** Milliseconds for everything, waits and retries included. */
  timeoutMs: number;
  /** Aborts waits: what is under way has one more try then. */
  lastTry: AbortSignal;
}

export interface Exported {
  stored: number;
  /** Why the others are not stored; the first reason, when there are several. */
  reason?: string;
}

const MAX_BATCH_CHARS = 4 * 2 ** 20;
const MIN_WAIT_MS = 250;
const MAX_WAIT_MS = 5_000;

/**
 * Stores records within a time, without a disk to fall back on: waits and sends again while the backend is away, halves
 * what is too large, and bisects what is refused, so that a poison record costs only itself.
 */
export async function exportRecords(
  records: readonly EncodedRecord[],
  options: ExportOptions,
): Promise<Exported> {
  const { exporter, timeoutMs, lastTry } = options;
  const deadline = performance.now() + timeoutMs;
  const parts = toBatches(records).reverse();
  let stored = 0;
  let reason: string | undefined;
  let failures = 0;

  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const remainingMs = Math.ceil(deadline - performance.now());
    if (remainingMs <= 0) return { stored, reason: reason ?? `It took longer than ${timeoutMs} ms.` };
    const outcome = await exporter.send(part, { signal: AbortSignal.timeout(remainingMs) });
    switch (outcome.status) {
      case "stored":
        stored += part.length;
        failures = 0;
        break;
      case "too-large":
      case "rejected":
        if (part.length === 1) reason ??= outcome.reason;
        else parts.push(...halves(part));
        break;
      case "retry": {
        const waitMs = outcome.afterMs ?? backoffMs(failures++);
        if (lastTry.aborted || performance.now() + waitMs >= deadline)
          return { stored, reason: outcome.reason };
        parts.push(part);
        await pause(waitMs, lastTry);
        break;
      }
      default:
        return { stored, reason: outcome.reason };
    }
  }
  return reason === undefined ? { stored } : { stored, reason };
}

function toBatches(records: readonly EncodedRecord[]): EncodedRecord[][] {
  const batches: EncodedRecord[][] = [];
  let chars = Number.POSITIVE_INFINITY;
  for (const record of records) {
    chars += record.length;
    if (chars > MAX_BATCH_CHARS) {
      batches.push([]);
      chars = record.length;
    }
    batches.at(-1)?.push(record);
  }
  return batches;
}

/** The second half first: parts are taken from the end. */
function halves(part: readonly EncodedRecord[]): EncodedRecord[][] {
  const middle = Math.ceil(part.length / 2);
  return [part.slice(middle), part.slice(0, middle)];
}

function backoffMs(failures: number): number {
  const delay = Math.min(MAX_WAIT_MS, MIN_WAIT_MS * 2 ** failures);
  return delay / 2 + (Math.random() * delay) / 2;
}

function pause(ms: number, wake: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      wake.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms).unref();
    wake.addEventListener("abort", done, { once: true });
  });
}
