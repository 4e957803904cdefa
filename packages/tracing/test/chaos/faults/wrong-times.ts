import assert from "node:assert/strict";
import { join } from "node:path";
import { query } from "../../support/postgres-server.ts";
import type { Fault } from "../fault.ts";
import { readRunLogs } from "../run-log.ts";
import { WRONG_TIMES } from "../wrong-times.ts";

const SERVICE = new URL("../services/wrong-times.ts", import.meta.url);

export const wrongTimes: Fault = {
  name: "22 timestamps out of range, negative durations",
  trials: { quick: WRONG_TIMES.length, full: WRONG_TIMES.length },
  async run(scene) {
    const databaseUrl = await scene.database();
    const logFile = join(scene.dir(), "runs.log");
    const began = Date.now();
    const service = scene.program(SERVICE, [databaseUrl, scene.dir(), logFile], { stderr: "ignore" });
    const stats = JSON.parse(await service.line());
    assert.equal(await service.ended(), 0);
    await scene.judge({ databaseUrl, ended: readRunLogs([logFile]).ended }, scene.trials);
    assert.partialDeepStrictEqual(stats, { ended: WRONG_TIMES.length, delivered: WRONG_TIMES.length });

    const rows = await query(databaseUrl, "SELECT name, start_time, duration_us, clamped FROM tracing.spans");
    for (const { name, storedStart, storedMs, clamped } of WRONG_TIMES) {
      const row = rows.find((found) => found.name === name);
      const start = row?.start_time as Date;
      if (storedStart !== undefined) assert.equal(start.toISOString(), storedStart, name);
      else assert.ok(start.getTime() >= began - 1 && start.getTime() <= Date.now(), `${name} is not now`);
      const ms = Math.floor(Number(row?.duration_us) / 1_000);
      if (storedMs !== undefined) assert.equal(ms, storedMs, `duration of ${name}`);
      else assert.ok(ms >= 0 && ms < 1_000, `${name} took ${ms} ms`);
      assert.deepEqual(row?.clamped ?? [], clamped, name);
    }
  },
};
