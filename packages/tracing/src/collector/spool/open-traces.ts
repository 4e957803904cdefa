import { peekRecord } from "../../record/peek.ts";
import type { EncodedRecord, RecordType } from "../../record/record.ts";
import { withoutContent } from "../shrink-record.ts";
import { compactStarted, microsToIso, toInterrupted, toStarted } from "./interrupted.ts";
import { recordType } from "./line.ts";
import { endsInside, type Place, readPlace, startsWithoutEnd } from "./place.ts";
import type { Segment } from "./segment.ts";

/** Past so many, the oldest open traces whose segment is gone are forgotten: something starts traces and never ends them. */
const MAX_HELD = 10_000;
/** What is written again of a segment that is given up, at most: giving it up must make room. */
const KEPT_SHARE = 0.25;
/** What is written for a segment that turned out damaged, at the least. */
const DAMAGED_LENGTH = 64 * 1024;
/** Keys are a trace's id and a span's, joined. */
const TRACE_ID_LENGTH = 32;
const NOTICE = JSON.stringify("[left out: the spool had no room for it]");

/** A trace whose end has been written and is not settled, while its start stands elsewhere. */
interface Ending {
  /** Its `started` record or where that stands; none when the end is what became of another process's trace. */
  started: Place | EncodedRecord | undefined;
  end: Place;
}

/** The end of a trace that the backend has been told the start of, and that stands in no segment any more. */
export interface LostEnd {
  started: EncodedRecord | undefined;
  /**
   * To be written again: the end without its content, or `interrupted` when the end cannot be read. Undefined when there
   * is no room for it, or while it is being delivered from memory: then only a crash leaves the trace open.
   */
  record: EncodedRecord | undefined;
}

/**
 * The traces that were started and whose end the backend may not have yet, so that none is left `running` for ever.
 *
 * For most open traces the `started` record stands in a segment, and only its place is known here; when that segment
 * goes, the record itself is kept for the checkpoint. So are those of traces whose end is written and waits in a later
 * segment. A trace that starts and ends in one segment needs nothing: whoever finds the one finds the other.
 */
export class OpenTraces {
  readonly #places = new Map<string, Place>();
  readonly #held = new Map<string, EncodedRecord>();
  readonly #endings = new Map<string, Ending>();
  readonly #diedAt: string | undefined;
  #forgotten = 0;

  /** `diedAt` is the last sign of life of the process whose traces these are, if it is dead. */
  constructor(diedAt?: string) {
    this.#diedAt = diedAt;
  }

  /** How many have not ended. */
  get size(): number {
    return this.#places.size + this.#held.size;
  }

  /** How many were forgotten because there were too many. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** The `started` records that stand in no segment any more. */
  held(): EncodedRecord[] {
    // Of an end that is dealt with the backend has nothing to miss.
    const pending = [...this.#endings.values()].filter(({ end }) => end.start >= end.segment.settled);
    const endings = pending.map(({ started }) => started);
    return [...this.#held.values(), ...endings.filter((started) => typeof started === "string")];
  }

  /** Every open trace's `started` record, read from its segment where it stands in one. */
  *records(): Generator<EncodedRecord> {
    yield* this.#held.values();
    for (const place of this.#places.values()) {
      const record = readPlace(place);
      if (record !== undefined) yield record;
    }
    for (const { segment } of this.#places.values()) segment.close();
  }

  /** Forgets these traces, so that nothing is said of them any more. */
  forget(traceIds: ReadonlySet<string>): void {
    for (const map of [this.#places, this.#held, this.#endings]) {
      for (const key of map.keys()) if (traceIds.has(key.slice(0, TRACE_ID_LENGTH))) map.delete(key);
    }
  }

  /** Forgets the open ones, which somebody has dealt with. */
  clear(): void {
    this.#places.clear();
    this.#held.clear();
  }

  /** Notes a record that was written at a place, or kept in memory when there is none; returns its type. */
  note(record: EncodedRecord, segment?: Segment, start = 0, end = 0): RecordType | undefined {
    const type = recordType(record);
    if (type === undefined || (type === "span" && this.size === 0)) return type;
    const head = peekRecord(record);
    if (!head) return type;
    const key = head.traceId + head.spanId;
    const started = this.#places.get(key) ?? this.#held.get(key);
    this.#places.delete(key);
    this.#held.delete(key);
    const place = segment && { segment, start, end };
    if (type !== "started") {
      if (place && (started !== undefined || type === "interrupted")) this.#end(key, started, place);
    } else if (place) this.#places.set(key, place);
    else this.hold(record);
    return type;
  }

  /** Keeps a trace as open whose `started` record stands in no segment. */
  hold(started: EncodedRecord): void {
    const head = peekRecord(started);
    const compact = compactStarted(started);
    if (head && compact !== "") this.#held.set(head.traceId + head.spanId, compact);
    if (this.#held.size <= MAX_HELD) return;
    this.#forgotten += forgetOldest(this.#held);
  }

  /**
   * Keeps what is still needed of a segment that is about to go. Ends that stand in it and are not settled are returned;
   * their traces count as open again until the ends are noted once more.
   */
  leaveSegment(segment: Segment): LostEnd[] {
    const lost: LostEnd[] = [];
    for (const [key, place] of this.#places) {
      if (place.segment !== segment) continue;
      this.#places.delete(key);
      const record = readPlace(place);
      if (record !== undefined) this.hold(record);
    }
    for (const [key, ending] of this.#endings) {
      if (ending.end.segment === segment) {
        this.#endings.delete(key);
        const { start } = ending.end;
        if (start >= segment.read) lost.push(this.#toLostEnd(ending, readPlace(ending.end)));
        else if (start >= segment.settled) lost.push(inFlight(ending));
      } else if (typeof ending.started === "object" && ending.started.segment === segment) {
        // Of a start that was handed out to nobody the backend knows nothing, and misses no end.
        const record = ending.started.start < segment.read ? readPlace(ending.started) : undefined;
        if (record === undefined) this.#endings.delete(key);
        else ending.started = compactStarted(record);
      }
    }
    if (segment.read > 0 && segment.read < segment.size) {
      for (const { key, started, end, position } of endsInside(segment)) {
        if (end === undefined && this.#knows(key)) continue;
        lost.push(position < segment.read ? inFlight({ started }) : this.#toLostEnd({ started }, end));
      }
    }
    return this.#affordable(lost, segment.size * KEPT_SHARE);
  }

  /** What is to be said of traces that ended in a segment that turned out damaged, where their end cannot be read. */
  damagedEnds(segment: Segment): LostEnd[] {
    const lost: LostEnd[] = [];
    for (const [key, ending] of this.#endings) {
      if (ending.end.segment !== segment || readPlace(ending.end) !== undefined) continue;
      this.#endings.delete(key);
      lost.push(this.#toLostEnd(ending, undefined));
    }
    for (const [key, started] of startsWithoutEnd(segment)) {
      if (!this.#knows(key)) lost.push(this.#toLostEnd({ started }, undefined));
    }
    return this.#affordable(lost, Math.max(segment.size, DAMAGED_LENGTH));
  }

  #end(key: string, started: Ending["started"], end: Place): void {
    if (typeof started === "object" && started.segment === end.segment) return;
    this.#endings.set(key, { started, end });
    if (this.#endings.size > MAX_HELD) this.#forgotten += forgetOldest(this.#endings);
  }

  /** Whether the trace is open, or its end stands elsewhere. */
  #knows(key: string): boolean {
    return this.#places.has(key) || this.#held.has(key) || this.#endings.has(key);
  }

  /** An interruption is of the moment in which the process died, or of this one. */
  #toLostEnd({ started }: Pick<Ending, "started">, end: EncodedRecord | undefined): LostEnd {
    const start = startOf(started, end);
    if (end !== undefined) return { started: start, record: toCompactEnd(end) };
    const diedAt = this.#diedAt ?? microsToIso(BigInt(Date.now()) * 1000n);
    return { started: start, record: start && toInterrupted(start, diedAt) };
  }

  /** Lets those be written again that there is room for, and keeps the traces of all as open until they are. */
  #affordable(lost: readonly LostEnd[], maxLength: number): LostEnd[] {
    let length = 0;
    return lost.map(({ started, record }) => {
      if (started !== undefined) this.hold(started);
      length += record?.length ?? 0;
      return { started, record: length <= maxLength ? record : undefined };
    });
  }
}

function inFlight({ started, end }: Partial<Ending>): LostEnd {
  return { started: startOf(started, end && readPlace(end)), record: undefined };
}

/** What a trace counts as open with: its start, or what its interruption tells of it where it began elsewhere. */
function startOf(started: Ending["started"], end: EncodedRecord | undefined): EncodedRecord | undefined {
  if (started !== undefined) return typeof started === "object" ? readPlace(started) : started;
  return end === undefined ? undefined : toStarted(end);
}

/** An end small enough to be written again where there is little room. */
export function toCompactEnd(end: EncodedRecord): EncodedRecord | undefined {
  if (recordType(end) === "interrupted") return compactStarted(end);
  try {
    return withoutContent(end, NOTICE);
  } catch {
    return undefined; // Not JSON: no backend would take it.
  }
}

function forgetOldest(map: Map<string, unknown>): number {
  const oldest = map.keys().next();
  return !oldest.done && map.delete(oldest.value) ? 1 : 0;
}
