import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kill, message, startChild } from "./children/child.ts";
import { drain, idOf, openSpool, scratch, typeOf, until } from "./records.ts";

interface Adopted {
  directories: number;
  spans: number[];
  interrupted: number[];
}

/** Runs a process that appends, and kills it at some random moment. */
async function killWhileAppending(root: string, log: string, first: number, settling = "no"): Promise<void> {
  const child = startChild("appending", [root, log, String(first), settling]);
  const bytes = 200 + Math.random() * 30_000;
  await until(() => existsSync(log) && statSync(log).size > bytes, "the child to append");
  await kill(child);
}

function readLog(log: string): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>();
  for (const line of readFileSync(log, "utf8").split("\n").slice(0, -1)) {
    const [letter = "", id] = line.split(" ");
    const ids = found.get(letter) ?? new Set();
    found.set(letter, ids.add(Number(id)));
  }
  return found;
}

const of = (log: Map<string, Set<number>>, letter: string) => log.get(letter) ?? new Set<number>();

describe("Spool of a process that was killed", () => {
  it("gives every acknowledged record once to whoever adopts it, and interrupts every open trace", async () => {
    const root = scratch();
    const logs = Array.from({ length: 10 }, (_, trial) => join(scratch(), `log-${trial}`));
    const runs = logs.map((log, trial) => () => killWhileAppending(root, log, trial * 1_000_000));
    for (let index = 0; index < runs.length; index += 2)
      await Promise.all(runs.slice(index, index + 2).map((run) => run()));

    const { spool, drops, warnings } = openSpool(root);
    const { directories, spans, interrupted } = await spool.adopt();
    const records = await drain(spool);
    const ids = records.filter((record) => typeOf(record) === "span").map(idOf);
    expect(directories).toBe(10);
    expect(new Set(ids).size).toBe(ids.length);
    expect(spans).toBe(ids.length);
    const found = new Set(ids);
    const interruptedIds = new Set(interrupted.map(idOf));
    for (const log of logs.map(readLog)) {
      expect([...of(log, "a")].filter((id) => !found.has(id))).toEqual([]);
      expect([...of(log, "c")].filter((id) => !found.has(id))).toEqual([]);
      // Announced but not acknowledged may be either way; what is certain must be so.
      const surelyOpen = [...of(log, "o")].filter((id) => !of(log, "C").has(id));
      const surelyClosed = [...of(log, "c")];
      expect(surelyOpen.filter((id) => !interruptedIds.has(id))).toEqual([]);
      expect(surelyClosed.filter((id) => interruptedIds.has(id))).toEqual([]);
    }
    expect(new Set(records.filter((record) => typeOf(record) === "interrupted").map(idOf))).toEqual(
      interruptedIds,
    );
    expect([drops, warnings]).toEqual([[], []]);
  });

  it("loses nothing when it was delivering at the same time: what was not settled comes again", async () => {
    for (let trial = 0; trial < 4; trial++) {
      const root = scratch();
      const log = join(scratch(), "log");
      await killWhileAppending(root, log, 0, "settling");
      const { spool, drops } = openSpool(root);
      const { interrupted } = await spool.adopt();
      const ids = (await drain(spool)).filter((record) => typeOf(record) === "span").map(idOf);
      const seen = readLog(log);
      const reached = new Set([...ids, ...of(seen, "s")]);
      expect(new Set(ids).size).toBe(ids.length);
      expect([...of(seen, "a"), ...of(seen, "c")].filter((id) => !reached.has(id))).toEqual([]);
      const surelyOpen = [...of(seen, "o")].filter((id) => !of(seen, "C").has(id));
      expect(surelyOpen.filter((id) => !interrupted.map(idOf).includes(id))).toEqual([]);
      expect(drops).toEqual([]);
      spool.close();
    }
  });

  it("is adopted once by eight processes that race for it", async () => {
    const root = scratch();
    const logs = Array.from({ length: 3 }, (_, trial) => join(scratch(), `log-${trial}`));
    for (const [trial, log] of logs.entries()) await killWhileAppending(root, log, trial * 1_000_000);
    const racers = Array.from({ length: 8 }, () => startChild("adopting", [root]));
    await Promise.all(racers.map((racer) => message(racer)));
    const results = racers.map(async (racer) => {
      racer.send("go");
      await message(racer);
      return message<Adopted>(racer);
    });
    const adopted = await Promise.all(results);
    await Promise.all(racers.map(kill));
    expect(adopted.reduce((sum, { directories }) => sum + directories, 0)).toBe(3);
    const ids = adopted.flatMap(({ spans }) => spans);
    expect(new Set(ids).size).toBe(ids.length);
    const found = new Set(ids);
    for (const log of logs.map(readLog)) expect([...of(log, "a")].filter((id) => !found.has(id))).toEqual([]);
  });

  it("is adopted again when its adopter is killed too, in the middle of it or later", async () => {
    const root = scratch();
    const log = join(scratch(), "log");
    await killWhileAppending(root, log, 0);
    let interrupted: number[] = [];
    for (const moment of ["in the middle", "later", "in the middle", "later"]) {
      const adopter = startChild("adopting", [root]);
      await message(adopter);
      adopter.send("go");
      await message(adopter);
      if (moment === "later")
        interrupted = [...interrupted, ...(await message<Adopted>(adopter)).interrupted];
      await kill(adopter);
    }
    const { spool } = openSpool(root);
    await spool.adopt();
    const records = await drain(spool);
    const ids = records.filter((record) => typeOf(record) === "span").map(idOf);
    const seen = readLog(log);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...of(seen, "a")].filter((id) => !new Set(ids).has(id))).toEqual([]);
    // Each open trace was interrupted once, and the record came down to us from whoever wrote it.
    const texts = records.filter((record) => typeOf(record) === "interrupted");
    expect(new Set(texts.map(idOf))).toEqual(new Set(interrupted));
    expect(new Set(texts).size).toBe(new Set(interrupted).size);
  });
});
