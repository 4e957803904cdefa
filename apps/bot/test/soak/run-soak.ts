import { setTimeout as pause } from "node:timers/promises";
import { openTcpGate, type TcpGate } from "../../../../packages/tracing/test/support/tcp-gate.ts";
import { ADMIN, createWorld, type World } from "../e2e/world.ts";
import { BotLife } from "./bot-life.ts";
import { Circumstances } from "./circumstances.ts";
import { createCoach, hear } from "./coach.ts";
import type { Criterion } from "./criterion.ts";
import { erase } from "./erasure.ts";
import { judgeEndings, judgeResources } from "./judge-resources.ts";
import { judgeRuns } from "./judge-runs.ts";
import { Operator } from "./operator.ts";
import { type RestPoint, reachRest } from "./rest-point.ts";
import { type Sample, Sampler } from "./sampler.ts";
import { type Note, SimulatedUser } from "./simulated-user.ts";
import { countUpdates } from "./stored.ts";

export interface SoakOptions {
  users: number;
  /** How long the users go on, rests aside. */
  seconds: number;
  seed: number;
  /** Between two samples. @default 5_000 */
  sampleMs?: number;
  /** How long a reply may take before it counts as missing: deliveries are judged, not speed. @default 180_000 */
  patienceMs?: number;
  /** Told what is going on. */
  onProgress?: (line: string) => void;
  /** Given what the users have written down, in the order of time, and what each process has logged. */
  onEvidence?: (notes: readonly Note[], logs: readonly string[]) => void;
}

export interface SoakReport {
  users: number;
  seconds: number;
  seed: number;
  tookMs: number;
  /** What the users have done and seen in all. */
  counts: { sent: number; replies: number; runs: number; updates: number };
  samples: Sample[];
  rests: RestPoint[];
  criteria: Criterion[];
  passed: boolean;
}

/** Everything that plays a part. */
export interface Stage {
  world: World;
  gate: TcpGate;
  users: SimulatedUser[];
  operator: Operator;
  sampler: Sampler;
  circumstances: Circumstances;
  lives: BotLife[];
  rests: RestPoint[];
  options: Required<SoakOptions>;
}

/** Parts of the time. The outage is in the life of the first process, the restart in the middle of everything. */
const WARM_UP = 0.15;
const BEFORE_OUTAGE = 0.1;
const OUTAGE = 0.1;
const AFTER_OUTAGE = 0.15;
const BEFORE_RESTART = 0.05;
const AFTER_RESTART = 0.15;
const LAST = 0.3;

/** Replies for each user, after which a process counts as warm. */
const WARM_REPLIES = 10;
/** And after which a leak would show. */
const LOAD_REPLIES = 20;
const LOOK_MS = 200;

/** Between two moves of one user, for each user there is, so that a machine has as much to do with few as with many. */
const THINK_MS_PER_USER = 50;

/**
 * Lets users go on with a bot that goes through an outage of its database and a restart, and judges what became of it all.
 * Takes as long as the users go on, and for each of four rests as long as everything needs to come to rest.
 */
export async function runSoak(given: SoakOptions): Promise<SoakReport> {
  const options = {
    sampleMs: 5_000,
    patienceMs: 180_000,
    onProgress: () => undefined,
    onEvidence: () => undefined,
    ...given,
  };
  const begun = performance.now();
  const stage = await setStage(options);
  const { world, users, sampler, lives, rests } = stage;
  try {
    await live(stage);
    sampler.stop();
    const criteria = [...(await judgeRuns(stage)), ...judgeResources(stage), await erase(stage)];
    await lives.at(-1)?.end();
    criteria.push(...judgeEndings(stage));
    const count = (kind: Note["kind"]) =>
      users.flatMap(({ notes }) => notes).filter((note) => note.kind === kind).length;
    return {
      users: options.users,
      seconds: options.seconds,
      seed: options.seed,
      tookMs: performance.now() - begun,
      counts: {
        sent: count("sent"),
        replies: count("replied"),
        runs: users.reduce((sum, user) => sum + user.runs.length, 0),
        updates: await countUpdates(world.insforge.databaseUrl),
      },
      samples: sampler.samples,
      rests,
      criteria,
      passed: criteria.every(({ passed }) => passed),
    };
  } finally {
    sampler.stop();
    const notes = users.flatMap((user) => user.notes).toSorted((a, b) => a.at - b.at);
    options.onEvidence(
      notes,
      lives.map(({ bot }) => bot.output()),
    );
    for (const { inspector, ending } of lives) if (!ending) await inspector.detach();
    await stage.gate.close();
    await world.close();
  }
}

async function setStage(options: Required<SoakOptions>): Promise<Stage> {
  const world = await createWorld({ decide: createCoach(options.seed), hear });
  const gate = await openTcpGate({ host: "127.0.0.1", port: Number(new URL(world.insforge.url).port) });
  const circumstances = new Circumstances();
  const { url } = world.telegram;
  const { seed, patienceMs } = options;
  const thinkMs = options.users * THINK_MS_PER_USER;
  const users = Array.from(
    { length: options.users },
    (_, index) => new SimulatedUser({ id: 1_001 + index, url, seed, thinkMs, patienceMs, circumstances }),
  );
  const operator = new Operator(url, ADMIN);
  const sampler = new Sampler({ users, operator, everyMs: options.sampleMs, patienceMs });
  return { world, gate, users, operator, sampler, circumstances, lives: [], rests: [], options };
}

async function live(stage: Stage): Promise<void> {
  const { users, sampler } = stage;
  await startLife(stage);
  sampler.start();
  for (const user of users) user.go();
  await work(stage, "warm-up", WARM_UP, WARM_REPLIES);
  await rest(stage, "warm");

  await elapse(stage, "load", BEFORE_OUTAGE);
  await sufferOutage(stage);
  await work(stage, "load", AFTER_OUTAGE, LOAD_REPLIES);
  await rest(stage, "after the outage");

  await elapse(stage, "load", BEFORE_RESTART);
  await restart(stage);
  await work(stage, "warm-up", AFTER_RESTART, WARM_REPLIES);
  await rest(stage, "warm");

  await work(stage, "load", LAST, LOAD_REPLIES);
  await rest(stage, "at the end", { last: true });
}

async function startLife({ world, gate, lives, sampler, circumstances }: Stage): Promise<void> {
  const life = await BotLife.start(world, { INSFORGE_BASE_URL: `http://127.0.0.1:${gate.port}` });
  lives.push(life);
  circumstances.gaveUpAt = () => life.gaveUpAt();
  await sampler.observe(life);
}

async function elapse({ sampler, options }: Stage, phase: string, part: number): Promise<void> {
  sampler.phase = phase;
  options.onProgress(phase);
  await pause(options.seconds * part * 1_000);
}

/** Time passes, and on a slow machine more of it, until the users have had so many replies each. */
async function work(stage: Stage, phase: string, part: number, repliesEach: number): Promise<void> {
  const { users } = stage;
  const before = countReplies(users);
  await elapse(stage, phase, part);
  while (countReplies(users) - before < users.length * repliesEach) {
    if (users.some(({ problems }) => problems.length > 0)) return;
    await pause(LOOK_MS);
  }
}

function countReplies(users: readonly SimulatedUser[]): number {
  return users.reduce((sum, { notes }) => sum + notes.filter(({ kind }) => kind === "replied").length, 0);
}

/** First the database cannot be reached, then it takes requests and answers none; some of those it does afterwards. */
async function sufferOutage(stage: Stage): Promise<void> {
  const { gate, circumstances } = stage;
  const over = circumstances.begin("outage");
  await gate.shut();
  await elapse(stage, "outage: refuses", OUTAGE / 2);
  await untilFelt(stage);
  gate.block();
  await gate.open();
  await elapse(stage, "outage: hangs", OUTAGE / 2);
  gate.unblock();
  over();
}

/** An outage in which nothing is left waiting would prove nothing. */
async function untilFelt({ sampler, users, options }: Stage): Promise<void> {
  const deadline = performance.now() + options.patienceMs;
  while (performance.now() < deadline && users.every(({ problems }) => problems.length === 0)) {
    const { state, pending } = await sampler.ask();
    if (state !== "ok" && pending > 0) return;
    await pause(LOOK_MS);
  }
}

/** The users go on meanwhile. */
async function restart(stage: Stage): Promise<void> {
  const { circumstances, lives, sampler, options } = stage;
  const over = circumstances.begin("restart");
  options.onProgress("restart");
  sampler.phase = "restart";
  await sampler.observe(undefined);
  const [life] = lives.slice(-1);
  await life?.end();
  await startLife(stage);
  over();
}

async function rest(stage: Stage, name: string, { last = false } = {}): Promise<void> {
  const { sampler, users, rests, options } = stage;
  sampler.phase = `rest: ${name}`;
  options.onProgress(sampler.phase);
  await Promise.all(users.map((user) => user.stop()));
  rests.push(await reachRest(stage, name));
  if (!last) for (const user of users) user.go();
}
