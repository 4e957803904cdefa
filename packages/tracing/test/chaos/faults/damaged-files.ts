import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { statuses, wrongFigures } from "../../support/stored-figures.ts";
import { requireBalance } from "../agreement.ts";
import { DeadCopies, toBytes, toLine } from "../dead-copies.ts";
import { recordIn } from "../dead-spool.ts";
import type { Fault } from "../fault.ts";
import { readRunLogs, type SettledRun } from "../run-log.ts";
import type { Scene } from "../scene.ts";
import { wrongRuns } from "../stored-runs.ts";

const ABSURD_BYTES = 40 * 2 ** 20;

/** What must become of the damage that was done. */
interface Expected {
  /** Runs that must be stored as they were. */
  settled: SettledRun[];
  /** Spans that cannot be read any more. */
  missing: number;
  /** Roots among such spans, of runs whose start can be read: they are known to have been cut short. */
  cutShort: number;
  /** Damaged lines that never held a span, or do not say any more that they held none. */
  alien: number;
  /** Spans that nobody knows of but the file. */
  extra: number;
}

export const damagedFiles: Fault = {
  name: "6 torn tail cut at every byte, flipped byte, absurd length, empty, alien or newer-version file",
  trials: { quick: 350, full: 3_000 },
  async run(scene) {
    const dataDir = scene.dir();
    const copies = await leaveOneToCopy(scene, dataDir);
    const expected: Expected = { settled: [], missing: 0, cutShort: 0, alien: 0, extra: 0 };
    cutTailAtEveryByte(copies, expected);
    for (let flips = 0; flips < scene.trials / 5 || copies.length < scene.trials; flips++)
      flipByte(copies, expected, scene.random);
    writeAbsurdLines(copies, expected);
    const odd = writeOddFiles(copies, expected);

    const databaseUrl = await scene.database();
    const { stats, warnings } = await scene.deliverLeft({ databaseUrl, dataDir });
    const { settled, missing, cutShort, alien, extra } = expected;
    const judgement = await scene.judge(
      { databaseUrl, ended: copies.ended, dataDirs: [dataDir], dropped: missing + cutShort },
      copies.length,
    );
    assert.deepEqual(stats.dropped, { damaged: missing + cutShort + alien });
    assert.equal(stats.delivered, judgement.stored + extra);
    requireBalance(stats);
    assert.deepEqual(await wrongRuns(databaseUrl, settled), []);
    assert.deepEqual(await wrongFigures(databaseUrl), []);
    const stored = [...(await statuses(databaseUrl)).values()];
    const count = (status: string) => stored.filter((found) => found === status).length;
    assert.deepEqual([count("interrupted"), count("running")], [cutShort, 0]);
    odd.requireUntouched();
    const said = warnings.map((text) => /newer version|cannot be removed/.exec(text)?.[0] ?? text);
    assert.deepEqual(said.sort(), ["cannot be removed", "newer version"]);
  },
};

/** A settled run of a process that was killed. */
async function leaveOneToCopy(scene: Scene, to: string): Promise<DeadCopies> {
  const [dataDir, logFile] = [scene.dir(), join(scene.dir(), "runs.log")];
  const nowhere = "postgres://127.0.0.1:1/nowhere";
  const coach = scene.coach({ databaseUrl: nowhere, dataDir, logFile, workers: 1, maxRuns: 1 });
  await coach.settled(1);
  await coach.kill();
  return new DeadCopies(dataDir, to, readRunLogs([logFile]).settled);
}

/** A record that was being written when its process died was promised to nobody, unless all but its line break is there. */
function cutTailAtEveryByte(copies: DeadCopies, expected: Expected): void {
  for (let cut = 1, length = Number.POSITIVE_INFINITY; cut <= length; cut++) {
    const { settled } = copies.add((lines) => {
      const record = lines.map(recordIn).find(({ parent_span_id }) => parent_span_id !== null);
      const tail = Buffer.from(toLine(JSON.stringify({ ...record, span_id: "00000000000000ff" })));
      length = tail.length;
      return Buffer.concat([toBytes(lines), tail.subarray(0, cut)]);
    });
    if (cut < length) expected.settled.push(...settled);
    else expected.extra += 1;
  }
}

function flipByte(copies: DeadCopies, expected: Expected, random: () => number): void {
  copies.add((lines) => {
    const bytes = toBytes(lines);
    const position = Math.floor(random() * bytes.length);
    const hit = bytes.subarray(0, position).filter((byte) => byte === 10).length;
    const line = lines[hit] ?? "";
    const offset = position - toBytes(lines.slice(0, hit)).length;
    bytes[position] = (bytes[position] as number) ^ (1 + Math.floor(random() * 255));
    const { type, parent_span_id: parent } = recordIn(line);
    const [from, to] = [line.indexOf('"type"'), line.indexOf(',"trace_id"')];
    // Two lines that have become one are both whole.
    if (offset === Buffer.byteLength(line)) return bytes;
    if (type === "span" && parent !== null) expected.missing += 1;
    else if (type === "span") expected.cutShort += 1;
    else if (offset >= from && offset < to) expected.alien += 1;
    return bytes;
  });
}

function writeAbsurdLines(copies: DeadCopies, expected: Expected): void {
  const absurd = Buffer.alloc(ABSURD_BYTES, "x");
  const between = copies.add((lines) =>
    Buffer.concat([toBytes(lines.slice(0, 2)), absurd, toBytes(["", ...lines.slice(2)])]),
  );
  const behind = copies.add((lines) => Buffer.concat([toBytes(lines), absurd]));
  expected.settled.push(...between.settled, ...behind.settled);
  expected.alien += 1;
}

function writeOddFiles(copies: DeadCopies, expected: Expected) {
  const { spool } = copies;
  const [empty, alien, noise, newer] = [1, 2, 3, 4].map(() => copies.add(toBytes));
  assert.ok(empty && alien && noise && newer);
  expected.settled.push(...empty.settled, ...alien.settled, ...noise.settled);
  for (const sequence of [0, 7])
    writeFileSync(join(empty.path, `segment-000000000${sequence}.v1.ndjson`), "");
  writeFileSync(
    join(noise.path, "segment-0000000002.v1.ndjson"),
    Buffer.alloc(5_000, "\xff\0\n\n", "latin1"),
  );
  expected.alien += 1;
  writeFileSync(join(alien.path, "notes.txt"), "mine");
  writeFileSync(join(newer.path, "segment-0000000002.v2.ndjson"), "who knows");
  const strangers = ["somebody-else", "3-0-0000000000ff", "2-0-0000000000ff"];
  for (const name of strangers.slice(0, 2)) mkdirSync(join(spool, name));
  writeFileSync(join(spool, "2-0-0000000000ff"), "a file with the name of a directory");
  const before = contentsOf(newer.path);
  return {
    requireUntouched() {
      assert.deepEqual(contentsOf(newer.path), before, "a newer version's directory was touched");
      const [kept = ""] = readdirSync(spool).filter((name) => existsSync(join(spool, name, "notes.txt")));
      assert.deepEqual(contentsOf(join(spool, kept)), { "notes.txt": "mine" });
      assert.deepEqual(new Set(readdirSync(spool)), new Set([kept, basename(newer.path), ...strangers]));
    },
  };
}

function contentsOf(dir: string): Record<string, string> {
  return Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), "utf8")]));
}
