/**
 * The whole chaos suite: causes every fault as often as it takes, and prints a table of what became of the spans.
 *
 * `--json` prints the rows for machines, `--only 1,6` plays some of the faults, `--quick` as the test command does,
 * `--seed <n>` repeats the random choices of an earlier run.
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { startPostgres } from "../support/postgres-server.ts";
import { faults, numberOf } from "./faults/index.ts";
import type { Performance } from "./perform.ts";
import { perform } from "./perform.ts";
import { toTable } from "./table.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    seed: { type: "string", default: String(randomInt(2 ** 32)) },
  },
});
const numbers = values.only?.split(",").map(Number);
const chosen = faults.filter((fault) => numbers?.includes(numberOf(fault)) ?? true);
if (chosen.length === 0)
  throw new Error(`--only ${values.only}: no such fault; 1 to ${faults.length} are there.`);
const seed = Number(values.seed);
const size = values.quick ? "quick" : "full";

console.error(`${chosen.length} faults, ${size}, --seed ${seed}`);
const postgres = await startPostgres();
const performances: Performance[] = [];
try {
  for (const fault of chosen) {
    const performance = await perform(fault, { postgres, size, seed });
    performances.push(performance);
    const { failure, seconds } = performance;
    console.error(`${failure ? "FAILED" : "ok    "} ${fault.name}, ${Math.round(seconds)} s`);
    if (failure) console.error(failure);
  }
} finally {
  await postgres.stop();
}
const rows = performances.map(({ row }) => row);
console.log(values.json ? JSON.stringify({ rows }) : toTable(rows));
process.exitCode = performances.some(({ failure }) => failure) ? 1 : 0;
