import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PROPERTY_TIMEOUT_MS, runs } from "../../support/property-runs.ts";
import {
  adopt,
  append,
  close,
  corrupt,
  crash,
  finish,
  flush,
  NAMES,
  open,
  restart,
  rotate,
  settle,
  spoilCheckpoint,
  take,
} from "./model/commands.ts";
import { SpoolModel } from "./model/model.ts";
import { SpoolWorld } from "./model/world.ts";

const name = fc.constantFrom(...NAMES);
const capped = fc.constantFrom(false, false, true);
const cut = fc.option(fc.nat(4_000), { nil: undefined });
const appending = fc
  .tuple(name, fc.nat(8), fc.nat(6))
  .map(([who, count, size]) => append(who, count, size * 100));
const taking = fc.tuple(name, fc.integer({ min: 1, max: 10 })).map((args) => take(...args));
const settling = fc.tuple(name, fc.nat(5)).map((args) => settle(...args));
const flushing = name.map(flush);
const reopening = fc.tuple(name, capped).map(([who, little]) => restart(close(who), open(who, little)));
const crashing = fc
  .tuple(name, cut, capped)
  .map(([who, at, little]) => restart(crash(who, at), open(who, little)));
const adopting = name.map((who) => adopt(who));
const racing = fc.constant(adopt(...NAMES));
const corrupting = fc
  .tuple(fc.nat(), fc.oneof(fc.nat(7), fc.constant("line break" as const)))
  .map((args) => corrupt(...args));
const spoiling = fc
  .tuple(fc.nat(), fc.oneof(fc.constantFrom("deleted" as const, "damaged" as const), fc.nat(3)))
  .map((args) => spoilCheckpoint(...args));

const SIZE = { maxCommands: 60, size: "max" } as const;

const ordinary = [
  ...[appending, appending, appending, taking, taking, taking, settling, settling, settling],
  ...[name.map(rotate), flushing, reopening, crashing, adopting, adopting, racing],
];

/** Runs the steps, then has all that is left come out: each record has come, or there is a reason why not. */
async function follow(steps: Iterable<fc.AsyncCommand<SpoolModel, SpoolWorld>>): Promise<void> {
  const world = new SpoolWorld();
  const model = new SpoolModel();
  try {
    for (const each of NAMES) await open(each, false).run(model, world);
    await fc.asyncModelRun(() => ({ model, real: world }), steps);
    await finish(model, world);
    const lost = [...model.texts.keys()].filter((id) => !model.delivered.has(id));
    expect(lost.filter((id) => !model.isExcused(id))).toEqual([]);
    const uncounted = [...model.cut, ...model.dropped];
    const damaged = lost.filter((id) => model.damaged.has(id) && !uncounted.includes(id)).length;
    const beyond = world.dropped("spool-full") - model.vanished;
    expect(damaged).toBeLessThanOrEqual(world.dropped("damaged") + beyond + model.obscured);
  } finally {
    world.end();
  }
}

const orderly = fc.commands(ordinary, SIZE);
const spoilt = fc.commands([...ordinary, corrupting, corrupting, spoiling], SIZE);

describe("Spool against a model", () => {
  it("hands out all that is on its disk, in order, and nothing that an intact checkpoint has noted", {
    timeout: PROPERTY_TIMEOUT_MS,
  }, async () => {
    await fc.assert(fc.asyncProperty(orderly, follow), runs(60));
  });

  it("loses nothing but what is damaged, and counts that, whatever becomes of files and checkpoints", {
    timeout: PROPERTY_TIMEOUT_MS,
  }, async () => {
    await fc.assert(fc.asyncProperty(spoilt, follow), runs(60));
  });
});
