import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKPOINT_FILE } from "../../../src/collector/spool/checkpoint.ts";
import { query } from "../../support/postgres-server.ts";
import { statuses, wrongFigures } from "../../support/stored-figures.ts";
import { requireAgreement } from "../agreement.ts";
import { requireAsLogged } from "../as-logged.ts";
import type { Coach } from "../coach.ts";
import { copySpool, countSpans, recordIn, segmentsBelow } from "../dead-spool.ts";
import type { Fault } from "../fault.ts";
import { finish } from "../finish.ts";
import { INGEST, ingestsOf } from "../ingests.ts";
import { judge } from "../judge.ts";
import { readRunLogs } from "../run-log.ts";
import type { Scene } from "../scene.ts";
import { steadyCoach, storeIn } from "../steady-coach.ts";
import { together } from "../together.ts";
import { until } from "../until.ts";

const NOWHERE = "postgres://127.0.0.1:1/nowhere";
/** So that what is read ahead is no more than the first segment. */
const SMALL_BATCHES = { maxBatchRecords: 16 };
/** Fills about three segments, and a fourth would still be below the cap. */
const A_FEW_SEGMENTS = {
  collector: { maxSpoolBytes: 1_200_000, ...SMALL_BATCHES },
  answerChars: 4_000,
  maxRuns: 60,
};

const CHECKPOINTS: readonly ((path: string, stale: string) => void)[] = [
  (path) => rmSync(path),
  (path) => writeFileSync(path, ""),
  (path) => writeFileSync(path, randomBytes(300)),
  (path, stale) => copyFileSync(stale, path),
];

export const lostFiles: Fault = {
  name: "7 segment missing, checkpoint stale or missing, crash between acknowledgement and checkpoint",
  trials: { quick: 3 + CHECKPOINTS.length + 2, full: 10 * (3 + CHECKPOINTS.length + 2) },
  async run(scene) {
    while (scene.judged < scene.trials)
      await together([
        () => loseOwnSegment(scene),
        () => loseDeadSegment(scene),
        () => loseCheckpoint(scene),
        () => dieOverAnswer(scene, "on its way"),
        () => dieOverAnswer(scene, "received"),
      ]);
  },
};

/** A file of a living process is taken from it, and it says how many spans were in it. */
async function loseOwnSegment(scene: Scene): Promise<void> {
  const databaseUrl = await scene.database();
  const { gate, databaseUrl: gated } = await scene.gate(databaseUrl);
  await gate.shut();
  const coach = steadyCoach(scene, { ...A_FEW_SEGMENTS, databaseUrl: gated });
  await coach.started();
  await coach.settled(A_FEW_SEGMENTS.maxRuns);
  const taken = takeSegment(coach.options.dataDir);
  await gate.open();
  await requireLossIsCounted(scene, coach, databaseUrl, taken.length);
}

/** Before a dead process's segment is taken over nobody knows that it is there; afterwards it counts. */
async function loseDeadSegment(scene: Scene): Promise<void> {
  const dead = steadyCoach(scene, { ...A_FEW_SEGMENTS, databaseUrl: NOWHERE });
  await dead.settled(A_FEW_SEGMENTS.maxRuns);
  await dead.kill();
  const { dataDir = "", logFile } = dead.options;

  const databaseUrl = await scene.database();
  const { gate, databaseUrl: gated } = await scene.gate(databaseUrl);
  await gate.shut();
  const heir = steadyCoach(scene, {
    databaseUrl: gated,
    dataDir: copySpool(scene, dataDir),
    workers: 0,
    collector: SMALL_BATCHES,
  });
  await heir.started();
  assert.equal((await heir.stats()).ended, countSpans(dataDir));
  const taken = takeSegment(heir.options.dataDir);
  await gate.open();
  await requireLossIsCounted(scene, heir, databaseUrl, taken.length, logFile);

  const other = { databaseUrl: await scene.database(), dataDir: copySpool(scene, dataDir) };
  const gone = new Set(takeSegment(other.dataDir));
  const { stats, warnings } = await scene.deliverLeft(other);
  const ended = [...readRunLogs([logFile]).ended].filter((span) => !gone.has(span));
  requireAgreement(stats, await scene.judge({ ...other, ended, dataDirs: [other.dataDir] }));
  assert.deepEqual(warnings, []);
  assert.deepEqual(await wrongFigures(other.databaseUrl), []);
}

/** Deletes the second segment of a few; returns the spans that were in it, as `<trace> <span>`. */
function takeSegment(dataDir = ""): string[] {
  const segments = segmentsBelow(dataDir).sort();
  const [, second = ""] = segments;
  assert.ok(segments.length > 2, "there are too few segments for one to be taken from between others");
  const records = readFileSync(second, "utf8").split("\n").slice(0, -1).map(recordIn);
  rmSync(second);
  return records
    .filter(({ type }) => type === "span")
    .map(({ trace_id, span_id }) => `${trace_id} ${span_id}`);
}

async function requireLossIsCounted(
  scene: Scene,
  coach: Coach,
  databaseUrl: string,
  spans: number,
  heirOf?: string,
): Promise<void> {
  const options = { mayDrop: true, ...(heirOf !== undefined && { heirOf }) };
  const { stats, log } = await finish(scene, coach, databaseUrl, options);
  assert.deepEqual(stats.dropped, { disk: spans });
  const said = log.warnings.filter((text) => !text.startsWith("Traces wait in the spool"));
  assert.equal(said.length, 1, `it warned: ${said}`);
  assert.match(said[0] ?? "", /A segment has disappeared/);
  assert.ok(![...(await statuses(databaseUrl)).values()].includes("running"), "a run is said to go on");
}

/** What was stored is sent again, since nobody knows any more that it was, and is stored once. */
async function loseCheckpoint(scene: Scene): Promise<void> {
  const databaseUrl = await scene.database();
  const { gate, databaseUrl: gated } = await scene.gate(databaseUrl);
  const dead = steadyCoach(scene, { databaseUrl: gated, pauseMs: 5 });
  const { dataDir = "", logFile } = dead.options;
  await dead.started();
  const stale = await copyCheckpoint(scene, dataDir, 50);
  await copyCheckpoint(scene, dataDir, stale.delivered + 100);
  await gate.shut();
  await dead.settled(readRunLogs([logFile]).settled.length + 20);
  await dead.kill();

  const log = readRunLogs([logFile]);
  const { waiting } = await judge({ databaseUrl, ended: log.ended, dataDirs: [dataDir] });
  for (const spoil of CHECKPOINTS) {
    const copy = { databaseUrl: await copyDatabase(databaseUrl), dataDir: copySpool(scene, dataDir) };
    spoil(checkpointIn(copy.dataDir), stale.path);
    const inFiles = countSpans(copy.dataDir);
    const { stats, warnings } = await scene.deliverLeft(copy);
    assert.ok(stats.ended > waiting && stats.ended <= inFiles, "nothing was sent again");
    assert.deepEqual([stats.delivered, warnings], [stats.ended, []]);
    await scene.judge({ ...copy, ended: log.ended, dataDirs: [copy.dataDir] });
    await requireAsLogged(copy.databaseUrl, log);
  }
}

function checkpointIn(dataDir: string): string {
  const [name = ""] = readdirSync(join(dataDir, "spool"));
  return join(dataDir, "spool", name, CHECKPOINT_FILE);
}

/** Copies a checkpoint, once it says that so many spans are stored. */
async function copyCheckpoint(scene: Scene, dataDir: string, least: number) {
  const path = join(scene.dir(), CHECKPOINT_FILE);
  let delivered = 0;
  await until(`the checkpoint says that ${least} spans are stored`, () => {
    if (!existsSync(checkpointIn(dataDir))) return false;
    copyFileSync(checkpointIn(dataDir), path);
    ({ delivered } = JSON.parse(readFileSync(path, "utf8").slice(9)).ledger);
    return delivered > least;
  });
  return { path, delivered };
}

let copies = 0;
async function copyDatabase(databaseUrl: string): Promise<string> {
  const copy = databaseUrl.replace(/\w+$/, (name) => `${name}_${++copies}`);
  const [from, to] = [databaseUrl, copy].map((url) => url.replace(/^.*\//, ""));
  const create = () =>
    query(databaseUrl.replace(/\w+$/, "postgres"), `CREATE DATABASE ${to} TEMPLATE ${from}`);
  // The connections of a process that was killed may take a moment to end.
  await until("the database is copied", () =>
    create().then(
      () => true,
      () => false,
    ),
  );
  return copy;
}

/** It is killed with its batch stored: before the answer has come, or after, when no checkpoint says so yet. */
async function dieOverAnswer(scene: Scene, answer: "on its way" | "received"): Promise<void> {
  const insforge = await scene.insforge();
  const [dataDir, logs] = [scene.dir(), [] as string[]];
  for (let kill = 0; kill < (scene.full ? 2 : 1); kill++) {
    let from = ingestsOf(insforge).length;
    const coach = steadyCoach(scene, { ...storeIn(insforge), dataDir, pauseMs: 5 });
    logs.push(coach.options.logFile);
    await coach.started();
    await coach.settled(10);
    // A request that has come already may be the one that is hit.
    if (answer === "on its way") insforge.fault({ kind: "drip", everyMs: 60_000 }, { path: INGEST });
    else from = ingestsOf(insforge).length;
    await until("a batch is stored", () =>
      ingestsOf(insforge, from).some(
        ({ status, endedAtMs }) => status === 200 && (answer === "received") === (endedAtMs !== undefined),
      ),
    );
    await coach.kill();
  }
  const { databaseUrl } = insforge;
  const log = readRunLogs(logs);
  const { stored } = await judge({ databaseUrl, ended: log.ended });
  const { stats, warnings } = await scene.deliverLeft({ ...storeIn(insforge), dataDir });
  if (answer === "on its way") assert.ok(stored + stats.delivered > log.ended.size, "nothing was sent again");
  assert.deepEqual([stats.delivered, warnings], [stats.ended, []]);
  await scene.judge({ databaseUrl, ended: log.ended, dataDirs: [dataDir] });
  await requireAsLogged(databaseUrl, log);
}
