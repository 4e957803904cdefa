import { setTimeout as pause } from "node:timers/promises";
import type { SpoolRest, Usage } from "./bot-life.ts";
import type { HealthReading } from "./operator.ts";
import type { Descriptors } from "./resources.ts";
import type { Stage } from "./run-soak.ts";
import { countSpansBetween, countUpdates, sessionBytes } from "./stored.ts";

/** The bot when nobody wants anything of it, and all that it had to do is done. */
export interface RestPoint {
  name: string;
  /** Which process, from 1. */
  life: number;
  /** Bytes of the heap without garbage. */
  liveBytes: number;
  descriptors: Descriptors | undefined;
  usage: Usage;
  spool: SpoolRest;
  health: HealthReading;
  /** Spans in SQL that began in this process's life. */
  storedSpans: number;
  /** What the bot is meant to keep: sessions, and which updates it has seen. */
  sessionBytes: number;
  updates: number;
}

const LOOK_MS = 500;
/** Connections that are kept for the next request are closed within this time. */
const IDLE_CONNECTIONS_MS = 7_000;
/** Descriptors that are not back by then are taken as they are. */
const DESCRIPTORS_WITHIN_MS = 60_000;

/** Waits until the bot has nothing to do, then measures it. To be called when the users have stopped. */
export async function reachRest(stage: Stage, name: string): Promise<RestPoint> {
  const { world, lives, rests, sampler, options } = stage;
  const life = lives.at(-1);
  if (!life) throw new Error("There is no process to come to rest.");
  const deadline = performance.now() + options.patienceMs;
  let health = await sampler.ask();
  while (health.pending > 0 || health.busy > 0 || health.state !== "ok") {
    if (performance.now() > deadline) break;
    await pause(LOOK_MS);
    health = await sampler.ask();
  }
  sampler.isQuiet = true;
  const { databaseUrl } = world.insforge;
  const descriptors = await settledDescriptors(() => life.descriptors, rests[0]?.descriptors);
  const point = {
    name,
    life: lives.length,
    liveBytes: await life.inspector.liveBytes(),
    descriptors,
    usage: await life.usage(),
    spool: life.spoolRest(),
    health,
    storedSpans: await countSpansBetween(databaseUrl, life.startedAt, Date.now()),
    sessionBytes: await sessionBytes(databaseUrl),
    updates: await countUpdates(databaseUrl),
  };
  sampler.isQuiet = false;
  return point;
}

/** Waits for idle connections to be closed: until there are as few as before, or their time is over. */
async function settledDescriptors(
  look: () => Descriptors | undefined,
  before: Descriptors | undefined,
): Promise<Descriptors | undefined> {
  const begun = performance.now();
  let last = look();
  let since = begun;
  while (last && performance.now() - begun < DESCRIPTORS_WITHIN_MS) {
    if (before && last.sockets <= before.sockets) return last;
    if (!before && performance.now() - since >= IDLE_CONNECTIONS_MS) return last;
    await pause(LOOK_MS);
    const now = look();
    if (now?.sockets !== last.sockets) since = performance.now();
    last = now;
  }
  return last;
}
