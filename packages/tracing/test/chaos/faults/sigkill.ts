import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { statuses, wrongFigures } from "../../support/stored-figures.ts";
import type { Fault } from "../fault.ts";
import { readRunLogs } from "../run-log.ts";
import { wrongRuns } from "../stored-runs.ts";

export const sigkill: Fault = {
  name: "1 SIGKILL at random moments under load",
  trials: { quick: 6, full: 200 },
  async run(scene) {
    const databaseUrl = await scene.database();
    const dataDir = scene.dir();
    const logDir = scene.dir();
    const coach = (name: string, workers?: number) =>
      scene.coach({ databaseUrl, dataDir, logFile: join(logDir, name), ...(workers === 0 && { workers }) });

    for (let kill = 0; kill < scene.trials; kill++) {
      const victim = coach(`log-${kill}`);
      assert.equal(await victim.line(), "starting");
      const early = scene.random() < 0.3;
      if (!early) await victim.started();
      await pause(early ? scene.random() * 120 : 100 + scene.random() * 500);
      await victim.kill();
    }
    const last = coach("last", 0);
    await last.started();
    await last.drain();
    const stats = await last.shutdown();
    assert.equal(await last.ended(), 0);

    const log = readRunLogs(readdirSync(logDir).map((name) => join(logDir, name)));
    await scene.judge({ databaseUrl, ended: log.ended, dataDirs: [dataDir] }, scene.trials);

    assert.ok(log.settled.length > scene.trials, "too few runs have settled to tell anything");
    assert.deepEqual(await wrongRuns(databaseUrl, log.settled), []);
    assert.deepEqual(await wrongFigures(databaseUrl), []);
    const stored = await statuses(databaseUrl);
    assert.deepEqual(
      [...log.opened].filter((trace) => !stored.has(trace)),
      [],
      "traces are missing",
    );
    const unfinished = [...log.opened].filter((trace) => !log.ending.has(trace));
    assert.ok(unfinished.length > 0, "no run was cut short");
    assert.deepEqual(
      unfinished.filter((trace) => stored.get(trace) !== "interrupted"),
      [],
    );
    assert.deepEqual(
      [...stored].filter(([, status]) => status === "running"),
      [],
    );
    assert.deepEqual(log.warnings, []);
    const { pending, deadLettered, dropped } = stats;
    assert.deepEqual({ pending, deadLettered, dropped }, { pending: 0, deadLettered: 0, dropped: {} });
  },
};
