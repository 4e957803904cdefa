import { join } from "node:path";
import { expect } from "vitest";
import { encoded, idOf } from "../encoded.ts";
import { byPlace, type FoundLine, findLines, isBeyond, readPosition, toLine } from "./disk.ts";
import type { SpoolWorld } from "./world.ts";

/** One directory of segments, alive or dead, as the model knows it. */
export interface Directory {
  name: string;
  /** The process that has it; two that raced for it until it shows which one won; none when its owner is dead. */
  owners: string[];
  /** Directories of a process are read in this order; those of one adoption in any. */
  turn: number;
  /** Records that may still come, oldest first. */
  order: number[];
  /** Those of them that nobody has been handed since the directory was opened. */
  unread: number[];
  taken: Set<number>;
  settled: Set<number>;
  /** Settled before a checkpoint that is intact: these may never come again. */
  noted: Set<number>;
  /** Earlier checkpoints, and what each had noted. */
  copies: { bytes: Buffer; noted: Set<number> }[];
}

const OWN_TURN = Number.POSITIVE_INFINITY;

/** What must come out of a spool, what may, and what may not. */
export class SpoolModel {
  readonly texts = new Map<number, string>();
  /** Ids by the lines of the records. */
  readonly lines = new Map<string, number>();
  /** Settled at least once. */
  readonly delivered = new Set<number>();
  /** Whose bytes were spoiled, and where they stood: such a record need not come. */
  readonly damaged = new Map<number, FoundLine>();
  /** Cut off by a crash, of which no count is owed: their call need not have returned. */
  readonly cut = new Set<number>();
  /** Gone with their segment for the cap, whether anybody had been handed them or not. */
  readonly dropped = new Set<number>();
  /** How many of those were counted for certain as dropped for the cap; what is counted beyond them was damaged as well. */
  vanished = 0;
  /** Damage that makes an estimate of it low: what of a line tells its type, or where it ends. */
  obscured = 0;
  directories: Directory[] = [];
  readonly live = new Map<string, { appended: number; settled: number; capped: boolean }>();
  #next = 1;
  #turn = 0;

  begin(name: string, directory: string, capped: boolean): void {
    this.live.set(name, { appended: 0, settled: 0, capped });
    this.directories.push(toDirectory(directory, [name], OWN_TURN));
  }

  /** The texts of new records for a process to append. */
  append(name: string, count: number, padding: number): string[] {
    const own = this.directories.find(({ owners, turn }) => owners[0] === name && turn === OWN_TURN);
    const process = this.live.get(name);
    if (!own || !process) throw new Error(`${name} has no directory`);
    return Array.from({ length: count }, () => {
      const id = this.#next++;
      const text = encoded("span", id, padding);
      this.texts.set(id, text);
      this.lines.set(toLine(text), id);
      own.order.push(id);
      own.unread.push(id);
      process.appended += 1;
      return text;
    });
  }

  /** Every record's place on the disk, found by its bytes. */
  find(world: SpoolWorld): Map<number, FoundLine> {
    return findLines(world.segments(), this.lines);
  }

  named(name: string): Directory {
    const known = this.directories.find((directory) => directory.name === name);
    if (known) return known;
    const unknown = toDirectory(name, [], 0);
    this.directories.push(unknown);
    return unknown;
  }

  /** Directories that a process has for certain. */
  ownedBy(name: string): Directory[] {
    return this.directories.filter(({ owners }) => owners.length === 1 && owners[0] === name);
  }

  /** Notes that a record was handed to a process, and checks that it was its turn. */
  hand(name: string, record: string, found: ReadonlyMap<number, FoundLine>): void {
    const id = idOf(record);
    expect(record).toBe(this.texts.get(id));
    const directory = this.directories.find(
      ({ owners, unread }) => owners.includes(name) && unread.includes(id),
    );
    if (!directory) throw new Error(`record ${id} was handed to ${name}, whose it is not or was before`);
    directory.owners = [name];
    for (const earlier of this.ownedBy(name)) if (earlier.turn < directory.turn) this.pass(earlier, found);
    const before = directory.unread.splice(0, directory.unread.indexOf(id) + 1).slice(0, -1);
    expectSpoiled(before, found);
    directory.taken.add(id);
  }

  /** Notes that a directory was read to its end. */
  pass(directory: Directory, found: ReadonlyMap<number, FoundLine>): void {
    expectSpoiled(directory.unread.splice(0), found);
  }

  settle(name: string, records: readonly string[]): void {
    const process = this.live.get(name);
    if (process) process.settled += records.length;
    for (const id of records.map(idOf)) {
      this.delivered.add(id);
      const directory = this.directories.find(({ order }) => order.includes(id));
      directory?.taken.delete(id);
      directory?.settled.add(id);
    }
  }

  /** Checkpoints of all of a process's directories have been written. */
  note(name: string, world: SpoolWorld): void {
    for (const directory of this.ownedBy(name)) {
      const { order, settled, noted } = directory;
      // Before damage is counted, no checkpoint goes past it.
      while (order[0] !== undefined && settled.has(order[0]) && !this.damaged.has(order[0])) {
        noted.add(order.shift() as number);
      }
      const bytes = world.checkpoint(directory.name);
      if (bytes) directory.copies.push({ bytes, noted: new Set(noted) });
    }
  }

  isExcused(id: number): boolean {
    return this.damaged.has(id) || this.cut.has(id) || this.dropped.has(id);
  }

  /** The process is no more; whatever it had is dead. */
  finish(name: string, world: SpoolWorld): void {
    const dead = world.dead();
    this.live.delete(name);
    for (const directory of this.directories) {
      if (!directory.owners.includes(name)) continue;
      const others = directory.owners.filter((owner) => owner !== name);
      directory.owners = dead.includes(directory.name) ? [] : others;
    }
  }

  /**
   * Records that were written and stand on no disk any more have gone with their segment, for the cap. Returns how many of
   * them nobody had been handed; of damaged ones that cannot be told.
   */
  dropVanished(world: SpoolWorld): number {
    const segments = world.segments();
    const found = findLines(segments, this.lines);
    const standing = new Set(segments.map(({ dir, segment }) => `${dir} ${segment}`));
    let unread = 0;
    for (const directory of this.directories) {
      const { order, unread: waiting, taken, settled, owners } = directory;
      const capped = owners.some((owner) => this.live.get(owner)?.capped);
      const isGone = (id: number) => {
        if (found.has(id) || settled.has(id) || this.cut.has(id) || this.dropped.has(id)) return false;
        const place = this.damaged.get(id);
        if (place === undefined) return true;
        return (
          capped && (waiting.includes(id) || taken.has(id)) && !standing.has(`${place.dir} ${place.segment}`)
        );
      };
      const gone = order.filter(isGone);
      for (const id of gone) this.dropped.add(id);
      const known = gone.filter((id) => !this.damaged.has(id));
      expect(capped ? [] : known, "gone, and not for the cap").toEqual([]);
      unread += known.filter((id) => waiting.includes(id)).length;
      directory.unread = waiting.filter((id) => !known.includes(id));
    }
    this.vanished += unread;
    return unread;
  }

  /** What those who take the dead directories over will find in them, by name. Checks what a dead process has noted. */
  inherit(world: SpoolWorld): Map<string, number[]> {
    const found = this.find(world);
    const inherited = new Map<string, number[]>();
    for (const name of world.dead()) {
      const directory = this.named(name);
      const position = readPosition(join(world.root, name));
      const standing = [...found].filter(([, line]) => line.dir === name && isBeyond(line, position));
      const ids = standing.sort(([, a], [, b]) => byPlace(a, b)).map(([id]) => id);
      const waiting = directory.order.filter((id) => !directory.settled.has(id));
      const lost = waiting.filter((id) => !ids.includes(id));
      expectSpoiled(lost, found);
      expect(
        lost.filter((id) => !this.isExcused(id)),
        "gone without a reason",
      ).toEqual([]);
      const again = ids.filter((id) => directory.noted.has(id) && found.get(id)?.whole);
      expect(again, "acknowledged before an intact checkpoint, and to be sent again").toEqual([]);
      inherited.set(name, ids);
    }
    return inherited;
  }

  /** One of these processes has each of the directories now, under new names. */
  takeOver(
    names: readonly string[],
    inherited: ReadonlyMap<string, readonly number[]>,
    world: SpoolWorld,
  ): void {
    this.#turn += 1;
    const found = this.find(world);
    for (const [name, ids] of inherited) {
      const directory = this.named(name);
      const standing = ids.map((id) => found.get(id)?.dir).find((dir) => dir !== undefined);
      directory.name = standing ?? `${name} is gone`;
      for (const place of this.damaged.values()) if (place.dir === name) place.dir = directory.name;
      directory.owners = [...names];
      directory.turn = this.#turn;
      directory.order = [...ids];
      directory.unread = [...ids];
      directory.taken.clear();
      directory.settled.clear();
    }
  }

  sure(ids: readonly number[], found: ReadonlyMap<number, FoundLine>): number[] {
    return ids.filter((id) => found.get(id)?.whole);
  }
}

function toDirectory(name: string, owners: string[], turn: number): Directory {
  return {
    name,
    owners,
    turn,
    order: [],
    unread: [],
    taken: new Set(),
    settled: new Set(),
    noted: new Set(),
    copies: [],
  };
}

/** Records that are passed over may not be among those that stand on the disk as they were written. */
function expectSpoiled(ids: readonly number[], found: ReadonlyMap<number, FoundLine>): void {
  expect(
    ids.filter((id) => found.get(id)?.whole),
    "on the disk as they were written, and passed over",
  ).toEqual([]);
}
