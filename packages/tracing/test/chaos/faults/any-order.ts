import assert from "node:assert/strict";
import { join } from "node:path";
import { statuses, wrongFigures } from "../../support/stored-figures.ts";
import { copySpool, type DeadSpool, leaveSpool, recordIn, rewriteSegments } from "../dead-spool.ts";
import type { Fault } from "../fault.ts";
import type { Scene } from "../scene.ts";
import { wrongRuns } from "../stored-runs.ts";

type Arrange = (lines: string[], scene: Scene) => string[];

/** Orders in which the records of the same runs come. */
const ORDERS: readonly Arrange[] = [
  (lines, scene) => shuffled([...lines, ...lines], scene),
  (lines) => sortedBy(lines, isRoot),
  (lines) => sortedBy(lines, (line) => !isRoot(line)),
];
const BATCH_SIZES = [512, 97, 64];

export const anyOrder: Fault = {
  name: "19 same span twice, spans before their trace, children long after",
  trials: { quick: ORDERS.length + 1, full: 10 * (ORDERS.length + 1) },
  async run(scene) {
    while (scene.judged < scene.trials) {
      const dead = await leaveSpool(scene, 60);
      for (const arrange of ORDERS) await arriveInOrder(scene, dead, arrange);
      await arriveThrice(scene, dead);
    }
  },
};

async function arriveInOrder(scene: Scene, dead: DeadSpool, arrange: Arrange): Promise<void> {
  const databaseUrl = await scene.database();
  const dataDir = copySpool(scene, dead.dataDir);
  rewriteSegments(dataDir, (lines) => arrange(lines, scene));
  await deliver(scene, databaseUrl, dataDir, 64);
  await requireExact(scene, dead, databaseUrl, [dataDir]);
}

/** Three collectors send the same records at the same time, in batches of their own. */
async function arriveThrice(scene: Scene, dead: DeadSpool): Promise<void> {
  const databaseUrl = await scene.database();
  const copies = BATCH_SIZES.map((size) => ({ size, dataDir: copySpool(scene, dead.dataDir) }));
  const stats = await Promise.all(
    copies.map(({ size, dataDir }) => deliver(scene, databaseUrl, dataDir, size)),
  );
  // Each of them believes, and rightly, that all of its records are stored.
  for (const { ended, delivered } of stats) assert.equal(delivered, ended);
  await requireExact(
    scene,
    dead,
    databaseUrl,
    copies.map(({ dataDir }) => dataDir),
  );
}

async function deliver(scene: Scene, databaseUrl: string, dataDir: string, maxBatchRecords: number) {
  const logFile = join(scene.dir(), "runs.log");
  const coach = scene.coach({ databaseUrl, dataDir, logFile, workers: 0, collector: { maxBatchRecords } });
  await coach.started();
  await coach.drain();
  return coach.shutdown();
}

async function requireExact(
  scene: Scene,
  { log }: DeadSpool,
  databaseUrl: string,
  dataDirs: readonly string[],
): Promise<void> {
  await scene.judge({ databaseUrl, ended: log.ended, dataDirs });
  assert.deepEqual(await wrongRuns(databaseUrl, log.settled), []);
  assert.deepEqual(await wrongFigures(databaseUrl), []);
  const stored = await statuses(databaseUrl);
  const unfinished = [...log.opened].filter((trace) => !log.ending.has(trace));
  assert.deepEqual(
    unfinished.filter((trace) => stored.get(trace) !== "interrupted"),
    [],
  );
}

/** A trace's `started` record and its root: what says who it is. */
function isRoot(line: string): boolean {
  return recordIn(line).parent_span_id === null;
}

function sortedBy(lines: string[], last: (line: string) => boolean): string[] {
  return lines.toSorted((a, b) => Number(last(a)) - Number(last(b)));
}

/** In any order, but for a trace's start before its end: so any process has written them that anybody takes over from. */
function shuffled(lines: string[], { random }: Scene): string[] {
  const places = lines.map((line) => ({ line, ...keyed(line), place: random() }));
  const ends = Map.groupBy(places, ({ type, key }) => (type === "started" ? undefined : key));
  for (const start of places.filter(({ type }) => type === "started")) {
    for (const end of ends.get(start.key) ?? []) start.place = Math.min(start.place, end.place * random());
  }
  return places.toSorted((a, b) => a.place - b.place).map(({ line }) => line);
}

function keyed(line: string): { type: string; key: string } {
  const { type, trace_id, span_id } = recordIn(line);
  return { type, key: trace_id + span_id };
}
