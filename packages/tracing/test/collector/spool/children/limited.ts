/**
 * Appends spans under limits that the shell has set and prints what became of them. While they are pending, so many
 * descriptors are opened as the process may have, if it is told to.
 */
import { closeSync, openSync } from "node:fs";
import { Spool } from "../../../../src/collector/spool/spool.ts";
import { encoded, idOf } from "../encoded.ts";

const [root = "", countText = "0", padding = "0", memoryBytes = "1000000", starved = ""] =
  process.argv.slice(2);
const count = Number(countText);
let dropped = 0;
const warnings: string[] = [];
const spool = new Spool({
  dir: root,
  segmentBytes: 100_000,
  memoryBytes: Number(memoryBytes),
  onDrop: (_, spans) => {
    dropped += spans;
  },
  onWarn: (message) => warnings.push(message),
});
const taken: number[] = [];

async function takeAll(): Promise<void> {
  for (;;) {
    const batch = await spool.take({ maxRecords: 7, maxBytes: 1e6 });
    if (!batch) return;
    taken.push(...batch.records.map(idOf));
    spool.settle(batch);
  }
}

function exhaust(): number[] {
  const held: number[] = [];
  try {
    for (;;) held.push(openSync("/dev/null", "r"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EMFILE") throw error;
    return held;
  }
}

const held = starved === "starved" ? exhaust() : [];
for (let id = 0; id < count; id++) spool.append([encoded("span", id, Number(padding))]);
const pendingAtFirst = spool.pendingSpans;
for (const fd of held) closeSync(fd);
if (held.length > 0) spool.flushSync();
await takeAll();
const { pendingSpans } = spool;
spool.close();
process.stdout.write(JSON.stringify({ taken, dropped, warnings, pendingAtFirst, pendingSpans }));
