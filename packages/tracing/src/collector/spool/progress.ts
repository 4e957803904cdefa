/** Records handed out together and not yet known to be dealt with. */
export interface Ticket {
  /** What the records were read from; changes when memory moves to disk. */
  progress: Progress;
  /** Position from which on they were read. */
  start: number;
  /** Position behind the last of them. */
  end: number;
  records: number;
  spans: number;
  settled: boolean;
}

/**
 * How far one source of records has been read and settled. Positions are byte offsets in a segment and running numbers
 * in memory. Tickets may be settled in any order; `settled` moves over the contiguous ones only.
 */
export class Progress {
  settled: number;
  read: number;
  readonly tickets: Ticket[] = [];

  constructor(start: number) {
    this.settled = start;
    this.read = start;
  }

  /** Notes that everything up to `end` was read, and that these records were in it. */
  take(end: number, records: number, spans: number): Ticket {
    const { read: start } = this;
    const ticket: Ticket = { progress: this, start, end, records, spans, settled: records === 0 };
    this.read = end;
    this.tickets.push(ticket);
    this.#advance();
    return ticket;
  }

  /** Returns whether the settled position moved. */
  settle(ticket: Ticket): boolean {
    ticket.settled = true;
    return this.#advance();
  }

  #advance(): boolean {
    const before = this.settled;
    while (this.tickets[0]?.settled) this.settled = (this.tickets.shift() as Ticket).end;
    return this.settled > before;
  }
}
