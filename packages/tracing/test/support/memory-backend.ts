import type { Outcome, RecordExporter } from "../../src/collector/record-exporter.ts";
import type { EncodedRecord, TraceRecord } from "../../src/record/record.ts";

/** A backend in memory that keeps the contract: atomic batches, each record once, and the answers it is told to give. */
export class MemoryBackend implements RecordExporter {
  readonly stored = new Map<string, TraceRecord>();
  /** Sizes of the batches that were sent, refused ones included. */
  readonly batches: number[] = [];
  /** Decides on a batch; undefined stores it. */
  answer: (records: readonly TraceRecord[]) => Outcome | undefined = () => undefined;
  /** Whether `ready` says yes. */
  healthy = true;
  maxInFlight = 0;
  #inFlight = 0;

  async send(encoded: readonly EncodedRecord[]): Promise<Outcome> {
    this.#inFlight += 1;
    this.maxInFlight = Math.max(this.maxInFlight, this.#inFlight);
    this.batches.push(encoded.length);
    await new Promise((resolve) => setImmediate(resolve));
    this.#inFlight -= 1;
    const records = encoded.map((record) => JSON.parse(record) as TraceRecord);
    const refused = this.answer(records);
    if (refused) return refused;
    for (const record of records) this.stored.set(`${record.type} ${record.span_id}`, record);
    return { status: "stored" };
  }

  async ready(): Promise<boolean> {
    return this.healthy;
  }

  names(type: TraceRecord["type"] = "span"): string[] {
    return [...this.stored.values()].filter((record) => record.type === type).map((record) => record.name);
  }
}
