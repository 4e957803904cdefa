import assert from "node:assert/strict";
import { join } from "node:path";
import { query } from "../../support/postgres-server.ts";
import { wrongFigures } from "../../support/stored-figures.ts";
import type { Fault } from "../fault.ts";
import { HOSTILE_VALUES } from "../hostile-values.ts";
import { readRunLogs } from "../run-log.ts";

const SERVICE = new URL("../services/hostile-values.ts", import.meta.url);
/** The limit of one captured value. */
const MAX_BYTES = 50_000;

interface Report {
  calls: { value: string; returned: string; thrown: string }[];
  changed: string[];
  polluted: boolean;
  stats: { ended: number; delivered: number; dropped: object };
}

export const hostileValues: Fault = {
  name: "20 hostile values",
  trials: { quick: HOSTILE_VALUES.length, full: HOSTILE_VALUES.length },
  async run(scene) {
    const databaseUrl = await scene.database();
    const dataDir = scene.dir();
    const logFile = join(scene.dir(), "runs.log");
    const service = scene.program(SERVICE, [databaseUrl, dataDir, logFile]);
    const { calls, changed, polluted, stats }: Report = JSON.parse(await service.line());
    assert.equal(await service.ended(), 0);
    const log = readRunLogs([logFile]);
    await scene.judge({ databaseUrl, ended: log.ended, dataDirs: [dataDir] }, scene.trials);

    assert.deepEqual(changed, [], "tracing has changed what came back");
    assert.equal(polluted, false, "a prototype was polluted");
    assert.deepEqual(log.warnings, []);
    assert.partialDeepStrictEqual(stats, { ended: log.ended.size, delivered: log.ended.size, dropped: {} });
    assert.deepEqual(await wrongFigures(databaseUrl), []);
    for (const { name, stored } of HOSTILE_VALUES) {
      const call = calls.find(({ value }) => value === name);
      const [returned] = await rowsOf(databaseUrl, call?.returned);
      const [thrown] = await rowsOf(databaseUrl, call?.thrown);
      for (const text of [returned?.input, returned?.output, thrown?.input])
        assert.ok(Buffer.byteLength(String(text)) <= MAX_BYTES, `${name} is larger than the limit`);
      if (stored !== undefined) {
        assert.deepEqual(JSON.parse(String(returned?.input)), stored, `${name}, as it was given`);
        assert.deepEqual(JSON.parse(String(returned?.output)), stored, `${name}, as it was returned`);
      }
      assert.deepEqual([returned?.status, thrown?.status], ["ok", "error"], name);
    }
  },
};

function rowsOf(databaseUrl: string, spanId = ""): Promise<Record<string, unknown>[]> {
  return query(
    databaseUrl,
    "SELECT input, output, status FROM tracing.spans WHERE span_id = decode($1, 'hex')",
    [spanId],
  );
}
