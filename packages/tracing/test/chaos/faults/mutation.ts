import assert from "node:assert/strict";
import { join } from "node:path";
import { query } from "../../support/postgres-server.ts";
import type { Fault } from "../fault.ts";
import { readRunLogs } from "../run-log.ts";

const SERVICE = new URL("../services/mutating.ts", import.meta.url);

const draft = (text: string) => ({ text, notes: ["first"], seen: { a: 1 } });
/** Each span of the service: what it was given, and what it returned, before anything was changed. */
const EXPECTED = {
  mutating: [draft("noted"), draft("noted")],
  sync: [draft("given"), draft("returned")],
  later: [draft("given"), draft("returned")],
  items: [draft("given"), [draft("returned")]],
};

export const mutation: Fault = {
  name: "21 values mutated after the call",
  trials: { quick: Object.keys(EXPECTED).length, full: Object.keys(EXPECTED).length },
  async run(scene) {
    const databaseUrl = await scene.database();
    const logFile = join(scene.dir(), "runs.log");
    const service = scene.program(SERVICE, [databaseUrl, scene.dir(), logFile]);
    assert.equal(await service.ended(), 0);
    await scene.judge({ databaseUrl, ended: readRunLogs([logFile]).ended }, scene.trials);

    const rows = await query(databaseUrl, "SELECT name, input, output FROM tracing.spans");
    const stored = rows.map(({ name, input, output }) => [
      String(name),
      [JSON.parse(String(input)), JSON.parse(String(output))],
    ]);
    assert.deepEqual(Object.fromEntries(stored), EXPECTED);
    const [trace] = await query(databaseUrl, "SELECT metadata::text FROM tracing.traces");
    assert.deepEqual(JSON.parse(String(trace?.metadata)), { before: true });
  },
};
