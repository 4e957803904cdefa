import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { requireAgreement, requireBalance } from "../agreement.ts";
import { requireAsLogged } from "../as-logged.ts";
import type { Coach, CoachOptions, LaunchOptions } from "../coach.ts";
import { countSpans, segmentsBelow } from "../dead-spool.ts";
import type { Fault } from "../fault.ts";
import { finish } from "../finish.ts";
import { mountSmallDisk, readOnlyDirectory } from "../full-disk.ts";
import { readRunLogs } from "../run-log.ts";
import type { Scene } from "../scene.ts";
import { steadyCoach } from "../steady-coach.ts";
import { together } from "../together.ts";
import { until } from "../until.ts";

const DESCRIPTORS = new URL("../services/descriptors.ts", import.meta.url);
const MEMORY = new URL("../services/memory.ts", import.meta.url);
const MAX_MEMORY_MB = 400;

const RECOVERED = "The spool writes to disk again.";

const TRIALS = [
  limitFileSize,
  limitFileSizeToNothing,
  starveOfDescriptors,
  startInReadOnlyDirectory,
  fillDisk,
  refuseCheckpoint,
  refuseStandardError,
];

export const refusingDisk: Fault = {
  name: "5 disk full, read-only directory, out of file descriptors",
  trials: { quick: TRIALS.length, full: 8 * TRIALS.length },
  async run(scene) {
    while (scene.judged < scene.trials) await together(TRIALS.map((trial) => () => trial(scene)));
  },
};

/** A write that a limit cuts short is taken back, and goes to the next file. */
async function limitFileSize(scene: Scene): Promise<void> {
  const { coach, databaseUrl, open } = await startWithoutDatabase(
    scene,
    { answerChars: 4_000, maxRuns: 60 },
    { before: "ulimit -f 100", pipedLog: true },
  );
  await coach.started();
  await coach.settled(60);
  const segments = segmentsBelow(coach.options.dataDir ?? "");
  assert.ok(segments.length > 5, "the limit was not met");
  requireWholeLines(segments);
  await open();
  const { log } = await finish(scene, coach, databaseUrl);
  assert.deepEqual(warningsOfSpool(coach), []);
  await requireAsLogged(databaseUrl, log);
}

/** Nothing at all goes to disk, and more is made than memory is given for it. */
async function limitFileSizeToNothing(scene: Scene): Promise<void> {
  const { coach, databaseUrl, open } = await startWithoutDatabase(
    scene,
    { answerChars: 50_000 },
    { before: "ulimit -f 1", pipedLog: true, imports: [MEMORY] },
  );
  await coach.started();
  await until("something is dropped", async () => Object.keys((await coach.stats()).dropped).length > 0);
  await open();
  await until("something is stored", async () => (await coach.stats()).delivered > 0);
  const mb = await coach.ask<number>("memory");
  assert.ok(mb < MAX_MEMORY_MB, `it has taken ${mb} MB`);
  const { stats, log } = await finish(scene, coach, databaseUrl, { mayDrop: true });
  assert.deepEqual(Object.keys(stats.dropped), ["disk"]);
  const [refused = "", ...others] = warningsOfSpool(coach);
  assert.match(refused, /disk refuses \(EFBIG/);
  assert.deepEqual(others, []);
  assert.ok(log.settled.length > 0);
}

/** What the disk refuses for want of a descriptor is written when there are some. */
async function starveOfDescriptors(scene: Scene): Promise<void> {
  const databaseUrl = await scene.database();
  const coach = steadyCoach(
    scene,
    { databaseUrl, answerChars: 4_000, collector: { maxSpoolBytes: 2_000_000 } },
    { before: "ulimit -n 128", imports: [DESCRIPTORS] },
  );
  await coach.started();
  await coach.settled(5);
  await coach.ask("starve");
  await untilRefused(coach, "EMFILE");
  await coach.settled(readRunLogs([coach.options.logFile]).settled.length + 10);
  await coach.ask("feed");
  await until("it writes to disk again", () => warningsOfSpool(coach).includes(RECOVERED));
  // A descriptor may have been free for a moment before, which is worth a word; but not two of the same in a row.
  const said = warningsOfSpool(coach).filter((text) => text === RECOVERED || text.includes("disk refuses"));
  said.forEach((text, index) => void assert.equal(text === RECOVERED, index % 2 === 1, `it warned: ${said}`));
  const { log } = await finish(scene, coach, databaseUrl);
  await requireAsLogged(databaseUrl, log);
}

/** Spans go from memory to the database, and to the disk once they may. */
async function startInReadOnlyDirectory(scene: Scene): Promise<void> {
  const databaseUrl = await scene.database();
  const { dataDir, launch, free } = readOnlyDirectory(scene);
  const coach = steadyCoach(scene, { databaseUrl, dataDir }, launch);
  await coach.started();
  await until("something is stored", async () => (await coach.stats()).delivered > 0);
  assert.deepEqual(readdirSync(dataDir), [], "the directory was written to");
  free();
  await requireRecovery(coach, "EACCES");
  await coach.settled(readRunLogs([coach.options.logFile]).settled.length + 10);
  assert.ok(segmentsBelow(dataDir).length > 0, "it does not write to disk");
  const { log } = await finish(scene, coach, databaseUrl);
  await requireAsLogged(databaseUrl, log);
}

/** What a full disk has refused is there when the process is killed after it has got space. */
async function fillDisk(scene: Scene): Promise<void> {
  const disk = mountSmallDisk(scene) ?? readOnlyDirectory(scene);
  const { dataDir, launch } = disk;
  const { coach, databaseUrl } = await startWithoutDatabase(
    scene,
    { answerChars: 4_000, workers: 2, dataDir },
    launch,
  );
  await coach.started();
  await untilRefused(coach, disk.code);
  await coach.settled(readRunLogs([coach.options.logFile]).settled.length + 5);
  requireBalance(await coach.rest());
  if (existsSync(join(dataDir, "spool"))) requireWholeLines(segmentsBelow(dataDir));
  disk.free();
  await requireRecovery(coach, disk.code);
  const { ended, pending, dropped } = await coach.stats();
  assert.deepEqual(
    { pending, dropped, onDisk: countSpans(dataDir) },
    { pending: ended, dropped: {}, onDisk: ended },
  );
  await coach.kill();

  const log = readRunLogs([coach.options.logFile]);
  const { stats } = await scene.deliverLeft({ databaseUrl, dataDir });
  requireAgreement(stats, await scene.judge({ databaseUrl, ended: log.ended, dataDirs: [dataDir] }));
  await requireAsLogged(databaseUrl, log);
}

/** A checkpoint that cannot be written keeps nothing from being delivered. */
async function refuseCheckpoint(scene: Scene): Promise<void> {
  const databaseUrl = await scene.database();
  const coach = steadyCoach(scene, { databaseUrl });
  await coach.started();
  await coach.settled(5);
  const spool = join(coach.options.dataDir ?? "", "spool");
  const [own = ""] = readdirSync(spool);
  const temporary = join(spool, own, "checkpoint.ndjson.new");
  await until("a full disk is where the checkpoint is written", () => putFullDisk(temporary));
  await until("it is refused", () => warningsOfSpool(coach).length > 0);
  const { delivered } = await coach.stats();
  await until("it goes on", async () => (await coach.stats()).delivered > delivered);
  rmSync(temporary, { recursive: true });
  const again = "The spool writes its checkpoint again.";
  await until("it is written again", () => warningsOfSpool(coach).includes(again));
  const [refused = "", ...others] = warningsOfSpool(coach);
  assert.match(refused, /cannot write its checkpoint \((ENOSPC|EISDIR)/);
  assert.deepEqual(others, [again]);
  const { log } = await finish(scene, coach, databaseUrl);
  await requireAsLogged(databaseUrl, log);
}

/** Puts `/dev/full` there, or what takes no bytes either; false when a file was in the way. */
function putFullDisk(path: string): boolean {
  try {
    if (existsSync("/dev/full")) symlinkSync("/dev/full", path);
    else mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** The library's own words go nowhere, and the host does not feel it. */
async function refuseStandardError(scene: Scene): Promise<void> {
  const launch: LaunchOptions = existsSync("/dev/full")
    ? { before: "exec 2>/dev/full" }
    : { stderr: "unread" };
  const { coach, databaseUrl, open } = await startWithoutDatabase(scene, { warnToStderr: true }, launch);
  await coach.started();
  await until("it says something", async () => (await coach.stats()).state === "retrying");
  await coach.settled(10);
  await open();
  const { log } = await finish(scene, coach, databaseUrl);
  await requireAsLogged(databaseUrl, log);
}

async function startWithoutDatabase(scene: Scene, options: Partial<CoachOptions>, launch: LaunchOptions) {
  const databaseUrl = await scene.database();
  const { gate, databaseUrl: gated } = await scene.gate(databaseUrl);
  await gate.shut();
  const coach = steadyCoach(scene, { ...options, databaseUrl: gated }, launch);
  return { coach, databaseUrl, open: () => gate.open() };
}

function warningsOfSpool({ options }: Coach): string[] {
  const { warnings } = readRunLogs([options.logFile]);
  return warnings.filter((text) => !text.startsWith("Traces wait in the spool"));
}

/** It says once that the disk refuses. */
function untilRefused(coach: Coach, code: string): Promise<void> {
  const refused = new RegExp(`disk refuses \\(.*${code}`);
  return until("the disk refuses", () => warningsOfSpool(coach).some((text) => refused.test(text)));
}

/** It has said that the disk refuses, and then that it does not any more, and neither twice. */
async function requireRecovery(coach: Coach, code: string): Promise<void> {
  await until("it writes to disk again", () => warningsOfSpool(coach).includes(RECOVERED));
  const [refused = "", again, ...others] = warningsOfSpool(coach).filter(
    (text) => !text.includes("checkpoint"),
  );
  assert.match(refused, new RegExp(`disk refuses \\(.*${code}`));
  assert.deepEqual([again, ...others], [RECOVERED]);
}

function requireWholeLines(segments: readonly string[]): void {
  for (const path of segments.filter((file) => statSync(file).size > 0))
    assert.equal(readFileSync(path).at(-1), 10, "a short write was not taken back");
}
