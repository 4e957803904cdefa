import assert from "node:assert/strict";
import type { Fault as Faulty, InsForgeServer, ReceivedRequest } from "../../support/insforge-server.ts";
import type { Coach } from "../coach.ts";
import type { Fault } from "../fault.ts";
import { finish } from "../finish.ts";
import { ingestsOf, mostAtOnce } from "../ingests.ts";
import { playOutage } from "../outage.ts";
import type { Scene } from "../scene.ts";
import { steadyCoach, storeIn } from "../steady-coach.ts";
import { wrongRuns } from "../stored-runs.ts";
import { together } from "../together.ts";
import { until } from "../until.ts";
import { liveBytes, liveBytesModule, nextRuns, requireSameLatency } from "../vital-signs.ts";

/** A way in which a backend can be out of reach. */
interface Trouble {
  /** What the library says of it. */
  error: RegExp;
  /** Causes it; resolves to how it is ended. */
  begin(): Promise<() => unknown>;
  /** What must be seen of it before it ends. */
  meanwhile?(): Promise<void>;
}

const MAX_IN_FLIGHT = 4;
const BACKOFF_MS = 200;
const MAX_GROWTH_BYTES = 6 * 2 ** 20;
/** More than the library has with a backend that does not answer. */
const PATIENCE_SECONDS = 60;
const TIMED_OUT = /has not answered in \d+ ms/;
/** What `pg` says of a connection that cannot be made in time, once those that were there are given up. */
const NEVER_CONNECTED = /cannot be reached: timeout expired/;

export const unreachable: Fault = {
  name: "11 backend refused, DNS failure, hang, 1 byte/s, reset mid-body, truncated 200, 10 MB answer",
  trials: { quick: 10, full: 10 },
  async run(scene) {
    const acts = [brokenAnswers, lateAnswers, unknownName, withoutPostgres, playOutage];
    await together(
      acts.map((act) => () => act(scene)),
      acts.length,
    );
  },
};

async function brokenAnswers(scene: Scene): Promise<void> {
  const server = await scene.insforge();
  const refused: Trouble = {
    error: /ECONNREFUSED/,
    begin: async () => {
      await server.down();
      return () => server.up();
    },
  };
  const reset: Trouble = {
    ...answer(server, /aborted|ECONNRESET/, { kind: "reset" }),
    meanwhile: () => requireBackoff(server, scene),
  };
  const truncated = answer(server, /cut off or is not JSON/, { kind: "truncated" });
  await overInsForge(scene, server, [refused, reset, truncated]);
}

async function lateAnswers(scene: Scene): Promise<void> {
  const server = await scene.insforge();
  await overInsForge(scene, server, [
    answer(server, TIMED_OUT, { kind: "hang" }),
    answer(server, TIMED_OUT, { kind: "drip", everyMs: 1_000 }),
    answer(server, /longer than 1048576 bytes/, { kind: "huge", bytes: 10 * 2 ** 20 }),
  ]);
}

/** No wrong name comes right by itself: the next start has the right one. */
async function unknownName(scene: Scene): Promise<void> {
  const server = await scene.insforge();
  const insforge = { baseUrl: "http://nowhere.invalid", apiKey: server.apiKey };
  const lost = startCoach(scene, { insforge });
  await lost.started();
  await requireSays(lost, /nowhere\.invalid/);
  const troubled = await nextRuns(lost, runsOf(scene));
  await lost.rest();
  await lost.shutdown();
  const { dataDir = "", logFile } = lost.options;
  const heir = startCoach(scene, { ...storeIn(server), dataDir });
  await heir.started();
  requireSameLatency(await nextRuns(heir, runsOf(scene)), troubled);
  await finish(scene, heir, server.databaseUrl, { heirOf: logFile });
}

async function withoutPostgres(scene: Scene): Promise<void> {
  const databaseUrl = await scene.database();
  const { gate, databaseUrl: gated } = await scene.gate(databaseUrl);
  const coach = startCoach(scene, { databaseUrl: gated });
  await coach.started();
  const gone: Trouble = {
    error: /ECONNREFUSED/,
    begin: async () => {
      await gate.shut();
      return () => gate.open();
    },
  };
  const blocked: Trouble = {
    error: new RegExp(`${TIMED_OUT.source}|${NEVER_CONNECTED.source}`),
    begin: async () => {
      gate.block();
      return () => gate.unblock();
    },
  };
  for (const trouble of [gone, blocked]) await requireBorne(scene, coach, databaseUrl, trouble);
  await finish(scene, coach, databaseUrl, { trials: 2 });
}

async function overInsForge(scene: Scene, server: InsForgeServer, troubles: Trouble[]): Promise<void> {
  const coach = startCoach(scene, storeIn(server));
  await coach.started();
  for (const trouble of troubles) {
    const before = ingestsOf(server).length;
    await requireBorne(scene, coach, server.databaseUrl, trouble);
    const most = mostAtOnce(ingestsOf(server, before));
    assert.ok(most <= MAX_IN_FLIGHT, `${most} batches were on their way at once`);
  }
  await finish(scene, coach, server.databaseUrl, { trials: troubles.length });
}

/** The service does not notice, holds nothing in memory, and what waited is stored when it is over. */
async function requireBorne(
  scene: Scene,
  coach: Coach,
  databaseUrl: string,
  { error, begin, meanwhile }: Trouble,
): Promise<void> {
  const well = await nextRuns(coach, runsOf(scene));
  const before = await liveBytes(coach);
  const end = await begin();
  await requireSays(coach, error);
  const troubled = await nextRuns(coach, runsOf(scene));
  await meanwhile?.();
  await requireSays(coach, error);
  const grown = (await liveBytes(coach)) - before;
  await end();
  assert.ok(grown < MAX_GROWTH_BYTES, `the service holds ${grown} bytes more`);
  requireSameLatency(well, troubled);
  const stored = async () => (await wrongRuns(databaseUrl, troubled.slice(0, 10))).length === 0;
  await until("what waited is stored", stored, PATIENCE_SECONDS);
}

async function requireSays(coach: Coach, error: RegExp): Promise<void> {
  const says = async () => {
    const { state, lastError = "" } = await coach.stats();
    return state === "retrying" && error.test(lastError);
  };
  await until(`it says ${error}`, says, PATIENCE_SECONDS);
}

/** One batch at a time finds out whether the backend is back; half of each wait is certain, and the rest is chance. */
async function requireBackoff(server: InsForgeServer, { full }: Scene): Promise<void> {
  // The first ones may have been on their way together.
  const from = ingestsOf(server).length + MAX_IN_FLIGHT;
  await until("it has tried several times", () => ingestsOf(server, from).length > (full ? 12 : 4));
  const waits = ingestsOf(server, from).map(({ atMs }, index, all) => atMs - startOf(all[index - 1]));
  waits.shift();
  assert.ok(Math.min(...waits) >= BACKOFF_MS / 2, `it hammers the backend: waits of ${waits} ms`);
  // Where the machine is shared, the requests themselves may take as long.
  const shortest = BACKOFF_MS * 0.95;
  if (full) assert.ok(Math.min(...waits) < shortest, `its waits have no jitter: ${waits} ms`);
}

function startOf(request: ReceivedRequest | undefined): number {
  return request?.atMs ?? 0;
}

function answer(server: InsForgeServer, error: RegExp, fault: Faulty): Trouble {
  return { error, begin: async () => server.fault(() => fault) };
}

/** In the test command nobody has the patience that the library has. */
function startCoach(scene: Scene, options: Parameters<typeof steadyCoach>[1]): Coach {
  const collector = { maxInFlight: MAX_IN_FLIGHT, minBackoffMs: BACKOFF_MS, maxBackoffMs: BACKOFF_MS };
  const patience = scene.full ? {} : { storeTimeoutMs: 2_000 };
  return steadyCoach(
    scene,
    { ...options, ...patience, pauseMs: 60, collector },
    { imports: [liveBytesModule] },
  );
}

function runsOf(scene: Scene): number {
  return scene.full ? 1_000 : 25;
}
