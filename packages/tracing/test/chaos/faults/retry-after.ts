import assert from "node:assert/strict";
import type { Fault as Faulty, InsForgeServer } from "../../support/insforge-server.ts";
import type { Coach } from "../coach.ts";
import type { Fault } from "../fault.ts";
import { finish } from "../finish.ts";
import { INGEST, ingestsOf } from "../ingests.ts";
import type { Scene } from "../scene.ts";
import { steadyCoach, storeIn } from "../steady-coach.ts";
import { together } from "../together.ts";
import { until } from "../until.ts";

/** One batch at a time, so that the next request is what the answer to the last one has brought about. */
const ONE_BY_ONE = { maxInFlight: 1, minBackoffMs: 200, maxBackoffMs: 400 };
/** Half of the first wait is certain. */
const LEAST_BACKOFF_MS = 100;
/** What the library waits at most, however much it is asked to. */
const CAP_MS = 10 * 60_000;
const HASTE = 200;
const FAST_CLOCK = new URL("../services/fast-clock.ts", import.meta.url);

export const retryAfter: Fault = {
  name: "12 429 with Retry-After in seconds, as a date, 0, junk, huge, none",
  trials: { quick: 9, full: 27 },
  async run(scene) {
    while (scene.judged < scene.trials) {
      const acts = [seconds, dates, ages].map((act) => () => act(scene));
      await together(acts, acts.length);
    }
  },
};

async function seconds(scene: Scene): Promise<void> {
  const server = await scene.insforge();
  const coach = await begin(scene, server);
  await requireWait(server, 1_000, () => ({ "retry-after": "1" }));
  for (const headers of [{}, { "retry-after": "soon" }, { "retry-after": "-5" }])
    await requireWait(server, LEAST_BACKOFF_MS, () => headers);

  const began = performance.now();
  const before = ingestsOf(server).length;
  const lift = server.fault(() => tooMany({ "retry-after": "0" }), { path: INGEST });
  await until("it comes again and again", () => ingestsOf(server).length > before + 5);
  lift();
  const took = performance.now() - began;
  // After the first wait the others are twice as long.
  const least = 9 * LEAST_BACKOFF_MS;
  assert.ok(took >= least, `it came 6 times in ${took} ms to a server that always says "now"`);
  await finish(scene, coach, server.databaseUrl, { trials: 5 });
}

async function dates(scene: Scene): Promise<void> {
  const server = await scene.insforge();
  const coach = await begin(scene, server);
  const inSeconds = (from: number, s: number) => new Date(from + s * 1_000).toUTCString();
  // Dates have no fractions: of two seconds one may be nearly over.
  await requireWait(server, 1_000, () => ({ "retry-after": inSeconds(Date.now(), 2) }));
  await requireWait(server, 1_000, () => {
    const slow = Date.now() - 3_600_000;
    return { date: inSeconds(slow, 0), "retry-after": inSeconds(slow, 1) };
  });
  await finish(scene, coach, server.databaseUrl, { trials: 2 });
}

/** A wait of more than a day is kept to as long as the process lives, and comes to an end after ten minutes. */
async function ages(scene: Scene): Promise<void> {
  const server = await scene.insforge();
  const lift = server.fault(() => tooMany({ "retry-after": "100000" }), { path: INGEST });
  const coach = await begin(scene, server);
  await until("it has been asked to wait", () => ingestsOf(server).length > 0);
  await coach.settled(60);
  await until("a second is over", () => performance.now() - (ingestsOf(server)[0]?.atMs ?? 0) > 1_000);
  assert.equal(ingestsOf(server).length, 1, "it came again before the time was over");
  await coach.rest();
  await coach.kill();
  lift();

  const { dataDir = "", logFile } = coach.options;
  const options = {
    ...storeIn(server),
    dataDir,
    workers: 0,
    storeTimeoutMs: 5_000 * HASTE,
    collector: ONE_BY_ONE,
  };
  const absurd = () => requireWait(server, CAP_MS / HASTE, () => ({ "retry-after": "9".repeat(30) }));
  const waiting = absurd();
  const heir = steadyCoach(scene, options, { imports: [FAST_CLOCK], env: { CLOCK_HASTE: String(HASTE) } });
  await heir.started();
  await waiting;
  await until("all is delivered", async () => (await heir.stats()).pending === 0);
  await finish(scene, heir, server.databaseUrl, { trials: 2, heirOf: logFile });
}

async function begin(scene: Scene, server: InsForgeServer): Promise<Coach> {
  const coach = steadyCoach(scene, { ...storeIn(server), collector: ONE_BY_ONE });
  await coach.started();
  await coach.settled(10);
  return coach;
}

/** Answers one batch with 429, and sees how long it takes for the next request, by the server's own clock. */
async function requireWait(
  server: InsForgeServer,
  leastMs: number,
  headers: () => Record<string, string>,
): Promise<void> {
  const refusals = () => ingestsOf(server).flatMap(({ status }, index) => (status === 429 ? [index] : []));
  const before = refusals().length;
  let given = {};
  const answer = () => {
    given = headers();
    return tooMany(given);
  };
  server.fault(answer, { path: INGEST, times: 1 });
  const refused = () => ingestsOf(server)[refusals()[before] ?? Number.NaN];
  const next = () => ingestsOf(server)[(refusals()[before] ?? Number.NaN) + 1];
  await until(`it comes again after 429 with ${JSON.stringify(given)}`, () => next() !== undefined);
  const waited = (next()?.atMs ?? 0) - (refused()?.atMs ?? 0);
  assert.ok(waited >= leastMs, `it came again after ${waited} ms, and was told ${JSON.stringify(given)}`);
}

function tooMany(headers: Record<string, string>): Faulty {
  return { kind: "answer", status: 429, headers, body: '{"message":"slow down"}' };
}
