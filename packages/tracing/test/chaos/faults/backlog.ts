import assert from "node:assert/strict";
import { join } from "node:path";
import type { Fault } from "../fault.ts";
import { finish } from "../finish.ts";

const BACKLOG = new URL("../services/backlog.ts", import.meta.url);
const MEMORY = new URL("../services/memory.ts", import.meta.url);

const MAX_START_MS = 10_000;
/** What a service takes beyond an idle one; a million records are more than a gigabyte. */
const MAX_GROWTH_MB = 250;
const MAX_DRAIN_MS = 15 * 60_000;
/** A million records take more than the default cap. */
const collector = { maxSpoolBytes: 4 * 2 ** 30 };

export const backlog: Fault = {
  name: "23 1,000,000 records waiting at start",
  trials: { quick: 1, full: 1 },
  async run(scene) {
    const records = scene.full ? 1_000_000 : 20_000;
    const databaseUrl = await scene.database();
    const dataDir = scene.dir();
    const deadLog = join(scene.dir(), "dead.log");
    const dead = scene.program(BACKLOG, [join(dataDir, "spool"), deadLog, String(records)]);
    assert.equal(await dead.line(), "full");
    await dead.kill();

    const heirOn = (dir: string, name: string) => {
      const options = { databaseUrl, dataDir: dir, logFile: join(scene.dir(), name), workers: 0, collector };
      return scene.coach(options, { imports: [MEMORY] });
    };
    const idle = heirOn(scene.dir(), "idle.log");
    await idle.started();
    const idleMb = await idle.ask<number>("memory");
    await idle.shutdown();

    const heir = heirOn(dataDir, "heir.log");
    assert.equal(await heir.line(), "starting");
    const began = performance.now();
    await heir.started();
    const startMs = performance.now() - began;
    while ((await heir.drain()).pending > 0 && performance.now() - began < MAX_DRAIN_MS);
    const growthMb = (await heir.ask<number>("memory")) - idleMb;
    const seconds = (performance.now() - began) / 1_000;
    const { judgement } = await finish(scene, heir, databaseUrl, { heirOf: deadLog });

    console.error(
      `  ${records} records: up after ${Math.round(startMs)} ms, ${Math.round(growthMb)} MB more than an idle service, delivered in ${Math.round(seconds)} s`,
    );
    assert.equal(judgement.ended, records);
    assert.ok(startMs < MAX_START_MS, `startTracing took ${Math.round(startMs)} ms`);
    assert.ok(growthMb < MAX_GROWTH_MB, `it took ${Math.round(growthMb)} MB more than an idle service`);
  },
};
