import assert from "node:assert/strict";
import { query } from "../../support/postgres-server.ts";
import { requireAsLogged } from "../as-logged.ts";
import type { Coach, CoachOptions } from "../coach.ts";
import type { Fault } from "../fault.ts";
import { finish } from "../finish.ts";
import { INGEST, ingestsOf } from "../ingests.ts";
import { readRunLogs } from "../run-log.ts";
import type { Scene } from "../scene.ts";
import { steadyCoach, storeIn } from "../steady-coach.ts";
import { wrongRuns } from "../stored-runs.ts";
import { together } from "../together.ts";
import { until } from "../until.ts";

const CLOCK = new URL("../services/clock.ts", import.meta.url);
const HOUR_MS = 3_600_000;
const WAIT_MS = 2_000;

export const clockSteps: Fault = {
  name: "9 clock steps of an hour either way",
  trials: { quick: 8, full: 80 },
  async run(scene) {
    while (scene.judged < scene.trials)
      await together(
        [HOUR_MS, -HOUR_MS].flatMap((stepMs) => [
          () => stepInRuns(scene, stepMs),
          () => stepInOutage(scene, stepMs),
          () => stepInBackoff(scene, stepMs),
          () => stepBeforeDeath(scene, stepMs),
        ]),
      );
  },
};

async function stepInRuns(scene: Scene, stepMs: number): Promise<void> {
  const databaseUrl = await scene.database();
  const coach = await startAtWork(scene, { databaseUrl });
  await step(coach, stepMs);
  await coach.settled(readRunLogs([coach.options.logFile]).settled.length + 20);
  const { log } = await finish(scene, coach, databaseUrl);
  assert.deepEqual(log.warnings, []);
  assert.deepEqual(await wrongRuns(databaseUrl, log.settled), []);
  await requireTimesInOrder(databaseUrl, stepMs);
}

/** The clock steps while it waits for the database: had it waited by that clock, it would for another hour, or not at all. */
async function stepInOutage(scene: Scene, stepMs: number): Promise<void> {
  const databaseUrl = await scene.database();
  const { gate, databaseUrl: gated } = await scene.gate(databaseUrl);
  const coach = await startAtWork(scene, { databaseUrl: gated, collector: { maxBackoffMs: 2_000 } });
  await gate.shut();
  await until("it finds the database gone", async () => (await coach.stats()).state === "retrying");
  await step(coach, stepMs);
  const { delivered, oldestPendingMs } = await coach.stats();
  assert.ok(
    oldestPendingMs >= 0 && oldestPendingMs < HOUR_MS / 2,
    `spans are said to wait for ${oldestPendingMs} ms`,
  );
  await gate.open();
  await until("something is stored again", async () => (await coach.stats()).delivered > delivered);
  const { log } = await finish(scene, coach, databaseUrl);
  // An answer that was here when the first connection broke makes it well again for a moment.
  assert.ok([1, 2].includes(log.warnings.length), `it warned: ${log.warnings}`);
  for (const warning of log.warnings) assert.match(warning, /\(retrying\)/);
  assert.deepEqual(await wrongRuns(databaseUrl, log.settled), []);
  await requireTimesInOrder(databaseUrl, stepMs);
}

/** The backend has said how long to wait, and is not asked before: there is nothing but the back-off that ends the wait. */
async function stepInBackoff(scene: Scene, stepMs: number): Promise<void> {
  const insforge = await scene.insforge();
  const coach = await startAtWork(scene, storeIn(insforge));
  const retryLater = { status: 503, headers: { "retry-after": String(WAIT_MS / 1_000) } };
  insforge.fault({ kind: "answer", ...retryLater }, { path: INGEST });
  await until("it is told to wait", async () => (await coach.stats()).state === "retrying");
  await step(coach, stepMs);
  const refused = ingestsOf(insforge).findLast(({ status }) => status === 503);
  const { endedAtMs = Number.NaN } = refused ?? {};
  const next = () => ingestsOf(insforge).find(({ atMs }) => atMs > endedAtMs + WAIT_MS / 2);
  await until("it sends again", () => next() !== undefined);
  const waitedMs = (next()?.atMs ?? 0) - endedAtMs;
  assert.ok(waitedMs > WAIT_MS * 0.9, `it was told to wait ${WAIT_MS} ms, and has waited ${waitedMs}`);
  const { log } = await finish(scene, coach, insforge.databaseUrl);
  assert.deepEqual(await wrongRuns(insforge.databaseUrl, log.settled), []);
  await requireTimesInOrder(insforge.databaseUrl, stepMs);
}

/** Whoever takes over goes by another clock than the one who died. */
async function stepBeforeDeath(scene: Scene, stepMs: number): Promise<void> {
  const databaseUrl = await scene.database();
  const coach = await startAtWork(scene, {
    databaseUrl,
    pauseMs: 0,
    collector: { lingerMs: 10_000 },
  });
  await step(coach, stepMs);
  await coach.settled(readRunLogs([coach.options.logFile]).settled.length + 10);
  await coach.kill();
  const { dataDir = "", logFile } = coach.options;
  const { warnings } = await scene.deliverLeft({ databaseUrl, dataDir });
  const log = readRunLogs([logFile]);
  await scene.judge({ databaseUrl, ended: log.ended, dataDirs: [dataDir] });
  assert.deepEqual(warnings, []);
  assert.ok((await requireAsLogged(databaseUrl, log)) > 0, "no run was cut short");
  await requireTimesInOrder(databaseUrl, stepMs);
}

/** A coach in the middle of its runs, whose clock can be stepped. */
async function startAtWork(scene: Scene, options: Partial<CoachOptions>): Promise<Coach> {
  const coach = steadyCoach(scene, { pauseMs: 5, ...options }, { imports: [CLOCK] });
  await coach.started();
  await coach.settled(20);
  return coach;
}

async function step(coach: Coach, ms: number): Promise<void> {
  await coach.ask(`clock ${ms}`);
}

/** The step is seen from one run to the next, and never within a run. */
async function requireTimesInOrder(databaseUrl: string, stepMs: number): Promise<void> {
  const [runs] = await query(
    databaseUrl,
    "SELECT extract(epoch FROM max(start_time) - min(start_time)) AS seconds FROM tracing.traces",
  );
  const apartMs = Number(runs?.seconds) * 1_000;
  assert.ok(apartMs > Math.abs(stepMs) * 0.9, `the clock was stepped, but runs are ${apartMs} ms apart`);
  assert.deepEqual(await query(databaseUrl, WRONG_TIMES), []);
}

const WRONG_TIMES = `
  WITH spans AS (
    SELECT *, start_time + duration_us * interval '1 microsecond' AS end_time,
      substring(input FROM 'question (\\d+)')::int AS question
    FROM tracing.spans
  ), times AS (
    SELECT s.*, p.start_time AS parent_start,
      CASE WHEN p.status <> 'interrupted' THEN p.end_time END AS parent_end,
      lag(s.end_time) OVER (PARTITION BY s.trace_id, s.parent_span_id, s.name ORDER BY s.question) AS answered
    FROM spans s LEFT JOIN spans p ON p.trace_id = s.trace_id AND p.span_id = s.parent_span_id
  )
  SELECT name, status, start_time, end_time, parent_start, parent_end, question, answered
  FROM times
  WHERE duration_us < 0
    OR (status <> 'interrupted' AND duration_us > 1800000000)
    OR start_time < parent_start
    OR start_time > parent_end
    OR (question > 0 AND start_time < answered)
  LIMIT 10`;
