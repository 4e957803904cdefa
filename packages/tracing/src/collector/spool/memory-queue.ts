import { peekRecord } from "../../record/peek.ts";
import type { EncodedRecord } from "../../record/record.ts";
import { Progress, type Ticket } from "./progress.ts";
import type { ReadRecords, TakeLimits } from "./segment-reader.ts";

export interface MemoryEntry {
  record: EncodedRecord;
  span: boolean;
  /** Monotonic. */
  atMs: number;
}

/** What had to be given up for want of room. */
export interface Evicted {
  records: number;
  spans: number;
  /** Those of them that say how a trace ended. */
  ends: EncodedRecord[];
}

const ENDS_TRACE =
  /^\{"v":\d+,"type":(?:"interrupted"|"span","trace_id":"\w+","span_id":"\w+","parent_span_id":[\w"]+,"root":[23],)/;

/**
 * The records that the disk refused, in order and bounded: when there are too many the oldest that nobody is delivering
 * go, as they do on disk. Sizes are counted in UTF-16 units, which is what a record costs in memory at the least.
 */
export class MemoryQueue {
  readonly #maxBytes: number;
  #entries: MemoryEntry[] = [];
  #progress = new Progress(0);
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Records that are not settled. */
  get length(): number {
    return this.#entries.length;
  }

  get unread(): boolean {
    return this.#progress.read - this.#progress.settled < this.#entries.length;
  }

  /** When the oldest record that is not settled came in. */
  get oldestAtMs(): number | undefined {
    return this.#entries[0]?.atMs;
  }

  push(entries: readonly MemoryEntry[]): Evicted {
    for (const entry of entries) {
      this.#entries.push(entry);
      this.#bytes += entry.record.length;
    }
    const first = this.#progress.read - this.#progress.settled;
    let count = 0;
    while (this.#bytes > this.#maxBytes && first + count < this.#entries.length) {
      this.#bytes -= (this.#entries[first + count] as MemoryEntry).record.length;
      count += 1;
    }
    return toEvicted(count === 0 ? [] : this.#entries.splice(first, count));
  }

  /** The next unread records. */
  read(limits: TakeLimits): ReadRecords {
    const read: ReadRecords = {
      records: [],
      spans: 0,
      bytes: 0,
      erasedRecords: 0,
      erasedSpans: 0,
      end: this.#progress.read,
    };
    for (let index = read.end - this.#progress.settled; index < this.#entries.length; index++) {
      const entry = this.#entries[index] as MemoryEntry;
      const bytes = Buffer.byteLength(entry.record);
      const full = read.records.length >= limits.maxRecords || read.bytes + bytes > limits.maxBytes;
      if (full && read.records.length > 0) break;
      read.records.push(entry.record);
      read.bytes += bytes;
      read.end += 1;
      if (entry.span) read.spans += 1;
    }
    return read;
  }

  take(read: ReadRecords): Ticket {
    return this.#progress.take(read.end, read.records.length, read.spans);
  }

  settle(ticket: Ticket): void {
    const before = this.#progress.settled;
    if (this.#progress.settle(ticket)) this.#shift(this.#progress.settled - before);
  }

  /** Gives up everything that nobody is delivering. */
  clearUnread(): Evicted {
    const evicted = this.#entries.splice(this.#progress.read - this.#progress.settled);
    for (const entry of evicted) this.#bytes -= entry.record.length;
    return toEvicted(evicted);
  }

  /** Takes out what nobody is delivering and belongs to one of these traces; returns how many records and spans that was. */
  forget(traceIds: ReadonlySet<string>): { records: number; spans: number } {
    const unread = this.#entries.splice(this.#progress.read - this.#progress.settled);
    const kept: MemoryEntry[] = [];
    const forgotten = { records: 0, spans: 0 };
    for (const entry of unread) {
      if (!traceIds.has(peekRecord(entry.record)?.traceId ?? "")) {
        kept.push(entry);
        continue;
      }
      this.#bytes -= entry.record.length;
      forgotten.records += 1;
      if (entry.span) forgotten.spans += 1;
    }
    this.#entries.push(...kept);
    return forgotten;
  }

  /** The oldest records, as many as fit in `maxBytes`, but at least all that are being delivered. */
  oldest(maxBytes: number): MemoryEntry[] {
    const inFlight = this.#progress.read - this.#progress.settled;
    let bytes = 0;
    let count = 0;
    for (const entry of this.#entries) {
      bytes += entry.record.length;
      if (count >= inFlight && count > 0 && bytes > maxBytes) break;
      count += 1;
    }
    return this.#entries.slice(0, count);
  }

  /**
   * Hands the oldest `ends.length` records over to the source that holds them now; each stands there up to the position
   * in `ends`. Tickets that are out go with them.
   */
  moveTo(target: Progress, ends: readonly number[]): Ticket[] {
    const base = this.#progress.settled;
    const tickets = this.#progress.tickets;
    for (const ticket of tickets) {
      ticket.start = target.read;
      ticket.end = ends[ticket.end - base - 1] as number;
      ticket.progress = target;
      target.tickets.push(ticket);
      target.read = ticket.end;
    }
    this.#shift(ends.length);
    this.#progress = new Progress(0);
    return tickets;
  }

  #shift(count: number): void {
    for (const entry of this.#entries.splice(0, count)) this.#bytes -= entry.record.length;
  }
}

function toEvicted(entries: readonly MemoryEntry[]): Evicted {
  return {
    records: entries.length,
    spans: entries.filter((entry) => entry.span).length,
    ends: entries.map(({ record }) => record).filter((record) => ENDS_TRACE.test(record.slice(0, 200))),
  };
}
