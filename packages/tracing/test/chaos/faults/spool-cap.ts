import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { statuses } from "../../support/stored-figures.ts";
import type { Coach } from "../coach.ts";
import { segmentsBelow } from "../dead-spool.ts";
import type { Fault } from "../fault.ts";
import { type Ending, finish } from "../finish.ts";
import type { Scene } from "../scene.ts";
import { steadyCoach, storeIn } from "../steady-coach.ts";
import { together } from "../together.ts";
import { until } from "../until.ts";

const CAP = 400_000;
/** Spans that have to go before the backend is back. */
const GONE = 300;

export const spoolCap: Fault = {
  name: "10 spool over its cap",
  trials: { quick: 2, full: 12 },
  async run(scene) {
    while (scene.judged < scene.trials) await together([() => outgrow(scene), () => inheritTooMuch(scene)]);
  },
};

/** The backend goes away, and the spool grows. */
async function outgrow(scene: Scene): Promise<void> {
  const server = await scene.insforge();
  const coach = steadyCoach(scene, { ...storeIn(server), collector: { maxSpoolBytes: CAP } });
  await coach.started();
  await coach.settled(20);
  await server.down();
  await requireCapHolds(coach);
  await server.up();
  await requireCounted(server.databaseUrl, await finish(scene, coach, server.databaseUrl, { mayDrop: true }));
}

/** A dead process has left more than its heir may keep. */
async function inheritTooMuch(scene: Scene): Promise<void> {
  const server = await scene.insforge();
  await server.down();
  const dead = steadyCoach(scene, { ...storeIn(server), collector: { maxSpoolBytes: 2 * CAP } });
  await dead.started();
  await until("a spool is larger than its heir may have it", () => frozen(dead, bytesIn) > 1.5 * CAP);
  await dead.rest();
  await dead.kill();
  const { dataDir = "", logFile } = dead.options;
  const heir = steadyCoach(scene, { ...storeIn(server), dataDir, collector: { maxSpoolBytes: CAP } });
  await heir.started();
  await heir.settled(1);
  await requireCapHolds(heir);
  await server.up();
  const ending = await finish(scene, heir, server.databaseUrl, { mayDrop: true, heirOf: logFile });
  await requireCounted(server.databaseUrl, ending);
}

async function requireCapHolds(coach: Coach): Promise<void> {
  let most = 0;
  await until("spans are dropped", async () => {
    const bytes = frozen(coach, bytesIn);
    assert.ok(bytes <= CAP, `the spool takes ${bytes} bytes of ${CAP}`);
    most = Math.max(most, bytes);
    return ((await coach.stats()).dropped["spool-full"] ?? 0) > GONE;
  });
  assert.ok(most > CAP / 2, `the spool was nowhere near its cap: ${most} bytes`);
}

/** What the database lacks is what was counted, or the judge had found it; what happened was said once. */
async function requireCounted(databaseUrl: string, { stats, log, judgement }: Ending): Promise<void> {
  assert.deepEqual(Object.keys(stats.dropped), ["spool-full"]);
  assert.equal(judgement.ended - judgement.stored, stats.dropped["spool-full"]);
  const said = (text: string) => log.warnings.filter((warning) => warning.includes(text)).length;
  assert.equal(said("has reached its cap"), 1, `it was not said once: ${log.warnings.join("\n")}`);
  assert.equal(said("is below its cap again"), 1);
  const stored = await statuses(databaseUrl);
  const seen = log.settled.filter(({ trace }) => stored.has(trace));
  const wrong = seen.filter(({ trace, status }) => stored.get(trace) !== status).map(({ trace }) => trace);
  assert.deepEqual(wrong, [], "what became of a run that can be seen went with its spans");
}

/** Looks at a coach's directory while the coach cannot change it. */
function frozen<T>(coach: Coach, look: (dataDir: string) => T): T {
  coach.process.kill("SIGSTOP");
  try {
    return look(coach.options.dataDir ?? "");
  } finally {
    coach.process.kill("SIGCONT");
  }
}

function bytesIn(dataDir: string): number {
  const measure = () =>
    segmentsBelow(dataDir).map((path) => `${path} ${statSync(path, { throwIfNoEntry: false })?.size ?? 0}`);
  let [before, now] = [measure(), measure()];
  // The signal takes a moment to stop it.
  while (before.join() !== now.join()) [before, now] = [now, measure()];
  return now.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}
