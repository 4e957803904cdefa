import { createHook } from "node:async_hooks";
import { cpSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { CollectorStats } from "../../src/collector/stats.ts";
import type { TraceCollector } from "../../src/collector/trace-collector.ts";
import { imbalance, scratchDir, startService, takeAway } from "./service.ts";
import { encoded } from "./spool/encoded.ts";
import { openSpool } from "./spool/records.ts";

const SPANS = 40;

/** A spool's root that holds what so many processes left behind, one line of each damaged. */
function leftBehind(processes: number): string {
  const root = scratchDir();
  for (let index = 0; index < processes; index++) {
    const { spool } = openSpool(scratchDir(), { segmentBytes: 2_000 });
    for (let id = 0; id < SPANS; id++) spool.append([encoded("span", index * 1_000 + id)]);
    const dir = join(root, `4242-0-${String(index).padStart(12, "0")}`);
    cpSync(spool.dir, dir, { recursive: true, filter: (path) => !path.endsWith("lock") });
    const [segment = ""] = readdirSync(dir).filter((name) => name.startsWith("segment-"));
    const at = readFileSync(join(dir, segment)).lastIndexOf("duration_us");
    writeSync(openSync(join(dir, segment), "r+"), "#", at);
  }
  return root;
}

/** The books as they are before and after every microtask, and every other callback, until something settles. */
async function watch(collector: TraceCollector, settle: () => Promise<void>): Promise<CollectorStats[]> {
  const seen: CollectorStats[] = [];
  const look = () => void seen.push(collector.stats());
  const hook = createHook({ before: look, after: look }).enable();
  try {
    await settle();
  } finally {
    hook.disable();
  }
  return [...seen, collector.stats()];
}

it("spans of dead processes are pending and ended in the same moment, at every microtask of their adoption", async () => {
  const { collector, backend } = startService({ spoolDir: leftBehind(3) });
  takeAway(backend);
  const seen = await watch(collector, () => collector.start());
  expect(seen.map(imbalance).filter((difference) => difference !== 0)).toEqual([]);
  expect(seen[0]).toMatchObject({ ended: 0, pending: 0 });
  expect(seen.at(-1)).toMatchObject({ ended: 3 * SPANS, pending: 3 * SPANS - 3, dropped: { damaged: 3 } });
});

it("so they are when the spool's cap does not let them in, and its warning is what looks at the books", async () => {
  const seen: number[] = [];
  const { collector, backend, warnings } = startService({
    spoolDir: leftBehind(3),
    maxSpoolBytes: 8_000,
    logger: {
      info: () => undefined,
      warn: (message) => {
        warnings.push(message);
        seen.push(imbalance(collector.stats()));
      },
    },
  });
  takeAway(backend);
  seen.push(...(await watch(collector, () => collector.start())).map(imbalance));
  expect(warnings).toEqual(expect.arrayContaining([expect.stringContaining("cap")]));
  expect(seen.filter((difference) => difference !== 0)).toEqual([]);
  expect(collector.stats().ended).toBe(3 * SPANS);
});
