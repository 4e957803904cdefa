import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readSpoolStatus } from "../../../src/collector/spool/spool.ts";
import { wrongFigures } from "../../support/stored-figures.ts";
import type { CoachOptions } from "../coach.ts";
import type { Fault } from "../fault.ts";
import { readRunLogs } from "../run-log.ts";
import { wrongRuns } from "../stored-runs.ts";
import { until } from "../until.ts";

const OFFSPRING = new URL("../services/offspring.ts", import.meta.url);
const KINDS = ["fork", "thread", "cluster"] as const;
const RUNS = 20;

export const kin: Fault = {
  name: "24 fork, worker_threads, cluster",
  trials: { quick: KINDS.length, full: KINDS.length },
  async run(scene) {
    const databaseUrl = await scene.database();
    const dataDir = scene.dir();
    const logDir = scene.dir();
    const common = { databaseUrl, dataDir, workers: 2, pauseMs: 10, maxRuns: Number.MAX_SAFE_INTEGER };
    const optionsOf = (name: string): CoachOptions => ({ ...common, logFile: join(logDir, name) });
    const parent = scene.coach(optionsOf("parent"), { imports: [OFFSPRING] });
    await parent.started();
    for (const kind of KINDS) await parent.ask(`${kind} ${JSON.stringify(optionsOf(kind))}`);

    const living = () => readSpoolStatus(join(dataDir, "spool")).filter(({ alive }) => alive);
    await until("each of them has a spool directory of its own", () => living().length === 1 + KINDS.length);
    const settled = (name: string) => readRunLogs([join(logDir, name)]).settled.length;
    await until("each of them has settled runs", () => KINDS.every((kind) => settled(kind) >= RUNS));
    assert.deepEqual(
      await parent.ask("childless"),
      KINDS.map(() => [0, null]),
      "they ended out of order",
    );
    await parent.shutdown();
    assert.equal(await parent.ended(), 0);

    const log = readRunLogs(readdirSync(logDir).map((name) => join(logDir, name)));
    await scene.judge({ databaseUrl, ended: log.ended, dataDirs: [dataDir] }, scene.trials);
    assert.deepEqual(await wrongRuns(databaseUrl, log.settled), []);
    assert.deepEqual(await wrongFigures(databaseUrl), []);
    assert.deepEqual(log.warnings, []);
  },
};
